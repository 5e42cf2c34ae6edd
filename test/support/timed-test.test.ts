// Tests the retries of time-dependent tests and the measurement of hold-ups.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type HoldUp, heldUpMillis, isMuch, measureHoldUp } from "./hold-up.ts";
import { LostRace, tryRepeatedly } from "./timed-test.ts";

const calm: HoldUp = { longestMillis: 12, share: 0.01 };
const stalled: HoldUp = { longestMillis: 400, share: 0.02 };

/** Runs a test with the given measurements in turn; further ones are calm. */
async function play(
  meter: readonly HoldUp[],
  body: (count: number) => void,
): Promise<{ tries: number; closed: string[]; diagnostics: string[]; failure: unknown }> {
  const left = [...meter];
  const diagnostics: string[] = [];
  const closed: string[] = [];
  let tries = 0;
  const failure = await tryRepeatedly(
    "a test",
    async (t) => {
      tries += 1;
      const count = tries;
      t.after(() => void closed.push(`first ${count}`));
      t.after(() => void closed.push(`second ${count}`));
      body(count);
    },
    (text) => diagnostics.push(text),
    () => () => left.shift() ?? calm,
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { tries, closed, diagnostics, failure };
}

describe("a time-dependent test", () => {
  test("runs once if it passes", async () => {
    const { tries, closed, diagnostics, failure } = await play([stalled], () => undefined);
    assert.deepEqual([tries, diagnostics, failure], [1, [], undefined]);
    assert.deepEqual(closed, ["second 1", "first 1"]);
  });

  test("fails at once if the machine was not held up", async () => {
    const { tries, diagnostics, failure } = await play([], () => assert.fail("a bug"));
    assert.deepEqual([tries, diagnostics], [1, []]);
    assert.match(String(failure), /a bug/);
  });

  test("is retried with a diagnostic if the machine was held up", async () => {
    const { tries, closed, diagnostics, failure } = await play([stalled], (count) => {
      assert.equal(count, 2, "late");
    });
    assert.deepEqual([tries, failure], [2, undefined]);
    assert.deepEqual(closed, ["second 1", "first 1", "second 2", "first 2"]);
    assert.equal(diagnostics.length, 1);
    assert.match(
      diagnostics[0] ?? "",
      /^tried again: a test: .* 400 ms in one piece .* try 1 failed: .*late/,
    );
  });

  test("is retried if the test's own commands outran the daemon", async () => {
    const { tries, diagnostics, failure } = await play([], (count) => {
      if (count < 3) throw new LostRace("the link was down first");
    });
    assert.deepEqual([tries, failure], [3, undefined]);
    assert.equal(diagnostics.length, 2);
    assert.match(
      diagnostics[0] ?? "",
      /^tried again: a test: .* try 1 failed: .*the link was down first/,
    );
  });

  test("fails if it loses its race six times", async () => {
    const { tries, failure } = await play([], () => {
      throw new LostRace("the link was down first");
    });
    assert.equal(tries, 6);
    assert.ok(failure instanceof LostRace);
  });

  test("fails after six tries", async () => {
    const meter = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? stalled : calm));
    const { tries, diagnostics, failure } = await play(meter, () => assert.fail("a bug"));
    assert.deepEqual([tries, diagnostics.length], [6, 5]);
    assert.match(String(failure), /a bug/);
  });
});

describe("a hold-up", () => {
  test("is the excess time of a beat without computing time", () => {
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
