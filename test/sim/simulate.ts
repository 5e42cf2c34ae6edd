// Runs one seed: builds its hosts, lets things go wrong as planned, and looks whether the rules hold.

import { unreachable } from "../../src/lib/assert.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { prng } from "../../src/lib/prng.ts";
import { Checks, longestVacancy, type Violation } from "./checks.ts";
import type { Fault } from "./fault.ts";
import { Host } from "./host.ts";
import { Lan } from "./lan.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";
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

/** Runs `plan` to its end. */
export function simulate(plan: Plan, sabotage: Sabotage = {}): Outcome {
  const world = new World();
  // Chance during the run is apart from that of the plan, so that a plan can be changed by hand.
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
    world.schedule(world.now + Math.max(plan.interval / 2, 50 * MILLISECOND), sample);
  };
  sample();
  for (const fault of plan.faults) scheduleFault(world, lan, hosts, checks, fault);

  const lastFault = Math.max(
    ...plan.hosts.map(({ startAt }) => startAt),
    ...plan.faults.map(endOf),
  );
  const settledBy = lastFault + settlingTime(plan);
  world.runUntil(settledBy);
  checks.checkSettled();
  // From here on nothing changes any more.
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

/** When the last effect of a fault is over: a script's recovery is seen with its next run. */
function endOf(fault: Fault): Micros {
  return fault.kind === "crashChild" ? fault.until + SECOND : fault.until;
}

/**
 * After the last fault: the longest down interval (with a preempt delay, which ends in one more), by the slowest clock;
 * an advert; and what scripts, loops and the network add.
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
  const during = (begin: () => void, end: () => void): void => {
    world.schedule(fault.at, begin);
    world.schedule(fault.until, end);
  };
  if ("host" in fault) {
    const host = hosts[fault.host];
    if (host === undefined) return;
    during(
      () => {
        checks.note(host, `${fault.kind} until ${(fault.until / SECOND).toFixed(4)}`);
        beginHostFault(world, host, fault);
      },
      () => endHostFault(host, fault),
    );
    return;
  }
  switch (fault.kind) {
    case "partition": {
      let heal = (): void => {};
      during(
        () => {
          heal = lan.partition(new Set(fault.hosts));
        },
        () => heal(),
      );
      return;
    }
    case "oneWay": {
      let heal = (): void => {};
      during(
        () => {
          heal = lan.cutOneWay(fault.from, fault.to);
        },
        () => heal(),
      );
      return;
    }
    case "loss":
      during(
        () => {
          lan.setLoss(fault.share);
        },
        () => {
          lan.setLoss(0);
        },
      );
      return;
    default:
      unreachable(fault);
  }
}

type HostFault = Extract<Fault, { readonly host: number }>;

function beginHostFault(world: World, host: Host, fault: HostFault): void {
  switch (fault.kind) {
    case "freeze":
      host.freeze();
      return;
    case "freezeInTurn":
      host.freeze(fault.afterActions);
      return;
    case "suspend":
      host.suspend();
      return;
    case "crash":
      host.crash();
      return;
    case "reboot":
      host.crash();
      host.kernel.clear();
      return;
    case "stop":
      host.stop();
      return;
    case "crashChild":
      host.crashChild(fault.until - fault.at);
      return;
    case "linkDown":
      host.setLink("eth0", "down");
      return;
    case "carrierDown":
      host.setLink("eth1", "down");
      return;
    case "carrierGone":
      host.setLink("eth1", "gone");
      return;
    case "ownAddressGone":
      host.setOwnAddress(false);
      return;
    case "unhealthy":
      host.isHealthy = false;
      return;
    case "deleteAddresses": {
      host.isRobbed = true;
      const deleteAll = (): void => {
        if (world.now > fault.until) return;
        for (const { addresses } of host.config.instances) {
          for (const address of addresses) host.deleteAddress(address);
        }
        world.schedule(world.now + fault.every, deleteAll);
      };
      deleteAll();
      return;
    }
    case "reload":
      host.reload(fault.config);
      return;
    default:
      unreachable(fault);
  }
}

function endHostFault(host: Host, fault: HostFault): void {
  switch (fault.kind) {
    case "freeze":
    case "freezeInTurn":
      host.thaw();
      return;
    case "suspend":
      host.resumeMachine();
      return;
    case "crash":
    case "reboot":
    case "stop":
      if (host.node === undefined) host.start();
      return;
    case "linkDown":
      host.setLink("eth0", "up");
      return;
    case "carrierDown":
    case "carrierGone":
      host.setLink("eth1", "up");
      return;
    case "ownAddressGone":
      host.setOwnAddress(true);
      return;
    case "deleteAddresses":
      host.isRobbed = false;
      return;
    case "unhealthy":
      host.isHealthy = true;
      return;
    case "crashChild":
    case "reload":
      return;
    default:
      unreachable(fault);
  }
}

/** What a failed seed tells: the plan, the broken rules, and what happened before. */
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
    "broken:",
    ...violations.map(({ at, rule, text }) => `  ${(at / SECOND).toFixed(4)} ${rule}: ${text}`),
    `replay: SEED=${seed} SEEDS=1 node dist/test/sim/main.js`,
  ].join("\n");
}
