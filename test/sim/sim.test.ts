// Runs two thousand seeds of the simulation, and proves that it detects violations.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../src/lib/ip.ts";
import { prng } from "../../src/lib/prng.ts";
import { type Plan, planOf } from "./plan.ts";
import { isViolated, runSeeds } from "./run-seeds.ts";
import { simulate, simulateSeed } from "./simulate.ts";

const SEEDS = 2_000;

function planOfSeed(seed: number): Plan {
  return planOf(seed, prng(seed));
}

test(`the rules hold in ${SEEDS} seeds`, async () => {
  const { failed, texts, takeoversChecked, transitions } = await runSeeds(1, SEEDS);
  assert.equal(failed, 0, texts.join("\n\n"));
  // Seeds without takeovers would prove nothing.
  assert.ok(takeoversChecked > SEEDS / 5, `${takeoversChecked} takeovers were checked`);
  assert.ok(transitions > 5 * SEEDS, `${transitions} transitions`);
});

test("a seed always gives the same run", () => {
  assert.deepEqual(simulateSeed(7), simulateSeed(7));
});

test("without leases, two hosts hold an address after one was silent", () => {
  assert.ok(
    isViolated("two holders after a silence", 60, (seed) => planOf(seed, prng(seed), "off")),
  );
});

test("a lease that is a second too long is detected", () => {
  assert.ok(isViolated("two holders after a silence", 200, (seed) => planOf(seed, prng(seed), 3)));
});

test("adverts and addresses sent and set long after their turn are detected", () => {
  assert.ok(
    isViolated("addresses set after a long silence", 400, freezesInTurn, { actsLate: true }),
  );
});

test("addresses on an interface that is down are detected", () => {
  assert.ok(
    isViolated("address where nothing can be delivered", 60, planOfSeed, {
      missesInterfaces: true,
    }),
  );
});

test("adverts that reach the wrong one of several VRID spaces are detected", () => {
  const shared = Array.from({ length: 400 }, (_, seed) => planOfSeed(seed)).filter(
    ({ isShared, hosts }) => isShared && (hosts[0]?.config.instances.length ?? 0) > 1,
  );
  assert.ok(shared.length > 20, `${shared.length} plans`);
  const onlyGroup = ip("224.0.0.18");
  assert.ok(
    isViolated("two active for too long", shared.length - 1, (index) => shared[index] as Plan, {
      onlyGroup,
    }),
  );
});

test("a virtual router without an active host is detected", () => {
  assert.ok(isViolated("no holder", 20, planOfSeed, { losesTimers: true }));
});

test("the same freezes are harmless if late actions are skipped", () => {
  for (let seed = 1; seed <= 100; seed++) {
    assert.deepEqual(simulate(freezesInTurn(seed)).violations, []);
  }
});

/** The plan of `seed`, with every fault of a host replaced by a freeze in the middle of its actions. */
function freezesInTurn(seed: number): Plan {
  const plan = planOfSeed(seed);
  const faults = plan.faults.map((fault) => {
    if (!("host" in fault)) return fault;
    const { at, host } = fault;
    const until = Math.max(fault.until, at + 5 * plan.interval);
    return { kind: "freezeInTurn" as const, at, until, host, afterCalls: 1 + (seed % 4) };
  });
  return { ...plan, faults };
}
