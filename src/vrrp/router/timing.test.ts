import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import {
  activeDownInterval,
  advertPeriod,
  coalescingSlack,
  eagerInterval,
  leaselessLimit,
  mayLogAgain,
  nextAdvertDue,
  resumeBy,
  resumeLimit,
  skewTime,
} from "./timing.ts";

test("version 2: the skew is a share of a second, regardless of the interval", () => {
  assert.equal(skewTime(2, 100, SECOND), 609_375);
  assert.equal(skewTime(2, 100, 10 * SECOND), 609_375);
  assert.equal(skewTime(2, 255, SECOND), 3_906);
  assert.equal(skewTime(2, 1, SECOND), 996_093);
});

test("version 3: the skew is a share of the interval in whole centiseconds", () => {
  assert.equal(skewTime(3, 100, SECOND), 600 * MILLISECOND);
  assert.equal(skewTime(3, 100, 4 * SECOND), 2_430 * MILLISECOND);
  assert.equal(skewTime(3, 254, SECOND), 0);
  assert.equal(skewTime(3, 100, 10 * MILLISECOND), 0);
});

test("the down interval is three adverts and the skew: 3.414 s for priority 150", () => {
  assert.equal(activeDownInterval(2, 150, SECOND, 3), 3_414_062);
  assert.equal(activeDownInterval(2, 150, SECOND, 1), 1_414_062);
  assert.equal(activeDownInterval(3, 150, 500 * MILLISECOND, 3), 1_700 * MILLISECOND);
});

test("state MASTER waits one interval and the least skew", () => {
  assert.equal(eagerInterval(2, SECOND), 1_003_906);
  assert.equal(eagerInterval(3, SECOND), SECOND);
});

test("adverts are sent every interval, or more often if the lease is short", () => {
  assert.equal(advertPeriod(SECOND, 2), SECOND);
  assert.equal(advertPeriod(100 * MILLISECOND, 1), 100 * MILLISECOND);
  assert.equal(advertPeriod(900 * MILLISECOND, 1), 600 * MILLISECOND);
  assert.equal(advertPeriod(10 * SECOND, 2), 1_200 * MILLISECOND);
  assert.equal(advertPeriod(10 * SECOND, undefined), 10 * SECOND);
});

test("adverts share a step within 2 % of their interval, at most 20 ms", () => {
  assert.equal(coalescingSlack(100 * MILLISECOND), 2 * MILLISECOND);
  assert.equal(coalescingSlack(SECOND), 20 * MILLISECOND);
  assert.equal(coalescingSlack(40 * SECOND), 20 * MILLISECOND);
});

test("adverts are sent on a beat shared by all of one period, and never later than their period", () => {
  const late = 1_008 * MILLISECOND;
  assert.equal(nextAdvertDue(late, SECOND), 2 * SECOND, "a late one does not shift the next");
  assert.equal(nextAdvertDue(1_300 * MILLISECOND, SECOND), 2 * SECOND, "who begins joins");
  const early = 1_985 * MILLISECOND;
  assert.equal(nextAdvertDue(early, SECOND), early + SECOND, "who is early stays so");
  for (let now = 0; now < 3 * SECOND; now += 12_345) {
    const wait = nextAdvertDue(now, SECOND) - now;
    assert.ok(wait > coalescingSlack(SECOND) && wait <= SECOND, `${wait} after ${now}`);
  }
});

test("events caused by adverts are logged once in half an interval", () => {
  assert.ok(mayLogAgain(undefined, 0, SECOND));
  assert.ok(!mayLogAgain(SECOND, 1.5 * SECOND - 1, SECOND));
  assert.ok(mayLogAgain(SECOND, 1.5 * SECOND, SECOND));
});

test("without a lease a pause may be a little longer than the peers' wait", () => {
  assert.equal(leaselessLimit(10 * SECOND, 3 * SECOND), 13.2 * SECOND);
});

test("the parent wants a new process to be ready 100 ms before the peers' wait ends", () => {
  assert.equal(resumeBy(10 * SECOND, 3 * SECOND), 12.9 * SECOND);
});

test("a new process may resume until shortly before the peers' wait ends, and within the lease", () => {
  assert.equal(resumeLimit(0, 3 * SECOND, undefined), 2.85 * SECOND);
  assert.equal(resumeLimit(0, 3 * SECOND, 2), 2 * SECOND);
  assert.equal(resumeLimit(0, 500 * MILLISECOND, 1), 475 * MILLISECOND);
});
