// A node with a higher priority starts beside an active one: it takes over sooner if that one is alive.

import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Program } from "../../lab/program.ts";
import { it } from "../support/timed-test.ts";
import { buildPair, type FencingPair, floating, startDaemon } from "./fencing-pair.ts";

/** The addresses of the instance that preempts. */
const preempted = floating.slice(0, 2);
const worseAdvert = /\(VI_1\) received lower priority \(253\) advert from 192\.168\.7\.2/;

/** Waits until r2 holds everything and starts r1, which has the higher priority. */
async function startBetterNode(pair: FencingPair): Promise<{ better: Program; worse: Program }> {
  const worse = startDaemon(pair.r2);
  await pair.waitForHolders([pair.r2]);
  return { better: startDaemon(pair.r1), worse };
}

/** Waits until `program` has logged `count` lines that match `pattern`. */
async function waitForLines(program: Program, pattern: RegExp, count: number): Promise<void> {
  for (let found = 0, from = 0; found < count; found++) {
    const line = await program.waitForLine(pattern, undefined, from);
    from = program.lines.indexOf(line) + 1;
  }
}

describe("a starting node with a higher priority", { concurrency: true }, () => {
  it("takes over after its timer, on the active node's next advert", async (t) => {
    const pair = await buildPair(t, "preempt-alive");
    const { better } = await startBetterNode(pair);
    await pair.waitForHolders([pair.r1], undefined, preempted);
    await better.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    const lines = better.lines.map(({ text }) => text).filter((text) => /\(VI_1\)/.test(text));
    const master = lines.findIndex((text) => /Entering MASTER STATE/.test(text));
    assert.match(lines[master - 1] ?? "", /Receive advertisement timeout/);
    assert.match(lines[master - 2] ?? "", worseAdvert, "it acts on an advert");
  });

  it("waits for the end of the leases if the active node was killed", async (t) => {
    const pair = await buildPair(t, "preempt-killed");
    const { better, worse } = await startBetterNode(pair);
    // Adverts are sent every second, and the timer of the starting node runs for three.
    await waitForLines(better, worseAdvert, 3);
    await worse.killAll();
    await pair.waitForHolders([pair.r1]);
    pair.assertNoOverlap();
  });
});
