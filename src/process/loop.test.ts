import assert from "node:assert/strict";
import { test } from "node:test";
import type { Micros } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { openTimer, type Timer } from "../os/loop/timer.ts";
import { Loop, type LoopHandlers, type Rank } from "./loop.ts";

/** A loop that records its calls, and descriptors that a test makes readable. */
function recorder(handlers: Partial<LoopHandlers> = {}): {
  readonly calls: string[];
  readonly loop: Loop;
  readonly source: (name: string, rank: Rank, read?: () => void) => Timer;
  readonly close: () => void;
} {
  const calls: string[] = [];
  const timers: Timer[] = [];
  const loop = new Loop({
    deadline: () => undefined,
    due: () => calls.push("due"),
    end: () => calls.push("end"),
    fatal: (error) => calls.push(`fatal ${(error as Error).message}`),
    ...handlers,
  });
  const source = (name: string, rank: Rank, read = (): void => undefined): Timer => {
    const timer = openTimer();
    timers.push(timer);
    loop.add(timer.fd, rank, () => {
      calls.push(name);
      timer.drain();
      read();
    });
    return timer;
  };
  const close = (): void => {
    loop.close();
    for (const timer of timers) timer.close();
  };
  return { calls, loop, source, close };
}

/** Makes a source readable at once. */
const PAST: Micros = 1;

test("a turn reads packets, then kernel messages, runs its task, handles deadlines, and then acts", () => {
  const { calls, loop, source, close } = recorder();
  try {
    for (const [name, rank] of [
      ["kernel 1", "kernel"],
      ["packets 1", "packets"],
      ["kernel 2", "kernel"],
      ["packets 2", "packets"],
    ] as const) {
      source(name, rank).arm(PAST);
    }
    loop.turn(() => calls.push("task"));
    const [first, second, third, fourth, ...rest] = calls;
    assert.deepEqual([first, second].sort(), ["packets 1", "packets 2"]);
    assert.deepEqual([third, fourth].sort(), ["kernel 1", "kernel 2"]);
    assert.deepEqual(rest, ["task", "due", "end"]);
    // Nothing is read twice.
    calls.length = 0;
    loop.turn();
    assert.deepEqual(calls, ["due", "end"]);
  } finally {
    close();
  }
});

test("every handler of a turn gets the time at which the turn began", () => {
  const times: Micros[] = [];
  const note = (now: Micros): void => {
    times.push(now);
    for (const end = boottime() + 2_000; boottime() < end; );
  };
  const { loop, close } = recorder({ due: note, end: note });
  try {
    const before = boottime();
    loop.turn(note);
    const [first = 0] = times;
    assert.deepEqual(times, [first, first, first]);
    assert.ok(first >= before);
  } finally {
    close();
  }
});

test("worstLatenessMicros is the longest time by which a turn began after its deadline", () => {
  let at: Micros | undefined;
  const { loop, close } = recorder({ deadline: () => at });
  try {
    loop.turn();
    loop.turn();
    assert.equal(loop.worstLatenessMicros, 0, "nothing was due");

    at = boottime() + 60_000_000;
    loop.turn();
    loop.turn();
    assert.equal(loop.worstLatenessMicros, 0, "a turn before the deadline is not late");

    const before = boottime();
    at = before - 30_000;
    loop.turn();
    at = undefined;
    loop.turn();
    const worst = loop.worstLatenessMicros;
    assert.ok(worst >= 30_000 && worst <= 30_000 + boottime() - before, String(worst));
    loop.turn();
    assert.equal(loop.worstLatenessMicros, worst);
    loop.resetLateness();
    assert.equal(loop.worstLatenessMicros, 0);
  } finally {
    close();
  }
});

test("a source that was removed earlier in the turn is not read", () => {
  const { calls, loop, source, close } = recorder();
  try {
    const gone = source("kernel", "kernel");
    const taker = source("packets", "packets", () => loop.remove(gone.fd));
    gone.arm(PAST);
    taker.arm(PAST);
    loop.turn();
    assert.deepEqual(calls, ["packets", "due", "end"]);
  } finally {
    close();
  }
});

test("the loop wakes at its deadline, and not at all without one", async () => {
  let at: Micros | undefined = boottime() + 5_000;
  const wakes: Micros[] = [];
  const { loop, close } = recorder({
    deadline: () => at,
    due: (now) => {
      if (at === undefined || now < at) return;
      at = undefined;
      wakes.push(now);
    },
  });
  try {
    const wanted = at;
    loop.start();
    while (wakes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok((wakes[0] ?? 0) >= wanted);
    loop.turn();
    assert.equal(wakes.length, 1);
  } finally {
    close();
  }
});

test("an error in a turn is reported as fatal and ends the turn", () => {
  const { calls, loop, source, close } = recorder();
  try {
    const broken = source("packets", "packets", () => {
      throw new Error("a bug");
    });
    broken.arm(PAST);
    loop.turn(() => calls.push("task"));
    assert.deepEqual(calls, ["packets", "fatal a bug"]);
  } finally {
    close();
  }
});
