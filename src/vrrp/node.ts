// The VRRP engine of a node: gives each event to the virtual routers that it concerns.

import type { VrrpPart } from "../config/config.ts";
import { assert, unreachable } from "../lib/assert.ts";
import { formatSeconds, MILLISECOND, type Micros } from "../lib/micros.ts";
import { addressKey, hostKey } from "../lib/prefix.ts";
import { type Batch, EMPTY_BATCH } from "./action.ts";
import type { InterfaceState, KeptRecord, NodeEvent } from "./event.ts";
import { AnnouncementQueue } from "./holdings/announcement-queue.ts";
import { InstanceFinder, indexInstances } from "./instance-index.ts";
import { onInterface } from "./interface-events.ts";
import { type NodeParts, reassessAll, updateConflicts } from "./node-parts.ts";
import { reload } from "./reload.ts";
import { newCounters } from "./router/counters.ts";
import { start } from "./router/initialize.ts";
import { Instance } from "./router/instance.ts";
import { announceAgain, claimAgain, onAddressRemoved } from "./router/put-back.ts";
import { onPacket, stop } from "./router/state-machine.ts";
import { Schedule } from "./schedule.ts";
import { joinSnapshots, type NodeSnapshot, snapshotPieces } from "./snapshot.ts";
import { StartupDelay } from "./startup-delay.ts";
import { Step } from "./step.ts";
import { Scripts } from "./tracking/scripts.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

export interface VrrpNodeOptions {
  /** Create the log lines that only `-D` shows; default true. */
  readonly detailed?: boolean;
}

type EventOf<Kind extends NodeEvent["kind"]> = Extract<NodeEvent, { readonly kind: Kind }>;

/** A deadline handled this late shows that the process was delayed. */
const SHORTEST_PAUSE_MICROS = 500 * MILLISECOND;

/**
 * `handle` changes only the engine and returns the actions. When `deadline()` has passed, first pass everything queued
 * in the sockets, then a `deadline` event.
 */
export class VrrpNode {
  readonly #parts: NodeParts;
  readonly #finder = new InstanceFinder();
  #phase: "new" | "running" | "stopped" = "new";

