// The state of a node's engine as plain data, for status, metrics and dumps.

import type { InstanceConfig } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import { downAt } from "./router/backup.ts";
import type { Counters } from "./router/counters.ts";
import type { Instance, StateChange } from "./router/instance.ts";
import type { Health, ScriptTracker } from "./tracking/script-tracker.ts";

export interface NodeSnapshot {
  readonly instances: readonly InstanceSnapshot[];
  readonly scripts: readonly ScriptSnapshot[];
}

export interface InstanceSnapshot {
  readonly config: InstanceConfig;
  readonly state: "initialize" | "backup" | "active" | "fault";
  readonly effectivePriority: number;
  /** The reasons of a fault, as text; empty otherwise. */
  readonly faults: readonly string[];
  readonly isWaitingForScripts: boolean;
  /** The last change of state and its reason. */
  readonly lastChange: StateChange | undefined;
  /** The active router that a backup hears. */
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

/** The present state of one instance. */
export function instanceSnapshot(instance: Instance): InstanceSnapshot {
  const { state, config, floating } = instance;
  const backup = state.kind === "backup" ? state : undefined;
  const active = state.kind === "active" ? state : undefined;
  return {
    config,
    // A router that lacks an address for longer is in FAULT; a short suspension is no state for users.
    state: state.kind === "suspended" ? "fault" : state.kind,
    effectivePriority: instance.effectivePriority,
    faults: instance.faultTexts,
    isWaitingForScripts: state.kind === "initialize" && instance.assessment.isWaiting,
    lastChange: instance.lastChange,
    activeRouter: backup?.activeRouter,
    activePriority: backup?.activePriority,
    timerAt: (backup && downAt(instance, backup)) ?? active?.advertDueAt,
    lastAdvertAt: active?.lastAdvertAt,
    leaseSeconds: floating.lease,
    leaseEndAt: active?.lease?.endAt,
    counters: { ...instance.counters },
  };
}

/** The present state of one script. */
export function scriptSnapshot(script: ScriptTracker): ScriptSnapshot {
  return { name: script.config.name, health: script.health, isRunning: script.isRunning };
}
