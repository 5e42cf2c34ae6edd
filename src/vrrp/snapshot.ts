// What a node's engine shows of itself: plain data, for status, metrics and dumps.

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
  /** Why it is in fault, in words; empty otherwise. */
  readonly faults: readonly string[];
  readonly isWaitingForScripts: boolean;
  /** The last change of state and what caused it. */
  readonly lastChange: StateChange | undefined;
  /** The active router as a backup hears it. */
  readonly activeRouter: Ip | undefined;
  readonly activePriority: number | undefined;
  /** A backup: when it takes over if nothing comes. Active: when the next advert is due. */
  readonly timerAt: Micros | undefined;
  readonly lastAdvertAt: Micros | undefined;
  /** Seconds; undefined when its addresses are permanent. */
  readonly leaseSeconds: number | undefined;
  readonly leaseEndAt: Micros | undefined;
  readonly counters: Readonly<Counters>;
}

export interface ScriptSnapshot {
  readonly name: string;
  readonly health: Health;
  readonly isRunning: boolean;
}

/** One instance as it is now. */
export function instanceSnapshot(instance: Instance): InstanceSnapshot {
  const { state, config, floating } = instance;
  const backup = state.kind === "backup" ? state : undefined;
  const active = state.kind === "active" ? state : undefined;
  return {
    config,
    // Only FAULT is reported of a router without an address, if it lasts.
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

/** One script as it is now. */
export function scriptSnapshot(script: ScriptTracker): ScriptSnapshot {
  return { name: script.config.name, health: script.health, isRunning: script.isRunning };
}
