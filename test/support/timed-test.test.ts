// The tries of a test that time decides, and the measure of a hold-up.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type HoldUp, heldUpMillis, isMuch, measureHoldUp } from "./hold-up.ts";
import { tryWhileHeldUp } from "./timed-test.ts";

const calm: HoldUp = { longestMillis: 12, share: 0.01 };
const stalled: HoldUp = { longestMillis: 400, share: 0.02 };

/** Plays tests on a machine that was held up as `meter` says, one measurement after the other, and calm from then on. */
async function play(
  meter: readonly HoldUp[],
  body: (count: number) => void,
): Promise<{ tries: number; closed: string[]; told: string[]; failure: unknown }> {
  const left = [...meter];
  const told: string[] = [];
  const closed: string[] = [];
  let tries = 0;
  const failure = await tryWhileHeldUp(
    "a test",
    async (t) => {
      tries += 1;
      const count = tries;
      t.after(() => void closed.push(`first ${count}`));
      t.after(() => void closed.push(`second ${count}`));
      body(count);
    },
    (text) => told.push(text),
    () => () => left.shift() ?? calm,
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { tries, closed, told, failure };
}

describe("a test that time decides", () => {
  test("is tried once where it passes, however the machine was", async () => {
    const { tries, closed, told, failure } = await play([stalled], () => undefined);
    assert.deepEqual([tries, told, failure], [1, [], undefined]);
    assert.deepEqual(closed, ["second 1", "first 1"]);
  });

  test("fails at once where the machine let it run", async () => {
    const { tries, told, failure } = await play([], () => assert.fail("a bug"));
    assert.deepEqual([tries, told], [1, []]);
    assert.match(String(failure), /a bug/);
  });

  test("is tried again where the machine was held up, and says so", async () => {
    const { tries, closed, told, failure } = await play([stalled], (count) => {
      assert.equal(count, 2, "late");
    });
    assert.deepEqual([tries, failure], [2, undefined]);
    assert.deepEqual(closed, ["second 1", "first 1", "second 2", "first 2"]);
    assert.equal(told.length, 1);
    assert.match(
      told[0] ?? "",
      /^tried again: a test: .* 400 ms in one piece .* try 1 failed: .*late/,
    );
  });

  test("fails in the end where it never passes", async () => {
    const meter = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? stalled : calm));
    const { tries, told, failure } = await play(meter, () => assert.fail("a bug"));
    assert.deepEqual([tries, told.length], [6, 5]);
    assert.match(String(failure), /a bug/);
  });
});

describe("a hold-up", () => {
  test("is what a beat lasted too long without computing", () => {
    assert.equal(heldUpMillis(10.4, 0.1), 0);
    assert.equal(heldUpMillis(500, 480), 10);
    assert.equal(heldUpMillis(500, 495), 0);
    assert.ok(!isMuch(calm) && isMuch(stalled));
    assert.ok(isMuch({ longestMillis: 20, share: 0.4 }));
  });

  test("is measured", () => {
    const stop = measureHoldUp();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    const waited = stop();
    assert.ok(waited.longestMillis > 250, JSON.stringify(waited));
  });
});
