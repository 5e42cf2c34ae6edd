import assert from "node:assert/strict";
import { test } from "node:test";
import { shortestPeersWait } from "../config/vrrp/lease.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import { frozenAfter, heartbeatPeriod, isResumableWithin, Watchdog } from "./watchdog.ts";

/** How long peers of an instance with this interval wait. */
function waitAt(advertIntMicros: Micros, downTimerAdverts = 3): Micros {
  return shortestPeersWait([{ advertIntMicros, downTimerAdverts }]);
}

test("the shortest wait of the peers counts, but at most 3 s", () => {
  assert.equal(waitAt(SECOND), 3 * SECOND);
  assert.equal(waitAt(SECOND, 1), SECOND);
  assert.equal(waitAt(100 * MILLISECOND, 10), SECOND);
  assert.equal(waitAt(255 * SECOND), 3 * SECOND);
  const slow = { advertIntMicros: SECOND, downTimerAdverts: 3 };
  const impatient = { advertIntMicros: SECOND, downTimerAdverts: 2 };
  assert.equal(shortestPeersWait([slow, impatient, slow]), 2 * SECOND);
  assert.equal(shortestPeersWait([]), 3 * SECOND);
});

test("a child can be resumed only if peers wait for at least half a second", () => {
  assert.ok(isResumableWithin(waitAt(250 * MILLISECOND, 2)));
  assert.ok(!isResumableWithin(waitAt(200 * MILLISECOND, 2)), "two adverts, not three");
  assert.ok(!isResumableWithin(waitAt(400 * MILLISECOND, 1)));
  assert.ok(isResumableWithin(waitAt(100 * MILLISECOND, 5)));
});

test("at any advert interval there are more than two heartbeats per freeze limit", () => {
  for (const interval of [10 * MILLISECOND, 100 * MILLISECOND, SECOND, 255 * SECOND]) {
    assert.ok(heartbeatPeriod(waitAt(interval)) * 2 < frozenAfter(waitAt(interval)), `${interval}`);
  }
});

test("a child is frozen after half of its peers' wait, or later if only a clean-up must fit in", () => {
  assert.equal(frozenAfter(waitAt(SECOND)), 1.5 * SECOND);
  assert.equal(frozenAfter(waitAt(SECOND, 2)), SECOND, "peers that wait for two adverts");
  assert.equal(frozenAfter(waitAt(255 * SECOND)), 1.5 * SECOND);
  assert.equal(frozenAfter(waitAt(150 * MILLISECOND)), 400 * MILLISECOND);
  assert.equal(
    frozenAfter(waitAt(10 * MILLISECOND)),
    75 * MILLISECOND,
    "a busy machine is no frozen child",
  );
});

test("there are three heartbeats per freeze limit, and at least two a second", () => {
  assert.equal(heartbeatPeriod(waitAt(150 * MILLISECOND)), 400_000 / 3);
  assert.equal(heartbeatPeriod(waitAt(SECOND)), 500 * MILLISECOND);
  assert.equal(heartbeatPeriod(waitAt(255 * SECOND)), 500 * MILLISECOND);
});

/** When a punctual watchdog finds a child whose last heartbeat was at 0. */
function findFrozen(interval: Micros, adverts = 3): Micros {
  const watchdog = new Watchdog(waitAt(interval, adverts), 0);
  let now = 0;
  for (let looks = 0; looks < 10; looks++) {
    const wait = watchdog.look(now, 0);
    if (wait === undefined) return now;
    now += wait;
  }
  throw new Error("never found");
}

test("with adverts every 10 ms a frozen child is found within 80 ms", () => {
  assert.ok(findFrozen(10 * MILLISECOND) <= 80 * MILLISECOND);
});

test("if nothing can be resumed, a frozen child is found in time to remove its addresses", () => {
  for (const interval of [40, 100, 150].map((millis) => millis * MILLISECOND)) {
    const found = findFrozen(interval);
    assert.ok(found > 1.5 * interval && found < 3 * interval - 40 * MILLISECOND, `${found}`);
  }
});

test("with adverts every second a frozen child is found while peers still wait", () => {
  const found = findFrozen(SECOND);
  assert.ok(found > SECOND && found < 2 * SECOND, `${found}`);
  const foundOfTwo = findFrozen(SECOND, 2);
  assert.ok(foundOfTwo > 0.5 * SECOND && foundOfTwo < 1.5 * SECOND, `${foundOfTwo}`);
});

test("a child with regular heartbeats is checked at most once a second", () => {
  const watchdog = new Watchdog(waitAt(SECOND), 0);
  let looks = 0;
  for (let now = 0; now < 60 * SECOND; looks++) {
    const wait = watchdog.look(now, now - (now % heartbeatPeriod(waitAt(SECOND))));
    assert.ok(wait !== undefined);
    now += wait;
  }
  assert.ok(looks <= 60, `${looks}`);
});

test("a check that is late by more than half the limit does not count the child as frozen", () => {
  const limit = frozenAfter(waitAt(SECOND));
  const late = (by: number): number | undefined => {
    const watchdog = new Watchdog(waitAt(SECOND), 0);
    const wait = watchdog.look(0, 0);
    assert.ok(wait !== undefined);
    return watchdog.look(wait + by * limit, 0);
  };
  assert.equal(late(0.45), undefined);
  assert.notEqual(late(0.55), undefined);
});

test("after its own suspension the watchdog gives the child more time", () => {
  const watchdog = new Watchdog(waitAt(SECOND), 0);
  const wait = watchdog.look(100 * SECOND, 0);
  assert.ok(wait !== undefined);
  assert.notEqual(watchdog.look(100 * SECOND + wait, 100 * SECOND), undefined);
  assert.notEqual(watchdog.look(110 * SECOND, 100 * SECOND), undefined);
  assert.equal(
    watchdog.look(110 * SECOND + frozenAfter(waitAt(SECOND)) / 4, 100 * SECOND),
    undefined,
  );
});
