// The election: how a backup and an active router judge an advert.

import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import { SECOND } from "../../lib/micros.ts";
import { judgeAsBackup } from "./backup.ts";
import { judgeAsActive } from "./contest.ts";
import type { ReceivedAdvert } from "./receive.ts";

const OWN = ip("192.0.2.5");
/** A backup whose timer ends at 10 s, without preempt delay. */
const WAITING = { preemptAt: undefined, activeDownAt: 10 * SECOND };

function advert(priority: number, source = "192.0.2.2"): ReceivedAdvert {
  return { source: ip(source), priority, advertisementIntervalMicros: SECOND };
}

test("a backup follows every priority that is not lower, regardless of the address", () => {
  const config = instanceConfig({ priority: 100 });
  const verdict = (priority: number): string =>
    judgeAsBackup(config, 100, WAITING, advert(priority), 0);
  assert.equal(verdict(101), "follow");
  assert.equal(verdict(100), "follow");
  assert.equal(verdict(99), "discard");
  assert.equal(verdict(0), "resigned");
});

test("the effective priority decides, not the configured one", () => {
  const config = instanceConfig({ priority: 100 });
  assert.equal(judgeAsBackup(config, 80, WAITING, advert(90), 0), "follow");
});

test("with nopreempt a backup follows a lower priority, but not a resignation", () => {
  const config = instanceConfig({ nopreempt: true });
  assert.equal(judgeAsBackup(config, 100, WAITING, advert(1), 0), "follow");
  assert.equal(judgeAsBackup(config, 100, WAITING, advert(0), 0), "resigned");
});

test("a lower priority heard after our own timer has ended is preempted", () => {
  const config = instanceConfig({ priority: 100 });
  const verdict = (now: number): string => judgeAsBackup(config, 100, WAITING, advert(99), now);
  assert.equal(verdict(10 * SECOND - 1), "discard");
  assert.equal(verdict(10 * SECOND), "preempt");
});

test("with preempt_delay a lower priority is tolerated until the delay and our own timer have ended", () => {
  const config = instanceConfig({ preemptDelayMicros: 5 * SECOND });
  const verdict = (preemptAt: number | undefined, now: number): string =>
    judgeAsBackup(config, 100, { ...WAITING, preemptAt }, advert(50), now);
  assert.equal(verdict(undefined, 20 * SECOND), "tolerate", "the delay begins with this advert");
  assert.equal(verdict(15 * SECOND, 15 * SECOND - 1), "tolerate");
  assert.equal(verdict(15 * SECOND, 15 * SECOND), "preempt");
  assert.equal(verdict(5 * SECOND, 5 * SECOND), "discard", "our own timer runs on");
});

test("an active router yields to a higher priority, or to a higher address with the same priority", () => {
  const verdict = (priority: number, source?: string): string =>
    judgeAsActive(100, OWN, advert(priority, source));
  assert.equal(verdict(101, "192.0.2.1"), "better");
  assert.equal(verdict(99, "192.0.2.9"), "worse");
  assert.equal(verdict(100, "192.0.2.9"), "better");
  assert.equal(verdict(100, "192.0.2.4"), "worse");
  assert.equal(verdict(100, "192.0.2.40"), "better", "addresses are numbers, not text");
  assert.equal(verdict(0, "192.0.2.9"), "resigned");
  assert.equal(verdict(200, "192.0.2.5"), "ownAddress");
});

test("of two owners, the one with the higher address wins", () => {
  assert.equal(judgeAsActive(255, OWN, advert(255, "192.0.2.9")), "better");
  assert.equal(judgeAsActive(255, OWN, advert(255, "192.0.2.4")), "secondOwner");
});
