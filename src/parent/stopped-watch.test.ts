import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { MILLISECOND } from "../lib/micros.ts";
import { StoppedWatch } from "./stopped-watch.ts";
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
  const watch = new StoppedWatch({
    limitMicros: 300 * MILLISECOND,
    timers: { ...systemTimers, now: () => now },
    isStopped: () => state.stopped,
    onStopped: () => {
      state.found++;
    },
  });
  return Object.assign(state, {
    look: () => watch.look(),
    endWatch: () => watch.end(),
    pass: (millis: number) => {
      now += millis * MILLISECOND;
      mock.timers.tick(millis);
    },
    end: () => {
      watch.end();
      mock.timers.reset();
    },
  });
}

/** Asserts that the child is found exactly after `millis`. */
function foundAfter(child: WatchedChild, millis: number): void {
  child.pass(millis - 1);
  assert.equal(child.found, 0);
  child.pass(1);
  assert.equal(child.found, 1);
}

test("a child that stays stopped is reported, once", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.look();
  foundAfter(child, 300);
  child.pass(1_000);
  assert.equal(child.found, 1);
  child.end();
});

test("a child that continues within the limit is reported only after it is stopped again", () => {
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

test("an ended watch reports nothing", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.endWatch();
  child.pass(300);
  assert.equal(child.found, 0);
  child.end();
});

test("a child that is already stopped when the watch begins is reported", () => {
  const child = watch(true);
  child.pass(300);
  assert.equal(child.found, 1);
  child.end();
});

test("the limit counts from the stop, not from other changes", () => {
  const child = watch();
  child.look();
  child.pass(200);
  child.stopped = true;
  child.look();
  foundAfter(child, 300);
  child.end();
});

test("if the parent was suspended too, it waits for the limit once more", () => {
  const child = watch();
  child.stopped = true;
  child.look();
  child.pass(5_000);
  assert.equal(child.found, 0);
  child.pass(300);
  assert.equal(child.found, 1);
  child.end();
});
