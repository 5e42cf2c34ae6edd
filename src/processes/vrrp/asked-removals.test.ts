import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../lib/ip.ts";
import type { AddressKey } from "../../netlink/address.ts";
import { AskedRemovals } from "./asked-removals.ts";

const A: AddressKey = { index: 2, address: ip("192.0.2.1"), prefixLength: 24, peer: undefined };
const B: AddressKey = { ...A, address: ip("192.0.2.2") };

test("what a batch names was asked for, by whichever of its requests it goes", () => {
  const asked = new AskedRemovals();
  asked.note(5, 6, [A, B]);
  assert.ok(asked.has(5, A));
  assert.ok(asked.has(5, B));
  assert.ok(!asked.has(5, { ...A, index: 3 }));
  assert.ok(!asked.has(5, { ...A, prefixLength: 25 }));
});

test("what only another batch names was not asked for", () => {
  const asked = new AskedRemovals();
  asked.note(5, 5, [A]);
  asked.note(6, 6, [B]);
  assert.ok(!asked.has(4, A));
  assert.ok(!asked.has(5, B));
  assert.ok(asked.has(6, B));
  // Announcements come in order: the first batch is done.
  assert.ok(!asked.has(5, A));
});

test("requests whose announcements never come are forgotten in the end", () => {
  const asked = new AskedRemovals();
  for (let sequence = 1; sequence <= 1_000; sequence++) asked.note(sequence, sequence, [A]);
  assert.ok(!asked.has(1, A));
  assert.ok(asked.has(1_000, A));
});
