import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../test/support/vrrp-config.ts";
import { ip } from "../lib/ip.ts";
import { SECOND } from "../lib/micros.ts";
import { judgeAsActive, judgeAsBackup } from "./election.ts";
import type { ReceivedAdvert } from "./receive.ts";

const OWN = ip("192.0.2.5");
const NO_DELAY = { preemptAt: undefined };

function advert(priority: number, source = "192.0.2.2"): ReceivedAdvert {
  return { source: ip(source), priority, advertisementIntervalMicros: SECOND };
}

test("a backup follows whoever is not lower, and does not look at addresses", () => {
  const config = instanceConfig({ priority: 100 });
  const verdict = (priority: number): string =>
    judgeAsBackup(config, 100, NO_DELAY, advert(priority), 0);
  assert.equal(verdict(101), "follow");
  assert.equal(verdict(100), "follow");
  assert.equal(verdict(99), "discard");
  assert.equal(verdict(0), "resigned");
});

test("the effective priority decides, not the configured one", () => {
  const config = instanceConfig({ priority: 100 });
  assert.equal(judgeAsBackup(config, 80, NO_DELAY, advert(90), 0), "follow");
});

test("with nopreempt a backup follows a lower one, but not one that resigned", () => {
  const config = instanceConfig({ nopreempt: true });
  assert.equal(judgeAsBackup(config, 100, NO_DELAY, advert(1), 0), "follow");
  assert.equal(judgeAsBackup(config, 100, NO_DELAY, advert(0), 0), "resigned");
});

test("with preempt_delay a lower one is followed until the delay is over", () => {
  const config = instanceConfig({ preemptDelayMicros: 5 * SECOND });
  assert.equal(judgeAsBackup(config, 100, NO_DELAY, advert(50), 0), "follow");
  assert.equal(judgeAsBackup(config, 100, { preemptAt: 5_000 }, advert(50), 4_999), "follow");
  assert.equal(judgeAsBackup(config, 100, { preemptAt: 5_000 }, advert(50), 5_000), "discard");
});

test("an active router yields to a higher priority, or to a higher address of the same", () => {
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

test("two owners: the higher address is right", () => {
  assert.equal(judgeAsActive(255, OWN, advert(255, "192.0.2.9")), "better");
  assert.equal(judgeAsActive(255, OWN, advert(255, "192.0.2.4")), "secondOwner");
});
