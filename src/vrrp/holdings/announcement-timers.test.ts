import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../../test/support/vrrp-config.ts";
import { SECOND } from "../../lib/micros.ts";
import {
  newAnnouncementTimers,
  nextAnnouncement,
  resumedAnnouncementTimers,
  startContestTimer,
  takeDueRepeats,
} from "./announcement-timers.ts";

const GARP = { ...instanceConfig().garp, masterRepeat: 3, lowerPrioRepeat: 4 };

test("a second burst follows once, after the delay", () => {
  const timers = newAnnouncementTimers(GARP, SECOND);
  assert.equal(nextAnnouncement(timers), 6 * SECOND);
  assert.equal(takeDueRepeats(timers, GARP, 6 * SECOND - 1), 0);
  assert.equal(takeDueRepeats(timers, GARP, 6 * SECOND), 3);
  assert.equal(nextAnnouncement(timers), Number.POSITIVE_INFINITY);
  const none = newAnnouncementTimers({ ...GARP, masterDelayMicros: 0 }, SECOND);
  assert.equal(nextAnnouncement(none), Number.POSITIVE_INFINITY);
});

test("refreshes are repeated", () => {
  const garp = { ...GARP, masterDelayMicros: 0, masterRefreshMicros: 10 * SECOND };
  const timers = newAnnouncementTimers(garp, 0);
  assert.equal(nextAnnouncement(timers), 10 * SECOND);
  assert.equal(takeDueRepeats(timers, garp, 10.5 * SECOND), 1);
  assert.equal(nextAnnouncement(timers), 20.5 * SECOND);
});

test("the burst after a worse router is delayed from its first advert", () => {
  const timers = resumedAnnouncementTimers(GARP, 0);
  startContestTimer(timers, GARP, SECOND);
  startContestTimer(timers, GARP, 2 * SECOND);
  assert.equal(nextAnnouncement(timers), 6 * SECOND);
  assert.equal(takeDueRepeats(timers, GARP, 6 * SECOND - 1), 0);
  assert.equal(takeDueRepeats(timers, GARP, 6 * SECOND), 4);
  assert.equal(nextAnnouncement(timers), Number.POSITIVE_INFINITY);
});

test("without repeats or delay for a worse router there is no second burst", () => {
  for (const over of [{ lowerPrioRepeat: 0 }, { lowerPrioDelayMicros: 0 }]) {
    const timers = resumedAnnouncementTimers(GARP, 0);
    startContestTimer(timers, { ...GARP, ...over }, SECOND);
    assert.equal(nextAnnouncement(timers), Number.POSITIVE_INFINITY);
  }
});

test("of several due bursts the longest counts", () => {
  const garp = { ...GARP, masterRefreshMicros: 5 * SECOND, masterRefreshRepeat: 2 };
  const timers = newAnnouncementTimers(garp, 0);
  startContestTimer(timers, garp, 0);
  assert.equal(takeDueRepeats(timers, garp, 5 * SECOND), 4);
  assert.equal(nextAnnouncement(timers), 10 * SECOND);
});
