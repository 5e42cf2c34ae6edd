// The advertisement interval in the units of the wire: whole seconds in version 2, hundredths in version 3.

import { formatSeconds, type Micros, SECOND } from "../lib/micros.ts";
import type { InstanceContext } from "./instance-context.ts";

const CENTISECOND = SECOND / 100;
/** RFC 9568 5.2.7: 12 bits of centiseconds. */
const MAX_V3 = 4095 * CENTISECOND;
const MAX_V2 = 255 * SECOND;

/** The interval that adverts of this instance can carry. */
export function resolveAdvertInt({ draft, version, say }: InstanceContext): Micros {
  const wanted = draft.advertIntMicros ?? SECOND;
  const unit = version === 2 ? SECOND : CENTISECOND;
  const most = version === 2 ? MAX_V2 : MAX_V3;
  const rounded = Math.min(most, Math.max(unit, Math.round(wanted / unit) * unit));
  if (rounded === wanted) return wanted;
  const message =
    wanted > most
      ? `version ${version} allows at most ${formatSeconds(most)} s between adverts; that is taken`
      : `version ${version} counts in ${version === 2 ? "whole seconds" : "hundredths of a second"}; ${formatSeconds(rounded)} is taken`;
  const seconds = (wanted / SECOND).toFixed(6);
  const log =
    wanted > most
      ? `VRRPv${version} advertisement interval ${(wanted / SECOND).toFixed(2)}s is out of range. Must be less than ${version === 2 ? "256s" : "40.96s"}. Setting to ${version === 2 ? "255s" : "40.95s"}`
      : version === 2
        ? `VRRPv2 advertisement interval ${seconds}s must be an integer. rounding`
        : `VRRPv3 advertisement interval ${seconds}s must be in units of 10ms - rounding`;
  say("value-adjusted", "advert_int", message, log);
  return rounded;
}
