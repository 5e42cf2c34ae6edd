import assert from "node:assert/strict";
import { test } from "node:test";
import { Heartbeat } from "./heartbeat.ts";

test("a heartbeat is due one period after the last, and long work is interrupted by heartbeats", () => {
  const beats: number[] = [];
  let now = 10;
  const heartbeat = new Heartbeat(
    (at) => beats.push(at),
    () => now,
    100,
  );
  heartbeat.beat(10);
  assert.equal(heartbeat.deadline(), 110);
  heartbeat.setPeriod(50);
  assert.equal(heartbeat.deadline(), 60);

  const items = Array.from({ length: 1_500 }, (_, index) => index);
  const done: number[] = [];
  heartbeat.inParts(items, (part) => {
    done.push(...part);
    now += 7;
  });
  assert.deepEqual(done, items);
  assert.deepEqual(beats, [10, 17, 24, 31]);
  assert.equal(heartbeat.deadline(), 81);
  heartbeat.inParts([], () => assert.fail("nothing to do"));
});