  constructor(config: VrrpPart, options: VrrpNodeOptions = {}) {
    const interfaces = new Map<string, InterfaceState>();
    const schedule = new Schedule();
    const scripts = new Scripts(schedule);
    this.#parts = {
      config,
      step: new Step(options.detailed ?? true),
      interfaces,
      scripts,
      shared: {
        interfaces,
        scripts: scripts.trackers,
        conflicts: new VridConflicts(),
        announcementQueue: new AnnouncementQueue(),
        vipLease: config.global.vipLease,
        listeningFrom: 0,
      },
      instances: [],
      index: indexInstances([]),
      schedule,
      startupDelay: new StartupDelay(),
    };
  }

  /** Handles one event at `now`, which must not decrease. */
  handle(event: NodeEvent, now: Micros): Batch {
    const { step } = this.#parts;
    const before = step.now;
    assert(now >= before, "time never decreases");
    step.now = now;
    if (this.#phase === "stopped") return EMPTY_BATCH;
    this.#allowForPause(before, now);
    assert((this.#phase === "new") === (event.kind === "start"), "start is the first event");
    switch (event.kind) {
      case "start":
        this.#start(event.interfaces, event.records);
        break;
      case "packet":
        this.#onPacket(event);
        break;
      case "interface":
        onInterface(this.#parts, event.name, event.state);
        break;
      case "addressRemoved":
        this.#onAddressRemoved(event);
        break;
      case "unclaimed":
        this.#onUnclaimed(event.instance);
        break;
      case "unannounced":
        this.#onUnannounced(event);
        break;
      case "scriptEnded":
        this.#onScriptEnded(event);
        break;
      case "reload":
        reload(this.#parts, event.config, event.interfaces ?? []);
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
    return step.finish();
  }

  /** The next deadline of any part, or undefined. */
  deadline(): Micros | undefined {
    if (this.#phase !== "running") return undefined;
    const { schedule, shared, startupDelay } = this.#parts;
    const next = Math.min(
      schedule.next() ?? Number.POSITIVE_INFINITY,
      shared.announcementQueue.deadline() ?? Number.POSITIVE_INFINITY,
      startupDelay.deadline(),
    );
    return Number.isFinite(next) ? next : undefined;
  }

  snapshot(): NodeSnapshot {
    return joinSnapshots([...this.snapshotPieces("keep")]);
  }

  /**
   * The snapshot in pieces (`snapshotPieces` of snapshot.ts); `clear` resets the counters of each piece once it is
   * taken.
   */
  snapshotPieces(counters: "keep" | "clear"): Generator<NodeSnapshot, undefined> {
    const { instances, scripts } = this.#parts;
    const node = { instances, scripts: [...scripts.trackers.values()] };
    return snapshotPieces(node, (instances) => {
      if (counters === "keep") return;
      for (const instance of instances) Object.assign(instance.counters, newCounters());
    });
  }

  #start(
    interfaces: readonly InterfaceState[],
    records: ReadonlyMap<string, KeptRecord> | undefined,
  ): void {
    const node = this.#parts;
    const { step, config, shared, schedule } = node;
    this.#phase = "running";
    for (const state of interfaces) node.interfaces.set(state.name, state);
    const delay = config.global.vrrpStartupDelayMicros;
    if (delay > 0 && records === undefined) {
      shared.listeningFrom = step.now + delay;
      node.startupDelay.begin(step.now + delay);
      step.log("info", `Delaying startup for ${formatSeconds(delay)} seconds`);
    }
    updateConflicts(node);
    node.scripts.configure(step, config, records !== undefined);
    node.instances = config.instances.map((instance) => new Instance(instance, shared));
    node.index = indexInstances(node.instances);
    for (const instance of node.instances) {
      start(step, instance, records?.get(instance.config.name));
      schedule.rearm(instance);
    }
    shared.announcementQueue.drain(step);
  }

  #onPacket(event: EventOf<"packet">): void {
    const { step, shared, config, index, schedule } = this.#parts;
    if (step.now < shared.listeningFrom) return;
    const { logUnknownVrids } = config.global;
    const instance = this.#finder.find(step, index, event, logUnknownVrids);
    if (instance === undefined) return;
    onPacket(step, instance, event, event.waitedMicros);
    schedule.rearm(instance);
  }

  #onAddressRemoved(event: EventOf<"addressRemoved">): void {
    const { step, index, schedule } = this.#parts;
    const instance = index.byAddress.get(addressKey(event));
    const address = instance?.floating.find(event);
    if (instance === undefined || address === undefined) return;
    onAddressRemoved(step, instance, address, event.cause);
    schedule.rearm(instance);
  }

  #onUnclaimed(name: string): void {
    const { step, index, schedule } = this.#parts;
    const instance = index.byName.get(name);
    if (instance === undefined) return;
    claimAgain(step, instance);
    schedule.rearm(instance);
  }

  #onUnannounced({ announcements }: EventOf<"unannounced">): void {
    const { step, index, schedule } = this.#parts;
    const skipped = new Set(announcements.map(hostKey));
    const interfaces = new Set(announcements.map((each) => each.interface));
    for (const name of interfaces) {
      for (const instance of index.byAddressInterface.get(name) ?? []) {
        announceAgain(step, instance, skipped);
        schedule.rearm(instance);
      }
    }
  }

  #onScriptEnded(event: EventOf<"scriptEnded">): void {
    const { step, scripts, schedule } = this.#parts;
    const script = scripts.trackers.get(event.script);
    if (script === undefined) return;
    const isChanged = script.onEnded(step, event.run, event.outcome);
    schedule.rearm(script);
    if (isChanged) this.#reassessUsers(event.script);
  }

  /** After the start, announcements leave here only: what other events queue waits for the end of their turn. */
  #onDeadline(): void {
    const { step, startupDelay, schedule, shared } = this.#parts;
    startupDelay.onDeadline(step);
    schedule.run(step, (script) => this.#reassessUsers(script.config.name));
    // After a long pause more may be due than one step handles, and those give up before anything of theirs is announced.
    const due = schedule.next();
    if (due === undefined || due > step.now) shared.announcementQueue.drain(step);
  }

  #stop(keepAddresses: boolean): void {
    const { step, instances } = this.#parts;
    for (const instance of instances) stop(step, instance, keepAddresses);
    step.stopped();
    this.#phase = "stopped";
  }

  #reassessUsers(script: string): void {
    reassessAll(this.#parts, this.#parts.index.byScript.get(script) ?? []);
  }

  /**
   * An event handled long after its deadline shows a pause, which delays the results of scripts too. `before`: the time
   * of the last event. All events queued during one pause are handled after it and must not count as further pauses.
   */
  #allowForPause(before: Micros, now: Micros): void {
    const due = this.deadline();
    if (due === undefined) return;
    const pause = now - Math.max(due, before);
    if (pause >= SHORTEST_PAUSE_MICROS) this.#parts.scripts.extendAnswerTimes(now, pause);
  }
}
