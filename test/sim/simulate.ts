// Runs one seed: builds its hosts, causes the planned faults, and checks the rules.

import { unreachable } from "../../src/lib/assert.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { prng } from "../../src/lib/prng.ts";
import { Checks, longestVacancy } from "./checks.ts";
import type { Fault } from "./fault.ts";
import { Host } from "./host.ts";
import { beginFault, endFault, type HostFault } from "./host-faults.ts";
import { Lan } from "./lan.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly seed: number;
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly history: readonly string[];
  /** Simulated time. */
  readonly elapsed: Micros;
  readonly transitions: number;
  readonly takeoversChecked: number;
}

/** The longest delay of a respawn, and of a start on a busy machine. */
const LONGEST_RESTART = 70 * SECOND;

/** Runs `plan` to its end. */
export function simulate(plan: Plan, sabotage: Sabotage = {}): Outcome {
  const world = new World();
  // The run has its own random sequence, so that a plan can be edited.
  const random = prng(plan.seed ^ 0x5eed);
  const lan = new Lan(world, random, plan.lan);
  const hosts: Host[] = [];
  const checks = new Checks(world, plan, hosts);
  for (const [index, { address, rate, config }] of plan.hosts.entries()) {
    hosts.push(
      new Host({ index, address, config, world, lan, random, observer: checks, sabotage, rate }),
    );
  }
  for (const [index, { startAt }] of plan.hosts.entries()) {
    world.schedule(startAt, () => hosts[index]?.start());
  }
  const sample = (): void => {
    const { wholeSince } = lan;
    if (wholeSince !== undefined) checks.checkPairs(wholeSince);
    checks.checkVacancies(wholeSince);
    checks.checkCleanUp();
    world.schedule(world.now + Math.max(plan.interval / 2, 50 * MILLISECOND), sample);
  };
  sample();
  for (const fault of plan.faults) scheduleFault(world, lan, hosts, checks, fault);

  const lastFault = Math.max(
    ...plan.hosts.map(({ startAt }) => startAt),
    ...plan.faults.map(({ until }) => until),
  );
  world.runUntil(lastFault);
  // A process that died often is restarted after up to a minute.
  const restartedBy = lastFault + LONGEST_RESTART;
  while (hosts.some((host) => host.isRestarting) && world.now < restartedBy) {
    world.runUntil(world.now + 100 * MILLISECOND);
  }
  const settledBy = world.now + settlingTime(plan);
  world.runUntil(settledBy);
  checks.checkSettled();
  // From here on nothing may change.
  const before = hosts.map(({ index }) => checks.transitionsOf(index));
  const elapsed = settledBy + 4 * plan.interval;
  world.runUntil(elapsed);
  checks.checkSettled();
  const after = hosts.map(({ index }) => checks.transitionsOf(index));
  const violations = [...checks.violations];
  if (before.join() !== after.join()) {
    violations.push({ at: elapsed, rule: "not settled", text: `transitions ${before} → ${after}` });
  }
  checks.checkRates(elapsed, plan.faults.length);
  violations.push(...checks.violations.slice(violations.length));
  return {
    seed: plan.seed,
    plan,
    violations,
    history: checks.history,
    elapsed,
    transitions: after.reduce((sum, count) => sum + count, 0),
    takeoversChecked: checks.takeoversChecked,
  };
}

/** Runs `seed`. */
export function simulateSeed(seed: number): Outcome {
  return simulate(planOf(seed, prng(seed)));
}

/**
 * The time to settle after the last fault: the longest down interval (or with a preempt delay, that delay and one
 * more), by the slowest clock; an advert; and the delays of scripts, loops and the network.
 */
function settlingTime(plan: Plan): Micros {
  const { interval, hosts } = plan;
  const preemptDelay = hosts[0]?.config.instances[0]?.preemptDelayMicros ?? 0;
  const delay = preemptDelay > 0 ? preemptDelay + interval : 0;
  return longestVacancy(plan) + Math.ceil(1.01 * (delay + interval)) + 30 * MILLISECOND;
}

function scheduleFault(
  world: World,
  lan: Lan,
  hosts: readonly Host[],
  checks: Checks,
  fault: Fault,
): void {
  const { at, until } = fault;
  if ("host" in fault) {
    const host = hosts[fault.host];
    if (host === undefined) return;
    world.schedule(at, () => {
      checks.note(host, `${fault.kind} until ${(until / SECOND).toFixed(4)}`);
      beginFault(host, fault, world);
    });
    world.schedule(until, () => endFault(host, fault));
    return;
  }
  world.schedule(at, () => {
    const heal = disturb(lan, fault);
    world.schedule(until, heal);
  });
}

/** Begins a fault of the network; the returned function ends it. */
function disturb(lan: Lan, fault: Exclude<Fault, HostFault>): () => void {
  switch (fault.kind) {
    case "partition":
      return lan.partition(new Set(fault.hosts));
    case "oneWay":
      return lan.cutOneWay(fault.from, fault.to);
    case "loss":
      lan.setLoss(fault.share);
      return () => lan.setLoss(0);
    default:
      return unreachable(fault);
  }
}

/** A failed seed as text: the plan, the violated rules, and the history. */
export function describe({ seed, plan, violations, history }: Outcome): string {
  const hosts = plan.hosts.map(({ rate, startAt, config }, index) => {
    const routers = config.instances.map(
      ({ priority, state, nopreempt, preemptDelayMicros }) =>
        `${priority} ${state}${nopreempt ? " nopreempt" : ""}` +
        (preemptDelayMicros > 0 ? ` preempt_delay ${preemptDelayMicros / SECOND}` : ""),
    );
    return `  host${index}: starts ${startAt / SECOND}, clock ${rate}, ${routers.join("; ")}`;
  });
  const faults = plan.faults.map((fault) => {
    const { config: _, ...shown } = { config: undefined, ...fault };
    return `  ${JSON.stringify({ ...shown, at: fault.at / SECOND, until: fault.until / SECOND })}`;
  });
  return [
    `seed ${seed}: VRRP version ${plan.version}, interval ${plan.interval / SECOND} s, ` +
      `${plan.downTimerAdverts} adverts${plan.isShared ? ", one VRID" : ""}`,
    ...hosts,
    ...faults,
    "what happened:",
    ...history.map((entry) => `  ${entry}`),
    "violations:",
    ...violations.map(({ at, rule, text }) => `  ${(at / SECOND).toFixed(4)} ${rule}: ${text}`),
    `replay: SEED=${seed} SEEDS=1 node dist/test/sim/main.js`,
  ].join("\n");
}
