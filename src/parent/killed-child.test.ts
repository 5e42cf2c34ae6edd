import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { MILLISECOND, SECOND } from "../lib/micros.ts";
import { KilledChild } from "./killed-child.ts";
import { systemTimers } from "./system-ports.ts";

interface Watched {
  readonly killed: KilledChild<string>;
  /** The calls since the last call of `events`. */
  events(): string[];
  pass(millis: number): void;
}

/** A child that is killed at second 10, with instances that can be resumed until then. */
function kill(until: Readonly<Record<string, number | undefined>>): Watched {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 10 * SECOND;
  const events: string[] = [];
  const killed = new KilledChild({
    resumableUntil: new Map(Object.entries(until)),
    timers: { ...systemTimers, now: () => now },
    onLost: (instances) => events.push(`lost ${instances.join(" ")}`),
    onAbandoned: () => events.push("abandoned"),
  });
  return {
    killed,
    events: () => events.splice(0),
    pass: (millis) => {
      now += millis * MILLISECOND;
      mock.timers.tick(millis);
    },
  };
}

test("items are lost as soon as they can no longer be resumed, each at its own time", (t) => {
  t.after(() => mock.timers.reset());
  const { killed, events, pass } = kill({
    short: undefined,
    late: 9 * SECOND,
    quick: 10.7 * SECOND,
    slow: 13 * SECOND,
  });
  assert.deepEqual(events(), ["lost short late"]);
  pass(699);
  assert.deepEqual(events(), []);
  pass(1);
  assert.deepEqual(events(), ["lost quick"]);
  assert.deepEqual(killed.lost, ["short", "late", "quick"]);
  pass(2_299);
  assert.deepEqual(events(), []);
  pass(1);
  assert.deepEqual(events(), ["lost slow"]);
  pass(499);
  assert.deepEqual(events(), []);
  pass(1);
  assert.deepEqual(events(), ["abandoned"]);
  pass(100_000);
  assert.deepEqual(events(), []);
});

test("after the killed child has ended, no further items are lost", (t) => {
  t.after(() => mock.timers.reset());
  const { killed, events, pass } = kill({ short: undefined, slow: 13 * SECOND });
  assert.deepEqual(events(), ["lost short"]);
  pass(5);
  killed.end();
  pass(100_000);
  assert.deepEqual(events(), []);
  assert.deepEqual(killed.lost, ["short"]);
});

test("at a stop all items are lost at once, and the child's end is awaited for half a second", (t) => {
  t.after(() => mock.timers.reset());
  const { killed, events, pass } = kill({ slow: 13 * SECOND });
  pass(100);
  assert.deepEqual(events(), []);
  killed.loseAll();
  assert.deepEqual(events(), ["lost slow"]);
  pass(500);
  assert.deepEqual(events(), ["abandoned"]);
});

test("a killed child without items is abandoned after half a second too", (t) => {
  t.after(() => mock.timers.reset());
  const { events, pass } = kill({});
  pass(500);
  assert.deepEqual(events(), ["abandoned"]);
});
