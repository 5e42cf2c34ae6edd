// The VRRP engine of a node: gives each event to the virtual routers that it concerns.

import type { VrrpPart } from "../config/config.ts";
import { assert, unreachable } from "../lib/assert.ts";
import { formatSeconds, MILLISECOND, type Micros } from "../lib/micros.ts";
import { addressKey } from "../lib/prefix.ts";
import { type Batch, EMPTY_BATCH } from "./action.ts";
import type { InterfaceState, KeptRecord, NodeEvent } from "./event.ts";
import { PacketFinder } from "./find-router.ts";
import { AnnouncementQueue } from "./holdings/announcement-queue.ts";
import { onAddressRemoved, onHeldUp } from "./holdings/put-back.ts";
import { indexInstances } from "./instance-index.ts";
import { onInterface } from "./interface-events.ts";
import { type NodeParts, reassessAll, updateConflicts } from "./node-parts.ts";
import { reload } from "./reload.ts";
import { newCounters } from "./router/counters.ts";
import { start } from "./router/initialize.ts";
import { Instance } from "./router/instance.ts";
import { onPacket, stop } from "./router/state-machine.ts";
import { Schedule } from "./schedule.ts";
import { joinSnapshots, type NodeSnapshot, snapshotPieces } from "./snapshot.ts";
import { StartupDelay } from "./startup-delay.ts";
import { Scripts } from "./tracking/scripts.ts";
import { Turn } from "./turn.ts";
import { VridConflicts } from "./vrid-conflicts.ts";

export interface VrrpNodeOptions {
  /** Make the lines that only `-D` logs; true if not given. */
  readonly detailed?: boolean;
}

type EventOf<Kind extends NodeEvent["kind"]> = Extract<NodeEvent, { readonly kind: Kind }>;

/** A deadline that is handled so late shows that the process was held up. */
const SHORTEST_PAUSE_MICROS = 500 * MILLISECOND;

/**
 * `handle` changes only the engine and returns what is to be done. When `deadline()` has passed, hand in what waits in
 * the sockets first, then a `deadline` event.
 */
export class VrrpNode {
  readonly #parts: NodeParts;
  readonly #packets = new PacketFinder();
  #phase: "new" | "running" | "stopped" = "new";

  constructor(config: VrrpPart, options: VrrpNodeOptions = {}) {
    const interfaces = new Map<string, InterfaceState>();
    const schedule = new Schedule();
    const scripts = new Scripts(schedule);
    this.#parts = {
      config,
      turn: new Turn(options.detailed ?? true),
      interfaces,
      scripts,
      around: {
        interfaces,
        scripts: scripts.trackers,
        conflicts: new VridConflicts(),
        announcements: new AnnouncementQueue(),
        vipLease: config.global.vipLease,
        listeningFrom: 0,
      },
      instances: [],
      index: indexInstances([]),
      schedule,
      startupDelay: new StartupDelay(),
    };
  }

  /** Takes one event at `now`, which never runs backwards. */
  handle(event: NodeEvent, now: Micros): Batch {
    const { turn } = this.#parts;
    const before = turn.now;
    assert(now >= before, "time never runs backwards");
    turn.now = now;
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
        onInterface(this.#parts, event.name, event.state);
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
    return turn.finish();
  }

  /** When it next has something to do by itself, or undefined. */
  deadline(): Micros | undefined {
    if (this.#phase !== "running") return undefined;
    const { schedule, around, startupDelay } = this.#parts;
    const next = Math.min(
      schedule.next() ?? Number.POSITIVE_INFINITY,
      around.announcements.deadline() ?? Number.POSITIVE_INFINITY,
      startupDelay.deadline(),
    );
    return Number.isFinite(next) ? next : undefined;
  }

  snapshot(): NodeSnapshot {
    return joinSnapshots([...this.snapshotPieces("keep")]);
  }

  /** The snapshot in pieces, see there; `clear`: the counters that a piece shows begin again at zero. */
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
    const { turn, config, around, schedule } = node;
    this.#phase = "running";
    for (const state of interfaces) node.interfaces.set(state.name, state);
    const delay = config.global.vrrpStartupDelayMicros;
    if (delay > 0 && records === undefined) {
      around.listeningFrom = turn.now + delay;
      node.startupDelay.begin(turn.now + delay);
      turn.log("info", `Delaying startup for ${formatSeconds(delay)} seconds`);
    }
    updateConflicts(node);
    node.scripts.configure(turn, config, records !== undefined);
    node.instances = config.instances.map((instance) => new Instance(instance, around));
    node.index = indexInstances(node.instances);
    for (const instance of node.instances) {
      start(turn, instance, records?.get(instance.config.name));
      schedule.rearm(instance);
    }
    around.announcements.drain(turn);
  }

  #onPacket(event: EventOf<"packet">): void {
    const { turn, around, config, index, schedule } = this.#parts;
    if (turn.now < around.listeningFrom) return;
    const { logUnknownVrids } = config.global;
    const instance = this.#packets.find(turn, index, event, logUnknownVrids);
    if (instance === undefined) return;
    onPacket(turn, instance, event, event.waitedMicros);
    schedule.rearm(instance);
  }

  #onAddressRemoved(event: EventOf<"addressRemoved">): void {
    const { turn, index, schedule } = this.#parts;
    const instance = index.byAddress.get(addressKey(event));
    const address = instance?.floating.find(event);
    if (instance === undefined || address === undefined) return;
    onAddressRemoved(turn, instance, address, event.cause);
    schedule.rearm(instance);
  }

  #onHeldUp(name: string): void {
    const { turn, index, schedule } = this.#parts;
    const instance = index.byName.get(name);
    if (instance === undefined) return;
    onHeldUp(turn, instance);
    schedule.rearm(instance);
  }

  #onScriptEnded(event: EventOf<"scriptEnded">): void {
    const { turn, scripts, schedule } = this.#parts;
    const script = scripts.trackers.get(event.script);
    if (script === undefined) return;
    const isChanged = script.onEnded(turn, event.run, event.outcome);
    schedule.rearm(script);
    if (isChanged) this.#reassessUsers(event.script);
  }

  #onDeadline(): void {
    const { turn, startupDelay, schedule, around } = this.#parts;
    startupDelay.onDeadline(turn);
    schedule.run(turn, (script) => this.#reassessUsers(script.config.name));
    around.announcements.drain(turn);
  }

  #stop(keepAddresses: boolean): void {
    const { turn, instances } = this.#parts;
    for (const instance of instances) stop(turn, instance, keepAddresses);
    turn.stopped();
    this.#phase = "stopped";
  }

  #reassessUsers(script: string): void {
    reassessAll(this.#parts, this.#parts.index.byScript.get(script) ?? []);
  }

  /**
   * What is handled long after its deadline was held up, and scripts' results are late for the same reason. `before`: the
   * time of the last event. What waited during one pause is all handled after it, and must not count as another.
   */
  #forgivePause(before: Micros, now: Micros): void {
    const due = this.deadline();
    if (due === undefined) return;
    const pause = now - Math.max(due, before);
    if (pause >= SHORTEST_PAUSE_MICROS) this.#parts.scripts.forgive(now, pause);
  }
}
