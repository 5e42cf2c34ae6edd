import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ProgramTable } from "./program-table.ts";

test("a slot has the pid and the age of its program until it is cleared", async () => {
  const memory = new Uint8Array(ProgramTable.octets(3));
  const writer = new ProgramTable(memory);
  const reader = new ProgramTable(memory);
  assert.equal(reader.pidOf(2), undefined);
  writer.set(2, 4711);
  assert.equal(reader.pidOf(2), 4711);
  await delay(20);
  assert.ok(reader.ageMillis(2) >= 19 && reader.ageMillis(2) < 60_000);
  assert.equal(reader.pidOf(1), undefined);
  writer.clear(2);
  assert.equal(reader.pidOf(2), undefined);
  assert.equal(reader.ageMillis(2), 0);
});

test("the age of a program is correct beyond 31 bits of milliseconds", () => {
  const memory = new Uint8Array(ProgramTable.octets(1));
  const table = new ProgramTable(memory);
  table.set(0, 4711);
  const words = new Int32Array(memory.buffer);
  words[1] = (words[1] as number) - 2 ** 31;
  assert.ok(table.ageMillis(0) >= 2 ** 31);
});

test("pids 0 and 1 and negative ones are undefined", () => {
  const table = new ProgramTable(new Uint8Array(ProgramTable.octets(1)));
  for (const pid of [1, 0, -1, -4711]) {
    table.set(0, pid);
    assert.equal(table.pidOf(0), undefined);
  }
});
