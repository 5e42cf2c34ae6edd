// The election: how a backup and an active router judge an advert. Pure functions without effects.

import { type InstanceConfig, OWNER_PRIORITY } from "../../config/config.ts";
import { compareIp, type Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Backup } from "./state.ts";

/**
 * A backup's verdict on an advert. `resigned`: priority 0. `follow`: the sender is the active router. `tolerate`: it is
 * worse, but `preempt_delay` prevents us from taking over. `discard`: it is worse, and our own timer still runs.
 * `preempt`: it is worse and alive, and our timer has ended.
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

/** `ownAddress`: the advert has our own source. `secondOwner`: another owner, which should yield to our address. */
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
