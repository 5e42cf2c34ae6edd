// All virtual routers of one node: gives each event to those it concerns, and says when it wants to be called again.

import type { InstanceConfig, VrrpPart } from "../config/config.ts";
import { matchInstances } from "../config/vrrp/match-instances.ts";
import { assert, unreachable } from "../lib/assert.ts";
import { DeadlineHeap } from "../lib/deadline-heap.ts";
import { ipFamily } from "../lib/ip.ts";
import { formatSeconds, MILLISECOND, type Micros } from "../lib/micros.ts";
import { addressKey } from "../lib/prefix.ts";
import { virtualRouterIdOf } from "../wire/vrrp.ts";
import { type Batch, EMPTY_BATCH } from "./action.ts";
import type { InterfaceState, KeptRecord, NodeEvent } from "./event.ts";
import { findRouter } from "./find-router.ts";
import { AnnouncementQueue } from "./holdings/announcement-queue.ts";
import { onAddressRemoved, onHeldUp, onInterfaceBack } from "./holdings/put-back.ts";
import { type InstanceIndex, indexInstances } from "./instance-index.ts";
import { noteAddressLoss } from "./router/address-loss.ts";
import { newCounters } from "./router/counters.ts";
import { start } from "./router/initialize.ts";
import { Instance, type Surroundings } from "./router/instance.ts";
import {
  advertiseEarly,
  deadlineOf,
  onDeadline,
  onPacket,
  onTracking,
  reconfigure,
  remove,
  renewRecord,
  shareableFrom,
  stop,
} from "./router/state-machine.ts";
import { notifiedState, notifyUnchanged } from "./router/transition.ts";
import { instanceSnapshot, type NodeSnapshot, scriptSnapshot } from "./snapshot.ts";
import { StartupDelay } from "./startup-delay.ts";
import { ScriptTracker } from "./tracking/script-tracker.ts";
import { faultText, trackedScripts } from "./tracking/tracking.ts";
import { Turn } from "./turn.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

export interface VrrpNodeOptions {
  /** Whether lines that only `-D` shows are wanted; true when not given. */
  readonly detailed?: boolean;
}

/**
 * The most that is due and done in one turn. What is performed late is not performed, so a turn must be short; and
 * between two turns the sockets are read, so that nobody takes over what he has just heard another take.
 */
const MOST_DUE_IN_A_TURN = 256;
/** Who does what is due so late was held up: the machine slept, or others had the processor. */
const SHORTEST_PAUSE_MICROS = 500 * MILLISECOND;
/** How many causes of unattributable packets are remembered as told. */
const MOST_TOLD = 1_000;

/**
 * The VRRP engine of a node. `handle` changes only the engine and returns what is to be done, in order; when
 * `deadline()` has passed, hand in what waits in the sockets first, then a `deadline` event.
 */
export class VrrpNode {
  #config: VrrpPart;
  readonly #turn: Turn;
  readonly #interfaces = new Map<string, InterfaceState>();
  readonly #scripts = new Map<string, ScriptTracker>();
  readonly #around: Surroundings;
  /** In the order of the configuration. */
  #instances: readonly Instance[] = [];
  #index: InstanceIndex = indexInstances([]);
  readonly #due = new DeadlineHeap<Instance | ScriptTracker>();
  /** Active instances by the instant from which their next advert may share another's turn. */
  readonly #shareable = new DeadlineHeap<Instance>();
  readonly #startupDelay = new StartupDelay();
  readonly #toldPackets = new Set<string>();
  #phase: "new" | "running" | "stopped" = "new";

