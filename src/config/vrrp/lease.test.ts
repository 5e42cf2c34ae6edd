import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { isLeaseSafe, leaseSeconds, peersWait } from "./lease.ts";

test("peers wait for the configured number of intervals", () => {
  assert.equal(peersWait(SECOND, 3), 3 * SECOND);
  assert.equal(peersWait(SECOND, 10), 10 * SECOND);
  assert.equal(peersWait(SECOND, 2), 2 * SECOND);
});

test("an automatic lease is the peers' wait minus a second, but at least a second", () => {
  const auto = (interval: number, adverts = 3): number | undefined =>
    leaseSeconds("auto", interval, adverts);
  assert.equal(auto(SECOND), 2);
  assert.equal(auto(1.5 * SECOND), 3);
  assert.equal(auto(10 * MILLISECOND), 1);
  assert.equal(auto(SECOND, 2), 1, "peers that wait for two adverts only");
  assert.equal(auto(SECOND, 5), 4, "peers that wait for five");
  assert.equal(auto(SECOND, 10), 8, "for so long that clocks count");
  assert.equal(auto(1.99 * SECOND), 4);
  assert.equal(auto(2 * SECOND), 4, "clocks that differ by 1 % count from here on");
  assert.equal(auto(3 * SECOND), 7);
  assert.equal(auto(40 * SECOND), 116);
  assert.equal(auto(2 * SECOND, 2), 2);
  assert.equal(auto(2 * SECOND, 5), 8);
  assert.equal(leaseSeconds("off", SECOND, 3), undefined);
  assert.equal(leaseSeconds(7, SECOND, 3), 7);
  assert.equal(leaseSeconds(1, SECOND, 3), 1);
});

test("a lease ends in time only if the peers wait at least two seconds", () => {
  assert.ok(isLeaseSafe(2, SECOND, 3));
  assert.ok(isLeaseSafe(1, 700 * MILLISECOND, 3));
  assert.ok(!isLeaseSafe(1, 600 * MILLISECOND, 3));
  assert.ok(!isLeaseSafe(1, SECOND, 1));
  assert.ok(!isLeaseSafe(10, SECOND, 3));
});
