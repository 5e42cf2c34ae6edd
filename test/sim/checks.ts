// The rules that hold whatever goes wrong, checked while the simulation runs.

import { peersWait } from "../../src/config/vrrp/lease.ts";
import type { Ip } from "../../src/lib/ip.ts";
import type { Micros } from "../../src/lib/micros.ts";
import { MILLISECOND, SECOND } from "../../src/lib/micros.ts";
import type { InstanceRecord } from "../../src/vrrp/event.ts";
import { activeDownInterval } from "../../src/vrrp/router/timing.ts";
import { DaemonChecks } from "./daemon-checks.ts";
import type { Host, Observer } from "./host.ts";
import { keyOf } from "./kernel.ts";
import type { Delivery } from "./lan.ts";
import type { Plan } from "./plan.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** An advert read within this time shows that its sender is alive. */
const LONGEST_FRESH: Micros = 260 * MILLISECOND;

/** One virtual router on one host. */
interface Seat {
  isActive: boolean;
  /** True time of its last change to or from Active, or of the start of its process. */
  changedAt: Micros;
  /** Number of adverts sent, and the time of the last. */
  sent: number;
  lastSentAt: Micros;
  heard: number;
  /** The last resignation of a peer, and that peer's priority before. */
  resignation: { readonly at: Micros; readonly priority: number };
  transitions: number;
  /** It became Active and has set no address since. */
  isTakingOver: boolean;
  arps: number;
  wasActiveWhenFrozen: boolean;
  /** By sender: the last advert received here. */
  readonly lastHeard: Map<number, HeardAdvert>;
}

interface HeardAdvert {
  readonly number: number;
  readonly at: Micros;
  readonly priority: number;
}

/**
 * The longest time without an active host while one is sound: the down interval of the lowest priority by a slow clock,
 * plus the delays of scripts, loops and the network.
 */
export function longestVacancy({ interval, version, downTimerAdverts, hosts }: Plan): Micros {
  const down = activeDownInterval(version, 1, interval, downTimerAdverts);
  const isTracking = hosts[0]?.config.instances[0]?.trackScripts.length !== 0;
  const script = isTracking ? Math.max(interval, 200 * MILLISECOND) + 60 * MILLISECOND : 0;
  return Math.ceil(1.01 * (down + script)) + 30 * MILLISECOND;
}

export class Checks implements Observer {
  readonly violations: Violation[] = [];
  /** A readable history, printed after a failure. */
  readonly history: string[] = [];
  readonly #world: World;
  readonly #plan: Plan;
  readonly #hosts: readonly Host[];
  /** By host, then by virtual router, from VI_1. */
  readonly #seats: Seat[][];
  readonly #frozenAt: Micros[];
  readonly #thawedAt: Micros[];
  readonly #linkChangedAt: Micros[];
  /** By host: when it was first seen sound; undefined while it is not. */
  readonly #soundSince: (Micros | undefined)[];
  readonly #daemons: DaemonChecks;
  /** By virtual router: when it was first seen without an active running host. */
  readonly #vacantSince: (Micros | undefined)[];
  /** The number of checked takeovers from a silent peer: a check that never runs proves nothing. */
  takeoversChecked = 0;
  readonly #routers: number;
  /**
   * The longest time that two active routers that receive each other's adverts may both be active: an interval by a
   * slow clock, plus delays.
   */
  readonly #longestContest: Micros;
  #arps: number[];