  constructor(config: VrrpPart, options: VrrpNodeOptions = {}) {
    this.#config = config;
    this.#turn = new Turn(options.detailed ?? true);
    this.#around = {
      interfaces: this.#interfaces,
      scripts: this.#scripts,
      conflicts: new VridConflicts(),
      announcements: new AnnouncementQueue(),
      vipLease: config.global.vipLease,
      listeningFrom: 0,
    };
  }

  /** Takes one event at `now`, which never runs backwards, and returns what is to be done. */
  handle(event: NodeEvent, now: Micros): Batch {
    const before = this.#turn.now;
    assert(now >= before, "time never runs backwards");
    this.#turn.now = now;
    if (this.#phase === "stopped") return EMPTY_BATCH;
    this.#forgivePause(before, now);
    assert((this.#phase === "new") === (event.kind === "start"), "start is the first event");
    switch (event.kind) {
      case "start":
        this.#start(event.interfaces, event.records);
        break;
      case "packet":
        this.#onPacket(event);
        break;
      case "interface":
        this.#onInterface(event.name, event.state);
        break;
      case "addressRemoved":
        this.#onAddressRemoved(event);
        break;
      case "heldUp":
        this.#onHeldUp(event.instance);
        break;
      case "scriptEnded":
        this.#onScriptEnded(event);
        break;
      case "reload":
        this.#reload(event.config, event.interfaces);
        break;
      case "stop":
        this.#stop(event.keepAddresses);
        break;
      case "deadline":
        this.#onDeadline();
        break;
      default:
        unreachable(event);
    }
    return this.#turn.finish();
  }

  /** When it next has something to do by itself, or undefined. */
  deadline(): Micros | undefined {
    if (this.#phase !== "running") return undefined;
    const next = Math.min(
      this.#due.next() ?? Number.POSITIVE_INFINITY,
      this.#around.announcements.deadline() ?? Number.POSITIVE_INFINITY,
      this.#startupDelay.deadline(),
    );
    return Number.isFinite(next) ? next : undefined;
  }

  snapshot(): NodeSnapshot {
    return {
      instances: this.#instances.map(instanceSnapshot),
      scripts: [...this.#scripts.values()].map(scriptSnapshot),
    };
  }

  /** Starts counting anew. */
  clearCounters(): void {
    for (const { counters } of this.#instances) Object.assign(counters, newCounters());
  }

  #start(
    interfaces: readonly InterfaceState[],
    records: ReadonlyMap<string, KeptRecord> | undefined,
  ): void {
    const turn = this.#turn;
    this.#phase = "running";
    for (const state of interfaces) this.#interfaces.set(state.name, state);
    const delay = this.#config.global.vrrpStartupDelayMicros;
    if (delay > 0 && records === undefined) {
      this.#around.listeningFrom = turn.now + delay;
      this.#startupDelay.begin(turn.now + delay);
      turn.log("info", `Delaying startup for ${formatSeconds(delay)} seconds`);
    }
    this.#updateConflicts();
    this.#setScripts(records !== undefined);
    this.#instances = this.#config.instances.map((config) => new Instance(config, this.#around));
    this.#index = indexInstances(this.#instances);
    for (const instance of this.#instances) {
      start(turn, instance, records?.get(instance.config.name));
      this.#rearm(instance);
    }
    this.#around.announcements.drain(turn);
  }

  #onPacket(event: NodeEvent & { readonly kind: "packet" }): void {
    const { interface: interfaceName, source, payload } = event;
    const turn = this.#turn;
    if (turn.now < this.#around.listeningFrom) return;
    const id = virtualRouterIdOf(payload);
    if (id === undefined) {
      const text = `IPv${ipFamily(source)} VRRP packet too short - ${payload.length} bytes`;
      this.#tellPacket(interfaceName, text);
      return;
    }
    const candidates = this.#index.byRouter.get(interfaceName)?.[id] ?? [];
    const unicast = this.#index.unicastByRouter.get(id) ?? [];
    const instance = findRouter(candidates, event, unicast);
    if (instance === undefined) {
      if (!this.#config.global.logUnknownVrids) return;
      const text = `Unknown VRID(${id}) received on interface(${interfaceName}). ignoring...`;
      this.#tellPacket(interfaceName, text);
      return;
    }
    onPacket(turn, instance, event, event.waitedMicros);
    this.#rearm(instance);
  }

  #onInterface(name: string, state: InterfaceState | undefined): void {
    const turn = this.#turn;
    const before = this.#interfaces.get(name);
    if (state === undefined) this.#interfaces.delete(name);
    else this.#interfaces.set(name, state);
    const users = this.#index.byInterface.get(name);
    if (users === undefined) {
      this.#onAddressInterface(name, before, state);
      return;
    }
    if (before === undefined && state !== undefined) turn.log("info", `Interface ${name} added`);
    if (before?.up === true && state?.up !== true) turn.log("info", `Netlink reports ${name} down`);
    if (before !== undefined && !before.up && state?.up === true) {
      turn.log("info", `Netlink reports ${name} up`);
    }
    if (before !== undefined && state === undefined) turn.log("info", `Interface ${name} deleted`);
    if (hasNewMac(before, state)) {
      turn.log("info", `(${name}) MAC Address changed from ${before?.mac} to ${state?.mac}`);
    }
    for (const instance of users) noteAddressLoss(turn, instance, before);
    // First: an instance that came into conflict must not begin.
    const others = isRelocated(before, state) ? this.#updateConflicts() : [];
    this.#reassess(users);
    for (const { name: other } of others) {
      const instance = this.#index.byName.get(other);
      if (instance !== undefined && !users.includes(instance)) this.#reassess([instance]);
    }
    this.#onAddressInterface(name, before, state);
  }

  /** Logs each VRID conflict that is new; returns the instances for which one began or ended. */
  #updateConflicts(): readonly InstanceConfig[] {
    const { conflicts } = this.#around;
    const changed = conflicts.update(this.#config.instances, this.#interfaces);
    for (const { name, virtualRouterId: id } of changed) {
      const rival = conflicts.rivalOf(name);
      if (rival === undefined) continue;
      this.#turn.log("warning", faultText(name, { kind: "vridConflict", id, rival }));
    }
    return changed;
  }

  #onAddressInterface(
    name: string,
    before: InterfaceState | undefined,
    state: InterfaceState | undefined,
  ): void {
    // Neighbours know the addresses by the former hardware address, and would for minutes.
    if (state?.up !== true || (before?.up === true && !hasNewMac(before, state))) return;
    for (const instance of this.#index.byAddressInterface.get(name) ?? []) {
      onInterfaceBack(this.#turn, instance, name);
      this.#rearm(instance);
    }
  }

  #onAddressRemoved(event: NodeEvent & { readonly kind: "addressRemoved" }): void {
    const instance = this.#index.byAddress.get(addressKey(event));
    const address = instance?.floating.find(event);
    if (instance === undefined || address === undefined) return;
    onAddressRemoved(this.#turn, instance, address, event.cause);
    this.#rearm(instance);
  }

  #onHeldUp(name: string): void {
    const instance = this.#index.byName.get(name);
    if (instance === undefined) return;
    onHeldUp(this.#turn, instance);
    this.#rearm(instance);
  }

  #onScriptEnded(event: NodeEvent & { readonly kind: "scriptEnded" }): void {
    const script = this.#scripts.get(event.script);
    if (script === undefined) return;
    const isChanged = script.onEnded(this.#turn, event.run, event.outcome);
    this.#rearm(script);
    if (isChanged) this.#reassess(this.#index.byScript.get(event.script) ?? []);
  }

  /**
   * What is due for long was kept from being done: answers to what was asked are late for the same reason. A pause ends
   * with the first event after it, `before` being the last one's time: what else waited then is of the same pause.
   */
  #forgivePause(before: Micros, now: Micros): void {
    const due = this.deadline();
    if (due === undefined) return;
    const pause = now - Math.max(due, before);
    if (pause < SHORTEST_PAUSE_MICROS) return;
    for (const script of this.#scripts.values()) {
      script.onPause(now, pause);
      this.#rearm(script);
    }
  }

  #reload(config: VrrpPart, interfaces: readonly InterfaceState[] = []): void {
    const turn = this.#turn;
    for (const state of interfaces) this.#interfaces.set(state.name, state);
    const before = new Map(this.#instances.map((instance) => [instance.config, instance]));
    const matches = matchInstances([...before.keys()], config.instances);
    const { vipLease, vrrpStartupDelayMicros, fifoWriteVrrpStatesOnReload } = config.global;
    const isLeaseSame = this.#config.global.vipLease === vipLease;
    this.#config = config;
    this.#around.vipLease = vipLease;
    if (vrrpStartupDelayMicros === 0 && turn.now < this.#around.listeningFrom) {
      this.#startupDelay.cancel(turn, this.#instances);
      this.#around.listeningFrom = turn.now;
    }
    this.#updateConflicts();
    this.#setScripts(false);
    const started: Instance[] = [];
    const kept = new Set<Instance>();
    this.#instances = config.instances.map((wanted) => {
      const match = matches.get(wanted);
      const known = match === undefined ? undefined : before.get(match);
      if (match !== undefined) before.delete(match);
      const instance = known ?? new Instance(wanted, this.#around);
      if (known === undefined) started.push(instance);
      else kept.add(instance);
      return instance;
    });
    for (const instance of before.values()) {
      remove(turn, instance);
      this.#rearm(instance);
    }
    for (const [index, instance] of this.#instances.entries()) {
      const wanted = config.instances[index];
      if (wanted === undefined || !kept.has(instance)) continue;
      const stateBefore = notifiedState(instance);
      if (!isLeaseSame || JSON.stringify(wanted) !== JSON.stringify(instance.config)) {
        reconfigure(turn, instance, wanted);
      } else {
        // A script of the same name may have become another, or runnable.
        onTracking(turn, instance);
        renewRecord(turn, instance);
      }
      if (fifoWriteVrrpStatesOnReload) notifyUnchanged(turn, instance, stateBefore);
      this.#rearm(instance);
    }
    for (const instance of started) {
      start(turn, instance, undefined);
      this.#rearm(instance);
    }
    this.#index = indexInstances(this.#instances);
  }

  #stop(keepAddresses: boolean): void {
    for (const instance of this.#instances) stop(this.#turn, instance, keepAddresses);
    this.#turn.stopped();
    this.#phase = "stopped";
  }

  #onDeadline(): void {
    const turn = this.#turn;
    this.#startupDelay.onDeadline(turn);
    let left = MOST_DUE_IN_A_TURN;
    for (; left > 0; left--) {
      const key = this.#due.popDue(turn.now);
      if (key === undefined) break;
      if (key instanceof Instance) onDeadline(turn, key);
      else if (key.onDeadline(turn)) {
        this.#reassess(this.#index.byScript.get(key.config.name) ?? []);
      }
      const next = this.#rearm(key);
      assert(next === undefined || next > turn.now, "what was due is done");
    }
    if (turn.adverts > 0) this.#shareTurn(left);
    this.#around.announcements.drain(turn);
  }

  /** Lets the adverts that are due within their slack leave with those of this turn. */
  #shareTurn(most: number): void {
    for (let left = most; left > 0; left--) {
      const instance = this.#shareable.popDue(this.#turn.now);
      if (instance === undefined) return;
      advertiseEarly(this.#turn, instance);
      this.#rearm(instance);
    }
  }

  #reassess(instances: readonly Instance[]): void {
    for (const instance of instances) {
      onTracking(this.#turn, instance);
      this.#rearm(instance);
    }
  }

  /** When it is due next. */
  #rearm(one: Instance | ScriptTracker): Micros | undefined {
    const next = one instanceof Instance ? deadlineOf(one) : one.deadline();
    this.#due.set(one, next);
    if (one instanceof Instance) this.#shareable.set(one, shareableFrom(one));
    return next;
  }

  /**
   * Makes the scripts those of the configuration; what is known of one that stays is kept. A process that resumes goes
   * on: `init_fail` is for a node that begins.
   */
  #setScripts(resumes: boolean): void {
    const wanted = new Map(trackedScripts(this.#config).map((script) => [script.name, script]));
    for (const [name, tracker] of this.#scripts) {
      if (wanted.has(name)) continue;
      this.#scripts.delete(name);
      this.#due.set(tracker, undefined);
    }
    const { scriptShortageLimitMicros: limit } = this.#config.global;
    for (const [name, script] of wanted) {
      const known = this.#scripts.get(name);
      const tracker = known ?? new ScriptTracker(script, this.#turn.now, resumes);
      tracker.shortageLimitMicros = limit;
      if (known === undefined) this.#scripts.set(name, tracker);
      else known.reconfigure(this.#turn, script);
      this.#due.set(tracker, tracker.deadline());
    }
  }

  /** Once for each interface and text: what belongs to no instance must not fill the log. */
  #tellPacket(interfaceName: string, text: string): void {
    const key = `${interfaceName} ${text}`;
    if (this.#toldPackets.has(key) || this.#toldPackets.size >= MOST_TOLD) return;
    this.#toldPackets.add(key);
    this.#turn.log("info", text);
  }
}

function hasNewMac(before: InterfaceState | undefined, now: InterfaceState | undefined): boolean {
  return before?.mac !== undefined && now?.mac !== undefined && before.mac !== now.mac;
}

/** Whether what `VridConflicts` looks at is another. */
function isRelocated(before: InterfaceState | undefined, now: InterfaceState | undefined): boolean {
  return before?.ipv4 !== now?.ipv4 || before?.segments.join() !== now?.segments.join();
}
