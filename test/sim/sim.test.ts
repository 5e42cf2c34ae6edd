// Two thousand seeds of the simulation, and proof that it notices when a rule is broken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { prng } from "../../src/lib/prng.ts";
import type { Violation } from "./checks.ts";
import type { Sabotage } from "./host.ts";
import { type Plan, planOf } from "./plan.ts";
import { runSeeds } from "./run-seeds.ts";
import { simulate, simulateSeed } from "./simulate.ts";

const SEEDS = 2_000;

/** The rules that any of the first `count` plans breaks. */
function broken(
  count: number,
  plan: (seed: number) => Plan,
  sabotage?: Sabotage,
): Set<Violation["rule"]> {
  const rules = new Set<Violation["rule"]>();
  for (let seed = 1; seed <= count; seed++) {
    for (const { rule } of simulate(plan(seed), sabotage).violations) rules.add(rule);
  }
  return rules;
}

test(`the rules hold in ${SEEDS} seeds`, () => {
  const { failed, text, takeoversChecked, transitions } = runSeeds(1, SEEDS);
  assert.equal(failed, 0, text);
  // Seeds in which nothing happens would prove nothing.
  assert.ok(takeoversChecked > SEEDS / 5, `${takeoversChecked} takeovers were checked`);
  assert.ok(transitions > 5 * SEEDS, `${transitions} transitions`);
});

test("a seed gives the same run every time", () => {
  assert.deepEqual(simulateSeed(7), simulateSeed(7));
});

test("without leases, two hosts hold an address after a silence", () => {
  const rules = broken(60, (seed) => planOf(seed, prng(seed), "off"));
  assert.ok(rules.has("two holders after a silence"), [...rules].join(", "));
});

test("a lease that is a second too long is noticed", () => {
  const rules = broken(200, (seed) => planOf(seed, prng(seed), 3));
  assert.ok(rules.has("two holders after a silence"), [...rules].join(", "));
});

test("what is sent and set long after its turn is noticed", () => {
  const rules = broken(400, freezesInTurn, { actsLate: true });
  assert.ok(rules.has("addresses set after a long silence"), [...rules].join(", "));
});

test("the same freezes do no harm where what is late is left out", () => {
  assert.deepEqual([...broken(100, freezesInTurn)], []);
});

/** The plan of `seed` where every fault of a host is a freeze in the middle of its actions. */
function freezesInTurn(seed: number): Plan {
  const plan = planOf(seed, prng(seed));
  const faults = plan.faults.map((fault) => {
    if (!("host" in fault)) return fault;
    const { at, host } = fault;
    const until = Math.max(fault.until, at + 5 * plan.interval);
    return { kind: "freezeInTurn" as const, at, until, host, afterActions: 1 + (seed % 4) };
  });
  return { ...plan, faults };
}
