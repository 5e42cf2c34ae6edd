// Two thousand seeds of the simulation, and proof that it notices when a rule is broken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../src/lib/ip.ts";
import { prng } from "../../src/lib/prng.ts";
import { type Plan, planOf } from "./plan.ts";
import { runSeeds } from "./run-seeds.ts";
import type { Sabotage } from "./sabotage.ts";
import { simulate, simulateSeed } from "./simulate.ts";
import type { Violation } from "./violation.ts";

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

test("a seed always gives the same run", () => {
  assert.deepEqual(simulateSeed(7), simulateSeed(7));
});

test("without leases, two hosts hold an address after one was silent", () => {
  const rules = broken(60, (seed) => planOf(seed, prng(seed), "off"));
  assert.ok(rules.has("two holders after a silence"), [...rules].join(", "));
});

test("a lease that is a second too long is detected", () => {
  const rules = broken(200, (seed) => planOf(seed, prng(seed), 3));
  assert.ok(rules.has("two holders after a silence"), [...rules].join(", "));
});

test("adverts and addresses sent and set long after their turn are detected", () => {
  const rules = broken(400, freezesInTurn, { actsLate: true });
  assert.ok(rules.has("addresses set after a long silence"), [...rules].join(", "));
});

test("addresses on an interface that is down are detected", () => {
  const rules = broken(60, (seed) => planOf(seed, prng(seed)), { missesInterfaces: true });
  assert.ok(rules.has("address where nothing can be delivered"), [...rules].join(", "));
});

test("adverts that reach the wrong one of several VRID spaces are detected", () => {
  const plan = (seed: number): Plan => planOf(seed, prng(seed));
  const shared = Array.from({ length: 400 }, (_, seed) => plan(seed)).filter(
    ({ isShared, hosts }) => isShared && (hosts[0]?.config.instances.length ?? 0) > 1,
  );
  assert.ok(shared.length > 20, `${shared.length} plans`);
  const onlyGroup = ip("224.0.0.18");
  const rules = broken(shared.length - 1, (index) => shared[index] as Plan, { onlyGroup });
  assert.ok(rules.has("two active for too long"), [...rules].join(", "));
});

test("a virtual router without an active host is detected", () => {
  const rules = broken(20, (seed) => planOf(seed, prng(seed)), { losesTimers: true });
  assert.ok(rules.has("nobody holds an address"), [...rules].join(", "));
});

test("the same freezes are harmless if late actions are skipped", () => {
  assert.deepEqual([...broken(100, freezesInTurn)], []);
});

/** The plan of `seed` where every fault of a host is a freeze in the middle of its actions. */
function freezesInTurn(seed: number): Plan {
  const plan = planOf(seed, prng(seed));
  const faults = plan.faults.map((fault) => {
    if (!("host" in fault)) return fault;
    const { at, host } = fault;
    const until = Math.max(fault.until, at + 5 * plan.interval);
    return { kind: "freezeInTurn" as const, at, until, host, afterCalls: 1 + (seed % 4) };
  });
  return { ...plan, faults };
}
