// One virtual router, whatever state it is in: its configuration, what its trackers make of it, and the priority and
// the adverts that follow.

import { type InstanceConfig, OWNER_PRIORITY, type VipLease } from "../../config/config.ts";
import { defined } from "../../lib/assert.ts";
import type { Ip } from "../../lib/ip.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import { RateLimit } from "../../lib/rate-limit.ts";
import type { SendAdvert } from "../action.ts";
import type { KeptRecord, ToldState } from "../event.ts";
import type { AnnouncementQueue } from "../holdings/announcement-queue.ts";
import { type AddressChanges, FloatingAddresses } from "../holdings/floating.ts";
import {
  type Assessment,
  assess,
  faultText,
  type InterfaceTable,
  type ScriptTable,
} from "../tracking/tracking.ts";
import type { Turn } from "../turn.ts";
import type { VridConflicts } from "../vrid-conflicts.ts";
import { advertActions, advertSource } from "./advert.ts";
import { type Counters, newCounters } from "./counters.ts";
import { LogLimit } from "./lines.ts";
import { type Expectation, expectationOf } from "./receive.ts";
import { type InstanceState, newInitialize } from "./state.ts";

/** What the virtual routers of a node share. */
export interface Surroundings {
  readonly interfaces: InterfaceTable;
  readonly scripts: ScriptTable;
  readonly conflicts: VridConflicts;
  readonly announcements: AnnouncementQueue;
  vipLease: VipLease;
  /** The end of the start-up delay: no advert is read and no instance takes over before. */
  listeningFrom: Micros;
}

/** The last change of state and why it came. */
export interface StateChange {
  readonly at: Micros;
  readonly reason: string;
}

export class Instance {
  readonly around: Surroundings;
  readonly floating: FloatingAddresses;
  readonly counters: Counters = newCounters();
  /** Of lines that other routers cause. */
  readonly logLimit: LogLimit = new LogLimit();
  #config: InstanceConfig;
  #expectation: Expectation;
  #assessment: Assessment;
  #state: InstanceState = newInitialize();
  #lastChange: StateChange | undefined;
  #assumedPriority: number | undefined;
  /** The process before was a backup or in fault. */
  #goesOn = false;
  /** The state that the process before last notified, until this one changes its own. */
  #known: ToldState | undefined;
  #isOwnerReduced = false;
  /** How often it resigned for a moment while its interface had no address. */
  readonly suspensions: RateLimit = new RateLimit(5, 10 * SECOND);
  #ownAddress: Ip | undefined;
  /** Since when a working router's interface has no address. */
  addressLostAt: Micros | undefined;
  #adverts: readonly SendAdvert[] | undefined;
  /** What was logged about received packets since the state last changed. */
  readonly #logged = new Set<string>();

  constructor(config: InstanceConfig, around: Surroundings) {
    this.around = around;
    this.floating = new FloatingAddresses(config, around.vipLease, around.interfaces);
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#assessment = this.#assess();
    this.#noteOwnAddress();
  }

  get config(): InstanceConfig {
    return this.#config;
  }

  /** What it takes for a right advert. */
  get expectation(): Expectation {
    return this.#expectation;
  }

  /** What its trackers came to when they were last looked at. */
  get assessment(): Assessment {
    return this.#assessment;
  }

  /** Why it is in fault, in words; empty otherwise. */
  get faultTexts(): readonly string[] {
    return this.#assessment.faults.map((reason) => faultText(this.#config.name, reason));
  }

  get state(): InstanceState {
    return this.#state;
  }

  get lastChange(): StateChange | undefined {
    return this.#lastChange;
  }

  /** It has been more than waiting for scripts. */
  get hasBegun(): boolean {
    return this.#goesOn || this.#lastChange !== undefined;
  }

  /** The priority that its adverts carry. */
  get effectivePriority(): number {
    if (this.#isOwnerReduced) return OWNER_PRIORITY - 1;
    return this.#assumedPriority ?? this.#assessment.priority;
  }

  /** Another owner did not yield: ours is 254 until it is gone. */
  get isOwnerReduced(): boolean {
    return this.#isOwnerReduced;
  }

  set isOwnerReduced(isReduced: boolean) {
    this.#isOwnerReduced = isReduced;
    this.#adverts = undefined;
  }

  /** Of its adverts: an address that was lost stays the source until the router is in fault. */
  get source(): Ip {
    return defined(advertSource(this.#config, this.#ownAddress), "the source of adverts");
  }

  /** The address that its interface has, or last had. */
  get ownAddress(): Ip | undefined {
    return this.#ownAddress;
  }

  /** The actions that send one advert. */
  get adverts(): readonly SendAdvert[] {
    this.#adverts ??= advertActions(this.#config, this.source, this.effectivePriority);
    return this.#adverts;
  }

  /** Sets the state. For `transition` only. */
  enter(turn: Turn, state: InstanceState, reason: string): void {
    this.#state = state;
    this.#known = undefined;
    this.#lastChange = { at: turn.now, reason };
    this.#logged.clear();
  }

  /** Looks at the tracked objects anew. */
  reassess(): void {
    this.#assessment = this.#assess();
    this.#noteOwnAddress();
    if (!this.#assessment.isUndecided) this.#assumedPriority = undefined;
    this.#adverts = undefined;
  }

  #assess(): Assessment {
    const { scripts, interfaces, conflicts } = this.around;
    return assess(this.#config, scripts, interfaces, conflicts.rivalOf(this.#config.name));
  }

  /** Resumes a killed process: its priority counts until the scripts that make it have results. */
  resumeFrom({ effectivePriority, told }: KeptRecord): void {
    if (this.#assessment.isUndecided) this.#assumedPriority = effectivePriority;
    this.#goesOn = told === "BACKUP" || told === "FAULT";
    this.#known = told;
  }

  /** Whether the process before notified `state` last, and this one has not changed its state since. */
  isKnown(state: ToldState): boolean {
    return this.#known === state;
  }

  /** Takes a new configuration; the tracked objects are still to be looked at. What changes for its addresses. */
  reconfigure(config: InstanceConfig): AddressChanges {
    const changes = this.floating.reconfigure(config, this.around.vipLease, this.around.interfaces);
    if (config.priority !== this.#config.priority) this.isOwnerReduced = false;
    this.#config = config;
    this.#expectation = expectationOf(config);
    this.#logged.clear();
    return changes;
  }

  #noteOwnAddress(): void {
    this.#ownAddress = this.around.interfaces.get(this.#config.interface)?.ipv4 ?? this.#ownAddress;
  }

  /** keepalived's limit: once for each cause until the state changes. */
  logOnce(turn: Turn, cause: string, text: string): void {
    if (this.#logged.has(cause)) return;
    this.#logged.add(cause);
    turn.log("info", text);
  }
}
