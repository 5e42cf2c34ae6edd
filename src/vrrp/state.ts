// The states of a virtual router: each carries exactly the fields that are valid in it.

import type { InstanceConfig, VipLease } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { NodeAction } from "./action.ts";
import type { AnnouncementTimers } from "./announcement.ts";
import type { Counters } from "./counters.ts";
import type { FloatingAddresses } from "./floating.ts";
import type { GarpQueue } from "./garp-queue.ts";
import type { TellLimit } from "./tell-limit.ts";
import type { InterfaceTable, ScriptTable } from "./tracking.ts";

export interface Initialize {
  readonly kind: "initialize";
  /** Done for good, and not only waiting for the first results of its scripts. */
  readonly isOver: boolean;
}

export interface Backup {
  readonly kind: "backup";
  /** When Active_Down_Timer fires. */
  activeDownAt: Micros;
  /** Active_Adver_Interval: the active router's, as far as it is known. */
  activeInterval: Micros;
  activeRouter: Ip | undefined;
  activePriority: number | undefined;
  /** From when a lower priority no longer counts; undefined until one is heard. */
  preemptAt: Micros | undefined;
  /** When a lower priority was last told. */
  lowerToldAt: Micros | undefined;
}

export interface Active {
  readonly kind: "active";
  lastAdvertAt: Micros;
  /** When Adver_Timer fires. */
  advertDueAt: Micros;
  lease: Lease | undefined;
  readonly announcements: AnnouncementTimers;
  /** When a worse router was last told, and when one that resigned. */
  worseToldAt: Micros | undefined;
  zeroToldAt: Micros | undefined;
  /** Until when a second owner of the addresses has time to yield. */
  secondOwnerUntil: Micros | undefined;
}

/** How long the kernel lets us hold the addresses. */
export interface Lease {
  /** From then on the kernel may have taken them. */
  readonly endAt: Micros;
  /** Before that a renewal would be too much. */
  readonly renewAt: Micros;
}

export interface Fault {
  readonly kind: "fault";
}

export type InstanceState = Initialize | Backup | Active | Fault;

/** What the virtual routers of a node share. */
export interface Surroundings {
  readonly interfaces: InterfaceTable;
  readonly scripts: ScriptTable;
  readonly garp: GarpQueue;
  vipLease: VipLease;
  /** The end of the start-up delay: nobody hears or takes over before. */
  listeningFrom: Micros;
}

/** What the behaviour of a state knows of the virtual router that it belongs to. */
export interface Router {
  readonly config: InstanceConfig;
  readonly around: Surroundings;
  readonly floating: FloatingAddresses;
  readonly counters: Counters;
  /** Of lines that other routers cause. */
  readonly tellLimit: TellLimit;
  /** The priority that its adverts carry. */
  readonly effectivePriority: number;
  /** Of its adverts. */
  readonly source: Ip;
  /** The actions that send one advert. */
  readonly adverts: readonly NodeAction[];
}
