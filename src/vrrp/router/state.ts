// The states of a virtual router: each carries exactly the fields that are valid in it.

import type { Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { AnnouncementTimers } from "../holdings/announcement.ts";
import type { ReceivedAdvert } from "./receive.ts";

/** Waiting for the first results of its scripts, or done for good: then no event concerns it any more. */
export interface Initialize {
  readonly kind: "initialize";
  /** The last advert of an active router, which the first wait must respect. */
  heard: ReceivedAdvert | undefined;
}

/** The last advert of an active router of lower priority than ours, which we are going to take over from. */
export interface WorseAdvert {
  readonly priority: number;
  readonly heardAt: Micros;
  /** Advertised. */
  readonly interval: Micros;
}

export interface Backup {
  readonly kind: "backup";
  /** When Active_Down_Timer fires. Worse routers that were heard defer what it does: see `downAt`. */
  activeDownAt: Micros;
  /** By source. Those that resigned since, or that must let go since a better one spoke, are not among them. */
  readonly worse: Map<Ip, WorseAdvert>;
  /** Active_Adver_Interval: the active router's, as far as it is known. */
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
  readonly announcements: AnnouncementTimers;
  /** When a worse router was last logged, and when one that resigned. */
  worseLoggedAt: Micros | undefined;
  zeroLoggedAt: Micros | undefined;
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

/** Was Active until its interface lost its address: it has resigned, and takes its role again if the address returns. */
export interface Suspended {
  readonly kind: "suspended";
  /** From then on it is in fault. */
  readonly until: Micros;
}

export interface Fault {
  readonly kind: "fault";
}

export type InstanceState = Initialize | Backup | Active | Suspended | Fault;
export type StateKind = InstanceState["kind"];

/** A router that has begun nothing and heard nothing yet. */
export function newInitialize(): Initialize {
  return { kind: "initialize", heard: undefined };
}

export const FAULT: Fault = { kind: "fault" };
