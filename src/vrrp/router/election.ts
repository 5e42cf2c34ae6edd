// Who is the better router: what a backup and an active router make of an advert. Pure judgement, nothing is done here.

import { type InstanceConfig, OWNER_PRIORITY } from "../../config/config.ts";
import { compareIp, type Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Backup } from "./state.ts";

/**
 * What a backup makes of an advert. `resigned`: priority 0. `follow`: the sender is the active router. `tolerate`: it is
 * worse, and `preempt_delay` keeps us from taking over. `discard`: it is worse, and our own timer still runs. `preempt`:
 * it is worse, it lives, and we have waited long enough.
 */
export type BackupVerdict = "resigned" | "follow" | "tolerate" | "discard" | "preempt";

/** RFC 9568 6.4.2, "If an ADVERTISEMENT is received". */
export function judgeAsBackup(
  config: InstanceConfig,
  ours: number,
  { preemptAt, activeDownAt }: Pick<Backup, "preemptAt" | "activeDownAt">,
  { priority }: ReceivedAdvert,
  now: Micros,
): BackupVerdict {
  // "If the Priority in the ADVERTISEMENT is 0".
  if (priority === 0) return "resigned";
  // "If Preempt_Mode is False, or if the Priority [...] is greater than or equal to the local Priority".
  if (config.nopreempt || priority >= ours) return "follow";
  const isDelayed = config.preemptDelayMicros > 0 && (preemptAt === undefined || now < preemptAt);
  if (isDelayed) return "tolerate";
  return now < activeDownAt ? "discard" : "preempt";
}

/** `ownAddress`: it has our own source. `secondOwner`: an owner as we are, which should yield to our address. */
export type ActiveVerdict = "resigned" | "ownAddress" | "secondOwner" | "better" | "worse";

/** RFC 9568 6.4.3, "If an ADVERTISEMENT is received". Only an active router compares addresses. */
export function judgeAsActive(
  ours: number,
  own: Ip,
  { priority, source }: ReceivedAdvert,
): ActiveVerdict {
  if (priority === 0) return "resigned";
  if (source === own) return "ownAddress";
  // "If the Priority [...] is greater than the local Priority".
  if (priority !== ours) return priority > ours ? "better" : "worse";
  // "equal to the local Priority and the primary address of the sender is greater than the local primary address".
  if (compareIp(source, own) > 0) return "better";
  return ours === OWNER_PRIORITY ? "secondOwner" : "worse";
}
