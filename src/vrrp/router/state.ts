// The states of a virtual router: each carries exactly the fields that are valid in it.

import type { Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { AnnouncementTimers } from "../holdings/announcement-timers.ts";
import type { ReceivedAdvert } from "./receive.ts";

/** Waiting for the first results of its scripts, or ended. */
export interface Initialize {
  readonly kind: "initialize";
  /** The last advert of an active router, which the first wait must respect. */
  heard: ReceivedAdvert | undefined;
}

/** The last advert of an active router with lower priority, from which this router will take over. */
export interface WorseAdvert {
  readonly priority: number;
  readonly heardAt: Micros;
  /** The advertised interval. */
  readonly interval: Micros;
}

export interface Backup {
  readonly kind: "backup";
  /** When Active_Down_Timer fires. Worse routers that were heard defer the takeover: see `takeoverAt`. */
  activeDownAt: Micros;
  /** By source. Without those that resigned since, or that gave up because a better one sent an advert. */
  readonly worse: Map<Ip, WorseAdvert>;
  /** Active_Adver_Interval: that of the active router, if known. */
  activeInterval: Micros;
  activeRouter: Ip | undefined;
  activePriority: number | undefined;
  /** When `preempt_delay` ends; undefined until a lower priority is heard. */
  preemptAt: Micros | undefined;
  /** When a lower priority was last logged. */
  lowerLoggedAt: Micros | undefined;
}

export interface Active {
  readonly kind: "active";
  lastAdvertAt: Micros;
  /** When Adver_Timer fires. */
  advertDueAt: Micros;
  lease: Lease | undefined;
  readonly announcementTimers: AnnouncementTimers;
  /** When a worse router and a resignation were last logged. */
  worseLoggedAt: Micros | undefined;
  zeroLoggedAt: Micros | undefined;
  /** The time until which a second owner of the addresses should yield. */
  secondOwnerUntil: Micros | undefined;
}

/** The lease of the addresses. */
export interface Lease {
  /** The kernel may have removed them from then on. */
  readonly endAt: Micros;
  /** A renewal is not needed before. */
  readonly renewAt: Micros;
}

/** Resigned from Active because its interface lost its address; Active again if the address returns. */
export interface Suspended {
  readonly kind: "suspended";
  /** It is in fault from then on. */
  readonly until: Micros;
}

export interface Fault {
  readonly kind: "fault";
}

export type InstanceState = Initialize | Backup | Active | Suspended | Fault;
export type StateKind = InstanceState["kind"];

/** The initial state of a router. */
export function newInitialize(): Initialize {
  return { kind: "initialize", heard: undefined };
}

export const FAULT: Fault = { kind: "fault" };
