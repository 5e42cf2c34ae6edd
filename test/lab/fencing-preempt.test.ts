// A better node that has just started: whether the worse one still lives decides when it takes over.

import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Program } from "../../lab/program.ts";
import { it } from "../support/timed-test.ts";
import { buildPair, type FencingPair, floating, startDaemon } from "./fencing-pair.ts";

/** The addresses of the instance that preempts. */
const preempted = floating.slice(0, 2);
const worseAdvert = /\(VI_1\) received lower priority \(253\) advert from 192\.168\.7\.2/;

/** r2 holds everything, and r1, which is better, has begun to listen. */
async function startBetterNode(pair: FencingPair): Promise<{ better: Program; worse: Program }> {
  const worse = startDaemon(pair.r2);
  await pair.waitForHolders([pair.r2]);
  return { better: startDaemon(pair.r1), worse };
}

/** Waits until `program` has logged `count` lines like `pattern`. */
async function waitForLines(program: Program, pattern: RegExp, count: number): Promise<void> {
  for (let found = 0, from = 0; found < count; found++) {
    const line = await program.waitForLine(pattern, undefined, from);
    from = program.lines.indexOf(line) + 1;
  }
}

describe("a better node that has just started", { concurrency: true }, () => {
  it("takes over on an advert of the worse one, behind its own timer", async (t) => {
    const pair = await buildPair(t, "preempt-alive");
    const { better } = await startBetterNode(pair);
    await pair.waitForHolders([pair.r1], undefined, preempted);
    await better.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    const lines = better.lines.map(({ text }) => text).filter((text) => /\(VI_1\)/.test(text));
    const master = lines.findIndex((text) => /Entering MASTER STATE/.test(text));
    assert.match(lines[master - 1] ?? "", /Receive advertisement timeout/);
    assert.match(lines[master - 2] ?? "", worseAdvert, "an advert is what it acts on");
  });

  it("does not take over from one that was killed before the lease of that one is over", async (t) => {
    const pair = await buildPair(t, "preempt-killed");
    const { better, worse } = await startBetterNode(pair);
    // Adverts come every second, and its own timer runs for three.
    await waitForLines(better, worseAdvert, 3);
    await worse.killAll();
    await pair.waitForHolders([pair.r1]);
    pair.assertNoOverlap();
  });
});
