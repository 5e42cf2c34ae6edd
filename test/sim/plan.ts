// The meaning of a seed: hosts, virtual routers, a network, and faults with their times. Plain data, printed after a
// failure.

import type { VrrpPart } from "../../src/config/config.ts";
import { isLeaseSafe, leaseSeconds, peersWait } from "../../src/config/vrrp/lease.ts";
import type { VipLease } from "../../src/config/vrrp/types.ts";
import type { InstanceConfig } from "../../src/config/vrrp/vrrp-config.ts";
import { defined } from "../../src/lib/assert.ts";
import { type Ip, ip } from "../../src/lib/ip.ts";
import { CENTISECOND, MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import { skewTime } from "../../src/vrrp/router/timing.ts";
import { config, instanceConfig, scriptConfig, virtualAddress } from "../support/vrrp-config.ts";
import { type Fault, faultsOf } from "./fault.ts";
import { LATEST } from "./kernel.ts";
import type { LanTraits } from "./lan.ts";

export interface HostPlan {
  readonly address: Ip;
  /** Microseconds of its clock per true microsecond. Two hosts differ by 1 % at most. */
  readonly rate: number;
  readonly startAt: Micros;
  readonly config: VrrpPart;
}

export interface Plan {
  readonly seed: number;
  readonly interval: Micros;
  readonly version: 2 | 3;
  readonly downTimerAdverts: number;
  /** All virtual routers have the same VRID and differ by group or unicast. */
  readonly isShared: boolean;
  /** A host that fell silent must hold nothing when a peer takes over. */
  readonly isFenced: boolean;
  readonly hosts: readonly HostPlan[];
  readonly lan: LanTraits;
  readonly faults: readonly Fault[];
}

/** The common properties of a plan's hosts. */
interface Traits {
  readonly version: 2 | 3;
  readonly interval: Micros;
  readonly drift: number;
  readonly vipLease: VipLease;
  /** One per host. */
  readonly sources: readonly Ip[];
  /** By virtual router, then by host. */
  readonly priorities: readonly (readonly number[])[];
  readonly highestPriority: number;
  readonly downTimerAdverts: number;
  readonly isShared: boolean;
  readonly isUnicast: boolean;
  /** Unicast: the source is configured, so the interface may lack it. */
  readonly isSourceGiven: boolean;
  /** Some addresses are on eth1. */
  readonly isCarried: boolean;
  readonly isWeighted: boolean;
  readonly isFaulted: boolean;
  readonly nopreempt: boolean;
  readonly preemptDelayMicros: Micros;
}

/** Half of the 1 % that two clocks may differ; and the usual deviation. */
const WIDE_DRIFT = 0.005;
const NARROW_DRIFT = 0.0005;

/** The plan of `seed`. `vipLease` is for tests that violate a rule; the expectations stay the same. */
export function planOf(seed: number, random: Prng, vipLease?: VipLease): Plan {
  const traits = traitsOf(random);
  const { version, interval, sources, downTimerAdverts } = traits;
  const lease = autoLease(interval, downTimerAdverts);
  const used = vipLease === undefined ? traits : { ...traits, vipLease };
  const unit = Math.max(interval, 300 * MILLISECOND);
  const addresses = between(random, 1, 3);
  const hosts = sources.map((address, index): HostPlan => {
    const startAt = between(random, 0, 4 * unit);
    const share = random() < 0.5 ? pick(random, -1, 1) : random() * 2 - 1;
    const rate = 1 + share * traits.drift;
    return { address, rate, startAt, config: configOf(used, index, 0, addresses) };
  });
  return {
    seed,
    interval,
    version,
    downTimerAdverts,
    isShared: traits.isShared,
    isFenced: traits.vipLease === "auto" && isLeaseSafe(lease, interval, downTimerAdverts),
    hosts,
    lan: {
      leastDelay: 50,
      mostDelay: Math.min(between(random, 200, 3_000), Math.floor(interval / 10)),
      duplication: random() < 0.3 ? 0.1 : 0,
    },
    faults: faultsOf(random, hosts.length, 8 * unit, unit, (host) =>
      configOf(used, host, between(random, -20, 20), between(random, 1, 3)),
    ).filter(({ kind }) => !traits.isSourceGiven || kind !== "ownAddressGone"),
  };
}

function traitsOf(random: Prng): Traits {
  const version = pick<2 | 3>(random, 2, 2, 3);
  const interval =
    version === 2
      ? pick(random, 1, 1, 1, 2) * SECOND
      : pick(random, 100, 100, 90, 50, 10, 1) * CENTISECOND;
  const drift = random() < 0.3 ? NARROW_DRIFT : WIDE_DRIFT;
  const downTimerAdverts = pick(random, 3, 3, 3, 3, 3, 3, 2, 10);
  const highest = highestPriority(version, interval, downTimerAdverts, drift);
  const hosts = between(random, 2, 5);
  const routers = between(random, 1, 3);
  return {
    version,
    interval,
    drift,
    vipLease: random() < 0.1 ? "off" : "auto",
    sources: Array.from({ length: hosts }, (_, index) => ip(`192.0.2.${index + 1}`)),
    priorities: Array.from({ length: routers }, () => prioritiesOf(random, hosts, highest)),
    highestPriority: highest,
    downTimerAdverts,
    isShared: random() < 0.25,
    isUnicast: random() < 0.25,
    isSourceGiven: random() < 0.5,
    isCarried: random() < 0.4,
    isWeighted: random() < 0.3,
    isFaulted: random() < 0.3,
    nopreempt: random() < 0.2,
    preemptDelayMicros: random() < 0.15 ? between(random, 1, 4) * interval : 0,
  };
}

function autoLease(interval: Micros, downTimerAdverts: number): number {
  return defined(leaseSeconds("auto", interval, downTimerAdverts), "a lease");
}

/**
 * The highest priority whose skew exceeds the clocks' error of the peers' wait, if a lease ends right before it: with 1
 * %, three adverts of 1 s differ by 30 ms, and the kernel is up to 20 ms early.
 */
function highestPriority(
  version: 2 | 3,
  interval: Micros,
  downTimerAdverts: number,
  drift: number,
): number {
  const wait = peersWait(interval, downTimerAdverts);
  const end = autoLease(interval, downTimerAdverts) * SECOND + LATEST;
  const missing = end - (1 - 2 * drift) * wait;
  let priority = 255;
  while (priority > 200 && skewTime(version, priority, interval) < missing) priority--;
  return priority;
}

/** One per host: usually all different, sometimes all the same. */
function prioritiesOf(random: Prng, hosts: number, highest: number): number[] {
  if (random() < 0.1) return new Array<number>(hosts).fill(100);
  const chosen = new Set<number>();
  while (chosen.size < hosts) {
    chosen.add(random() < 0.3 ? between(random, highest - 8, highest) : between(random, 1, 200));
  }
  return [...chosen];
}

/** The configuration of one host, with priorities increased by `shift`. */
function configOf(traits: Traits, host: number, shift: number, addresses: number): VrrpPart {
  const { version, interval, sources, nopreempt, preemptDelayMicros, highestPriority } = traits;
  const { downTimerAdverts, isShared, isSourceGiven, isCarried } = traits;
  const own = sources[host];
  // Only an instance that starts as BACKUP may have a preempt delay.
  const mayBeEager = !nopreempt && preemptDelayMicros === 0;
  const instances = traits.priorities.map((priorities, router): InstanceConfig => {
    const priority = (priorities[host] ?? 100) + shift;
    // Of those with a common VRID, one may be unicast, and the others have their own groups.
    const isUnicast = isShared ? traits.isUnicast && router === 1 : traits.isUnicast;
    return instanceConfig({
      name: `VI_${router + 1}`,
      virtualRouterId: isShared ? 1 : router + 1,
      mcastGroup: ip(`224.0.0.${18 + (isShared ? router : 0)}`),
      version,
      advertIntMicros: interval,
      downTimerAdverts,
      state: mayBeEager && (host + router) % 3 === 0 ? "MASTER" : "BACKUP",
      priority: Math.min(Math.max(priority, 1), highestPriority),
      nopreempt,
      preemptDelayMicros,
      unicastSrcIp: isUnicast && isSourceGiven ? own : undefined,
      unicastPeers: isUnicast ? sources.filter((address) => address !== own) : [],
      addresses: Array.from({ length: addresses }, (_, index) =>
        virtualAddress(
          `192.0.2.${110 + 10 * router + index}/24`,
          isCarried && index === 0 ? "eth1" : "eth0",
        ),
      ),
      trackScripts: [
        ...(traits.isWeighted ? [{ name: "weighted", weight: -60, reverse: false }] : []),
        ...(traits.isFaulted ? [{ name: "fault", weight: 0, reverse: false }] : []),
      ],
    });
  });
  const intervalMicros = Math.max(interval, 200 * MILLISECOND);
  const scripts = ["weighted", "fault"].map((name) =>
    scriptConfig({ name, intervalMicros, fall: 2 }),
  );
  return config(instances, { global: { vipLease: traits.vipLease }, scripts });
}

function pick<T>(random: Prng, ...choices: readonly [T, ...T[]]): T {
  return choices[between(random, 0, choices.length - 1)] as T;
}
