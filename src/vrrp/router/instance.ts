// One virtual router in any state: its configuration, the assessment of its trackers, and the resulting priority and
// adverts.

import { OWNER_PRIORITY, type VipLease } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { defined } from "../../lib/assert.ts";
import type { Ip } from "../../lib/ip.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import { RateLimit } from "../../lib/rate-limit.ts";
import type { SendAdvert } from "../action.ts";
import type { KeptRecord, NotifiedState } from "../event.ts";
import type { AnnouncementQueue } from "../holdings/announcement-queue.ts";
import { type AddressChanges, FloatingAddresses } from "../holdings/floating.ts";
import type { Step } from "../step.ts";
import {
  type Assessment,
  assess,
  faultText,
  type InterfaceTable,
  type ScriptTable,
} from "../tracking/tracking.ts";
import type { VridConflicts } from "../vrid-conflicts.ts";
import { advertActions, advertSource } from "./advert.ts";
import { type Counters, newCounters } from "./counters.ts";
import { LogLimit } from "./lines.ts";
import { type Expectation, expectationOf } from "./receive.ts";
import { type InstanceState, newInitialize } from "./state.ts";

/** The shared data of a node's virtual routers. */
export interface SharedParts {
  readonly interfaces: InterfaceTable;
  readonly scripts: ScriptTable;
  readonly conflicts: VridConflicts;
  readonly announcementQueue: AnnouncementQueue;
  vipLease: VipLease;
  /** The end of the start-up delay: adverts are ignored and no instance takes over before. */
  listeningFrom: Micros;
}

/** The last change of state and its reason. */
export interface StateChange {
  readonly at: Micros;
  readonly reason: string;
}

export class Instance {
  readonly shared: SharedParts;
  readonly floating: FloatingAddresses;
  readonly counters: Counters = newCounters();
  /** For log lines that other routers cause. */
  readonly logLimit: LogLimit = new LogLimit();
  #config: InstanceConfig;
  #expectation: Expectation;
  #assessment: Assessment;
  #state: InstanceState = newInitialize();
  #lastChange: StateChange | undefined;
  #assumedPriority: number | undefined;
  /** True if the killed process was a backup or in fault. */
  #hadBegun = false;
  /** The state last notified by the killed process, until this one changes its own. */
  #notifiedBefore: NotifiedState | undefined;
  #isOwnerReduced = false;
  /** Limits short resignations while its interface has no address. */
  readonly suspensions: RateLimit = new RateLimit(5, 10 * SECOND);
  #ownAddress: Ip | undefined;
  /** The time since which the interface of a working router has had no address. */
  addressLostAt: Micros | undefined;
  #adverts: readonly SendAdvert[] | undefined;
  /** The causes logged by `logOnce` since the last change of state. */
  readonly #logged = new Set<string>();

  constructor(config: InstanceConfig, shared: SharedParts) {
    this.shared = shared;
    this.floating = new FloatingAddresses(config, shared.vipLease, shared.interfaces);
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#assessment = this.#assess();
    this.#noteOwnAddress();
  }

  get config(): InstanceConfig {
    return this.#config;
  }

  /** The checks for received adverts. */
  get expectation(): Expectation {
    return this.#expectation;
  }

  /** The result of its trackers when last assessed. */
  get assessment(): Assessment {
    return this.#assessment;
  }

  /** The reasons of its fault as text; empty otherwise. */
  get faultTexts(): readonly string[] {
    return this.#assessment.faults.map((reason) => faultText(this.#config.name, reason));
  }

  get state(): InstanceState {
    return this.#state;
  }

  get lastChange(): StateChange | undefined {
    return this.#lastChange;
  }

  /** True once it has left its first wait for scripts. */
  get hasBegun(): boolean {
    return this.#hadBegun || this.#lastChange !== undefined;
  }

  /** The priority in its adverts. */
  get effectivePriority(): number {
    if (this.#isOwnerReduced) return OWNER_PRIORITY - 1;
    return this.#assumedPriority ?? this.#assessment.priority;
  }

  /** True if another owner did not yield: the priority is 254 until that owner is gone. */
  get isOwnerReduced(): boolean {
    return this.#isOwnerReduced;
  }

  set isOwnerReduced(isReduced: boolean) {
    this.#isOwnerReduced = isReduced;
    this.#adverts = undefined;
  }

  /** The source of its adverts. A lost address remains the source until the router is in fault. */
  get source(): Ip {
    return defined(advertSource(this.#config, this.#ownAddress), "the source of adverts");
  }

  /** The present or last address of its interface. */
  get ownAddress(): Ip | undefined {
    return this.#ownAddress;
  }

  /** The actions that send one advert. */
  get adverts(): readonly SendAdvert[] {
    this.#adverts ??= advertActions(this.#config, this.source, this.effectivePriority);
    return this.#adverts;
  }

  /** Sets the state. For `transition` only. */
  enter(step: Step, state: InstanceState, reason: string): void {
    this.#state = state;
    this.#notifiedBefore = undefined;
    this.#lastChange = { at: step.now, reason };
    this.#logged.clear();
  }

  /** Reassesses the tracked objects. */
  reassess(): void {
    this.#assessment = this.#assess();
    this.#noteOwnAddress();
    if (!this.#assessment.isUndecided) this.#assumedPriority = undefined;
    this.#adverts = undefined;
  }

  #assess(): Assessment {
    const { scripts, interfaces, conflicts } = this.shared;
    return assess(this.#config, scripts, interfaces, conflicts.rivalOf(this.#config.name));
  }

  /** Resumes from a killed process: its priority stays until the scripts behind it have results. */
  resumeFrom({ effectivePriority, notified }: KeptRecord): void {
    if (this.#assessment.isUndecided) this.#assumedPriority = effectivePriority;
    this.#hadBegun = notified === "BACKUP" || notified === "FAULT";
    this.#notifiedBefore = notified;
  }

  /** True if the killed process notified `state` last and this one has not changed its state. */
  isKnown(state: NotifiedState): boolean {
    return this.#notifiedBefore === state;
  }

  /** Applies a new configuration and returns the changes of its addresses. The caller reassesses. */
  reconfigure(config: InstanceConfig): AddressChanges {
    const changes = this.floating.reconfigure(config, this.shared.vipLease, this.shared.interfaces);
    if (config.priority !== this.#config.priority) this.isOwnerReduced = false;
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#logged.clear();
    return changes;
  }

  #noteOwnAddress(): void {
    this.#ownAddress = this.shared.interfaces.get(this.#config.interface)?.ipv4 ?? this.#ownAddress;
  }

  /** Logs once for each cause until the state changes, like keepalived. */
  logOnce(step: Step, cause: string, text: string): void {
    if (this.#logged.has(cause)) return;
    this.#logged.add(cause);
    step.log("info", text);
  }
}
