import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { MILLISECOND } from "../lib/micros.ts";
import { Standstill } from "./standstill.ts";
import { systemTimers } from "./system-ports.ts";

interface WatchedChild {
  stopped: boolean;
  found: number;
  look(): void;
  pass(millis: number): void;
  endWatch(): void;
  end(): void;
}

/** A watch of 300 ms on a child whose state the test sets, on a clock that the test moves. */
function watch(isStopped = false): WatchedChild {
  mock.timers.enable({ apis: ["setTimeout"] });
  const state = { stopped: isStopped, found: 0 };
  let now = 0;
  const standstill = new Standstill({
    limitMicros: 300 * MILLISECOND,
    timers: { ...systemTimers, now: () => now },
    isStopped: () => state.stopped,
    onStandstill: () => {
      state.found++;
    },
  });
  return Object.assign(state, {
    look: () => standstill.look(),
    endWatch: () => standstill.end(),
    pass: (millis: number) => {
      now += millis * MILLISECOND;
      mock.timers.tick(millis);
    },
    end: () => {
      standstill.end();
      mock.timers.reset();
    },
  });
}

/** Lets `millis` pass, and asserts that it is found at their end and not before. */
function foundAfter(child: WatchedChild, millis: number): void {
  child.pass(millis - 1);
  assert.equal(child.found, 0);
  child.pass(1);
  assert.equal(child.found, 1);
}

test("a child that stays stopped is found, once", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.look();
  foundAfter(child, 300);
  child.pass(1_000);
  assert.equal(child.found, 1);
  child.end();
});

test("a child that goes on in time is let alone, until it is stopped again", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.pass(200);
  child.stopped = false;
  child.pass(100);
  assert.equal(child.found, 0);
  child.pass(1_000);
  child.stopped = true;
  child.look();
  foundAfter(child, 300);
  child.end();
});

test("nothing is found of a child that is watched no more", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.endWatch();
  child.pass(300);
  assert.equal(child.found, 0);
  child.end();
});

test("one that stands already when the watch begins is found", () => {
  const child = watch(true);
  child.pass(300);
  assert.equal(child.found, 1);
  child.end();
});

test("the time counts from its stop, not from other news of it", () => {
  const child = watch();
  child.look();
  child.pass(200);
  child.stopped = true;
  child.look();
  foundAfter(child, 300);
  child.end();
});

test("a watcher that slept as well waits once more", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.pass(5_000);
  assert.equal(child.found, 0);
  child.pass(300);
  assert.equal(child.found, 1);
  child.end();
});
