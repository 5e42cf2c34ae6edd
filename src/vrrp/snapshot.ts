// The state of a node's engine as plain data, for status, metrics and dumps.

import type { VrrpPart } from "../config/config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import { takeoverAt } from "./router/backup.ts";
import type { Counters } from "./router/counters.ts";
import type { Instance, StateChange } from "./router/instance.ts";
import type { Health, ScriptTracker } from "./tracking/script-tracker.ts";

export interface NodeSnapshot {
  /** In the order of the configuration. */
  readonly instances: readonly InstanceSnapshot[];
  readonly scripts: readonly ScriptSnapshot[];
}

export interface InstanceSnapshot {
  readonly name: string;
  readonly state: "initialize" | "backup" | "active" | "fault";
  readonly effectivePriority: number;
  /** The reasons of a fault, as text; empty otherwise. */
  readonly faults: readonly string[];
  readonly isWaitingForScripts: boolean;
  /** The last change of state and its reason. */
  readonly lastChange: StateChange | undefined;
  /** The active router that a backup follows. */
  readonly activeRouter: Ip | undefined;
  readonly activePriority: number | undefined;
  /** Backup: when it takes over if no advert comes. Active: when its next advert is due. */
  readonly timerAt: Micros | undefined;
  readonly lastAdvertAt: Micros | undefined;
  /** Undefined if its addresses are permanent. */
  readonly leaseSeconds: number | undefined;
  readonly leaseEndAt: Micros | undefined;
  readonly counters: Readonly<Counters>;
}

export interface ScriptSnapshot {
  readonly name: string;
  readonly health: Health;
  readonly isRunning: boolean;
}

function instanceSnapshot(instance: Instance): InstanceSnapshot {
  const { state, config, floating } = instance;
  const backup = state.kind === "backup" ? state : undefined;
  const active = state.kind === "active" ? state : undefined;
  return {
    name: config.name,
    // A router that lacks an address for longer is in FAULT; a short suspension is no state for users.
    state: state.kind === "suspended" ? "fault" : state.kind,
    effectivePriority: instance.effectivePriority,
    faults: instance.faultTexts,
    isWaitingForScripts: state.kind === "initialize" && instance.assessment.isWaiting,
    lastChange: instance.lastChange,
    activeRouter: backup?.activeRouter,
    activePriority: backup?.activePriority,
    timerAt: (backup && takeoverAt(instance, backup)) ?? active?.advertDueAt,
    lastAdvertAt: active?.lastAdvertAt,
    leaseSeconds: floating.leaseSeconds,
    leaseEndAt: active?.lease?.endAt,
    counters: { ...instance.counters },
  };
}

function scriptSnapshot(script: ScriptTracker): ScriptSnapshot {
  return { name: script.config.name, health: script.health, isRunning: script.isRunning };
}

/** Instances and scripts in a piece, which takes a fraction of a millisecond. */
const ITEMS_A_PIECE = 50;

/**
 * The snapshot of a node in pieces, so that thousands of instances do not block the loop. Each piece, at least one, is
 * taken when it is requested; `onTaken` is called with its instances.
 */
export function* snapshotPieces(
  node: {
    readonly instances: readonly Instance[];
    readonly scripts: readonly ScriptTracker[];
  },
  onTaken: (instances: readonly Instance[]) => void,
): Generator<NodeSnapshot, undefined> {
  const { instances, scripts } = node;
  const most = Math.max(instances.length, scripts.length, 1);
  for (let from = 0; from < most; from += ITEMS_A_PIECE) {
    const some = instances.slice(from, from + ITEMS_A_PIECE);
    const piece: NodeSnapshot = {
      instances: some.map(instanceSnapshot),
      scripts: scripts.slice(from, from + ITEMS_A_PIECE).map(scriptSnapshot),
    };
    onTaken(some);
    yield piece;
  }
  return undefined;
}

/** Joins the pieces of one snapshot. */
export function joinSnapshots(pieces: readonly NodeSnapshot[]): NodeSnapshot {
  return {
    instances: pieces.flatMap(({ instances }) => instances),
    scripts: pieces.flatMap(({ scripts }) => scripts),
  };
}

/** Pairs each instance of a snapshot with its configuration in `part`, and skips those without one. */
export function withConfigs(
  { instances }: NodeSnapshot,
  part: VrrpPart,
): (readonly [InstanceConfig, InstanceSnapshot])[] {
  const configs = new Map(part.instances.map((config) => [config.name, config]));
  return instances.flatMap((instance) => {
    const config = configs.get(instance.name);
    return config === undefined ? [] : [[config, instance] as const];
  });
}