  constructor(world: World, plan: Plan, hosts: readonly Host[]) {
    this.#world = world;
    this.#plan = plan;
    this.#hosts = hosts;
    const first = plan.hosts[0]?.config;
    this.#routers = first?.instances.length ?? 0;
    this.#seats = plan.hosts.map(() =>
      Array.from({ length: this.#routers + 1 }, () => ({
        isActive: false,
        changedAt: 0,
        sent: 0,
        lastSentAt: -1,
        heard: 0,
        resignation: { at: -1, priority: 0 },
        transitions: 0,
        isTakingOver: false,
        arps: 0,
        wasActiveWhenFrozen: false,
        lastHeard: new Map(),
      })),
    );
    this.#longestContest = Math.ceil(1.01 * plan.interval) + 20 * MILLISECOND;
    this.#frozenAt = plan.hosts.map(() => 0);
    this.#thawedAt = plan.hosts.map(() => 0);
    this.#linkChangedAt = plan.hosts.map(() => 0);
    this.#soundSince = plan.hosts.map(() => undefined);
    const violate = (rule: Violation["rule"], text: string): void => this.#violate(rule, text);
    this.#daemons = new DaemonChecks(world, plan, hosts, violate);
    this.#vacantSince = Array.from({ length: this.#routers + 1 }, () => undefined);
    this.#arps = plan.hosts.map(() => 0);
  }

  isActive(host: number, id: number): boolean {
    return this.#seat(host, id).isActive;
  }

  transitionsOf(host: number): number {
    return (this.#seats[host] ?? []).reduce((sum, seat) => sum + seat.transitions, 0);
  }

  onSent(host: Host, instance: string, priority: number): Delivery {
    const id = routerOf(instance);
    const seat = this.#seat(host.index, id);
    // Its sender may stop before the next check; peers wait from here on.
    if (priority > 0) this.#vacantSince[id] = undefined;
    // Copies for several unicast peers are one advert.
    if (seat.lastSentAt !== this.#world.now) seat.sent++;
    seat.lastSentAt = this.#world.now;
    const number = seat.sent;
    return (from, to, outcome) => {
      const receiver = this.#hosts[to];
      if (outcome === "lost" || receiver === undefined || !receiver.listens) return;
      const there = this.#seat(to, id);
      there.heard++;
      const before = there.lastHeard.get(from);
      const held = priority === 0 ? (before?.priority ?? 0) : priority;
      if (priority === 0) there.resignation = { at: this.#world.now, priority: held };
      const newest =
        before !== undefined && before.number > number ? before : { number, priority: held };
      there.lastHeard.set(from, { ...newest, at: this.#world.now });
    };
  }

  onRecord(host: Host, instance: string, record: InstanceRecord): void {
    const id = routerOf(instance);
    const seat = this.#seat(host.index, id);
    if (seat.isActive === record.active) return;
    this.#change(host, id, record.active);
    seat.isTakingOver = record.active;
  }

  onBegun(host: Host): void {
    this.#daemons.onBegun(host);
  }

  onStarted(host: Host, isResumed: boolean): void {
    this.#daemons.onStarted(host, isResumed);
    const states = host.node?.snapshot().instances ?? [];
    for (const seat of this.#seats[host.index] ?? []) seat.wasActiveWhenFrozen = false;
    for (const { name, state } of states) {
      const id = routerOf(name);
      const seat = this.#seat(host.index, id);
      const isActive = state === "active";
      if (seat.isActive !== isActive) this.#change(host, id, isActive);
      seat.changedAt = this.#world.now;
      seat.lastHeard.clear();
    }
    // It may have been away for less time than between two checks.
    this.#soundSince[host.index] = undefined;
    this.note(host, isResumed ? "resumed" : "started");
  }

  onFrozen(host: Host): void {
    this.#frozenAt[host.index] = this.#world.now;
    for (const seat of this.#seats[host.index] ?? []) seat.wasActiveWhenFrozen = seat.isActive;
  }

  onThawed(host: Host): void {
    this.#soundSince[host.index] = undefined;
    this.note(host, "runs on");
    this.#thawedAt[host.index] = this.#world.now;
  }

  onLinkChanged(host: Host): void {
    this.#soundSince[host.index] = undefined;
    this.#linkChangedAt[host.index] = this.#world.now;
  }

  /** After a silence longer than its peers' wait, an active router must first listen. */
  onSet(host: Host, instance: string): void {
    const thawedAt = this.#thawedAt[host.index] ?? 0;
    const silence = thawedAt - (this.#frozenAt[host.index] ?? 0);
    const id = routerOf(instance);
    const seat = this.#seat(host.index, id);
    if (seat.isTakingOver) this.#checkTakeover(host, id);
    seat.isTakingOver = false;
    const wait = peersWait(this.#plan.interval, this.#plan.downTimerAdverts);
    const longest = 1.01 * Math.max(wait + 210_000, SECOND);
    // Unless a peer has resigned since.
    const frozenAt = this.#frozenAt[host.index] ?? 0;
    if (silence < longest || !seat.wasActiveWhenFrozen || seat.resignation.at > frozenAt) return;
    if (this.#world.now - thawedAt < 0.98 * wait) {
      this.#violate("addresses set after a long silence", `${host.name} ${instance}`);
    }
  }

  onArp(host: Host, announced: Ip): void {
    this.#arps[host.index] = (this.#arps[host.index] ?? 0) + 1;
    // Its own address, so that unicast peers find its new place.
    if (announced === host.ownAddress) return;
    const owner = host.config.instances.find(({ addresses }) =>
      addresses.some(({ address }) => address === announced),
    );
    if (owner !== undefined && this.isActive(host.index, routerOf(owner.name))) return;
    this.#violate("announced without being active", `${host.name} ${announced}`);
  }

  /** A host holds an address if and only if it is Active and packets to that address can be delivered. */
  afterTurn(host: Host): void {
    for (const { name, addresses } of host.config.instances) {
      const { isActive } = this.#seat(host.index, routerOf(name));
      for (const address of addresses) {
        const isHeld = host.kernel.has(keyOf(address));
        if (isHeld && !host.isUp(address.interface)) {
          this.#violate("address where nothing can be delivered", `${host.name} ${keyOf(address)}`);
        }
        if (isHeld === isActive) continue;
        const rule = isHeld ? "address without being active" : "active without address";
        this.#violate(rule, `${host.name} ${keyOf(address)}`);
      }
    }
  }

  /** Of two active routers that receive each other's adverts, one yields with the other's next advert. */
  checkPairs(networkWholeSince: Micros): void {
    const since = this.#world.now - this.#longestContest;
    if (networkWholeSince > since) return;
    for (let id = 1; id <= this.#routers; id++) {
      const active = this.#hosts.filter(
        (host) =>
          host.isRunning &&
          host.isReachable &&
          this.isActive(host.index, id) &&
          this.#seat(host.index, id).changedAt <= since &&
          (this.#thawedAt[host.index] ?? 0) <= since &&
          (this.#linkChangedAt[host.index] ?? 0) <= since,
      );
      if (active.length > 1) {
        const names = active.map(({ name }) => name).join(", ");
        this.#violate("two active for too long", `VI_${id}: ${names}`);
      }
    }
  }

  /**
   * If a host has been sound, and the network whole since `networkWholeSince` (undefined: it is not), for longer than a
   * down interval, each virtual router has an active host.
   */
  checkVacancies(networkWholeSince: Micros | undefined): void {
    const { now } = this.#world;
    for (const host of this.#hosts) {
      const { index } = host;
      this.#soundSince[index] = host.isSound ? (this.#soundSince[index] ?? now) : undefined;
    }
    const sound = this.#soundSince.filter((since) => since !== undefined);
    for (let id = 1; id <= this.#routers; id++) {
      const isHeld = this.#hosts.some((host) => host.isRunning && this.isActive(host.index, id));
      this.#vacantSince[id] = isHeld ? undefined : (this.#vacantSince[id] ?? now);
      const vacantSince = this.#vacantSince[id];
      if (vacantSince === undefined || networkWholeSince === undefined) continue;
      const since = Math.max(vacantSince, networkWholeSince, Math.min(...sound));
      if (now - since <= longestVacancy(this.#plan)) continue;
      this.#violate("no holder", `VI_${id} for ${(now - since) / SECOND} s`);
      this.#vacantSince[id] = now;
    }
  }

  checkCleanUp(): void {
    this.#daemons.checkCleanUp();
  }

  /** Limits the rates of adverts and announcements after the time `elapsed`, with `faults` faults. */
  checkRates(elapsed: Micros, faults: number): void {
    const { interval } = this.#plan;
    // A lease of one second needs an advert at least every 0.6 s.
    const period = Math.min(interval, 600_000);
    for (const host of this.#hosts) {
      let transitions = 0;
      let heard = 0;
      for (let id = 1; id <= this.#routers; id++) {
        const seat = this.#seat(host.index, id);
        transitions += seat.transitions;
        heard += seat.heard;
        // One per period, and one per received advert, transition and restored address.
        const most = (1.02 * elapsed) / period + seat.heard + seat.transitions + 60 + 20 * faults;
        if (seat.sent > most) {
          this.#violate("too many adverts", `${host.name} VI_${id} sent ${seat.sent}`);
        }
        if (seat.transitions > 4 + elapsed / interval) {
          this.#violate("too many transitions", `${host.name} VI_${id}: ${seat.transitions}`);
        }
      }
      // At most three addresses, with two bursts of five per cause.
      const most = 3 * 10 * (transitions + heard + 3 * (1 + 20 * faults));
      const arps = this.#arps[host.index] ?? 0;
      if (arps > most) this.#violate("too many gratuitous ARPs", `${host.name} sent ${arps}`);
    }
  }

  /** Every virtual router has exactly one holder: the right one. */
  checkSettled(): void {
    this.#daemons.checkConfigured();
    for (let id = 1; id <= this.#routers; id++) {
      const active = this.#hosts.filter((host) => host.isRunning && this.isActive(host.index, id));
      const priorities = this.#hosts.map((host) => this.#priorityOf(host, id));
      const text = `VI_${id}: active ${active.map(({ name }) => name).join(", ") || "none"}, priorities ${priorities.join(", ")}`;
      const [only] = active;
      if (only === undefined || active.length > 1) {
        this.#violate("not settled", text);
        continue;
      }
      const best = Math.max(...priorities.map((priority) => priority ?? 0));
      const preempts = !(only.config.instances[id - 1]?.nopreempt ?? false);
      if (preempts && this.#priorityOf(only, id) !== best) this.#violate("not settled", text);
      const holders = this.#hosts.filter(({ kernel, config }) =>
        config.instances[id - 1]?.addresses.some((address) => kernel.has(keyOf(address))),
      );
      if (holders.length !== 1) {
        this.#violate("not settled", `${text}; held by ${holders.map(({ name }) => name)}`);
      }
    }
  }

  note(host: Host, text: string): void {
    this.history.push(`${(this.#world.now / SECOND).toFixed(4)} ${host.name} ${text}`);
  }

  /**
   * If a host takes over while a peer is stopped, the peer must hold nothing any more. Applies only if the host has
   * been listening since before the peer's last advert and received it. Does not apply right after that advert: a
   * better router preempts on it, and cannot know that the sender died just after sending it.
   */
  #checkTakeover(host: Host, id: number): void {
    if (!this.#plan.isFenced) return;
    const here = this.#seat(host.index, id);
    for (const other of this.#hosts) {
      if (other === host || other.isRunning || other.isSuspended) continue;
      const heard = here.lastHeard.get(other.index);
      if (heard === undefined || heard.number !== this.#seat(other.index, id).sent) continue;
      if (this.#world.now - heard.at < LONGEST_FRESH) continue;
      // A better router held the addresses in between, rightly or not, and resigned.
      if (here.resignation.at > heard.at && here.resignation.priority > heard.priority) continue;
      this.takeoversChecked++;
      const addresses = other.config.instances[id - 1]?.addresses ?? [];
      const held = addresses.filter((address) => other.kernel.has(keyOf(address)));
      if (held.length === 0) continue;
      this.#violate(
        "two holders after a silence",
        `${host.name} takes VI_${id} over while ${other.name} holds ${held.map(keyOf).join(", ")}`,
      );
    }
  }

  #change(host: Host, id: number, isActive: boolean): void {
    const seat = this.#seat(host.index, id);
    seat.isActive = isActive;
    seat.changedAt = this.#world.now;
    seat.transitions++;
    this.note(host, `VI_${id} ${isActive ? "active" : "not active"}`);
  }

  #priorityOf(host: Host, id: number): number | undefined {
    const state = host.node?.snapshot().instances.find(({ name }) => routerOf(name) === id);
    return state === undefined || state.state === "fault" ? undefined : state.effectivePriority;
  }

  #seat(host: number, id: number): Seat {
    return this.#seats[host]?.[id] as Seat;
  }

  #violate(rule: Violation["rule"], text: string): void {
    this.violations.push({ at: this.#world.now, rule, text });
  }
}

function routerOf(instance: string): number {
  return Number(instance.slice("VI_".length));
}
