// Rounds the advertisement interval to the unit of adverts: seconds in version 2, centiseconds in version 3.

import { CENTISECOND, formatSeconds, type Micros, SECOND } from "../../lib/micros.ts";
import type { InstanceContext } from "./instance-context.ts";

/** RFC 9568 5.2.7: 12 bits of centiseconds. Version 2 has eight bits of seconds, the limit of the keyword. */
const MAX_V3 = 4095 * CENTISECOND;

/** The interval that this instance sends in adverts. */
export function resolveAdvertInt({ filled, version, reportAt }: InstanceContext): Micros {
  const wanted = filled.advertIntMicros;
  if (version === 3 && wanted > MAX_V3) {
    const message = `version 3 allows at most ${formatSeconds(MAX_V3)} s between adverts; this is used`;
    const log = `VRRPv3 advertisement interval ${(wanted / SECOND).toFixed(2)}s is out of range. Must be less than 40.96s. Setting to 40.95s`;
    reportAt("value-adjusted", "advert_int", message, log);
    return MAX_V3;
  }
  const unit = version === 2 ? SECOND : CENTISECOND;
  const rounded = Math.max(unit, Math.round(wanted / unit) * unit);
  if (rounded === wanted) return wanted;
  const units = version === 2 ? "whole seconds" : "hundredths of a second";
  const message = `version ${version} allows only ${units}; ${formatSeconds(rounded)} s is used`;
  const seconds = (wanted / SECOND).toFixed(6);
  const log =
    version === 2
      ? `VRRPv2 advertisement interval ${seconds}s must be an integer. rounding`
      : `VRRPv3 advertisement interval ${seconds}s must be in units of 10ms - rounding`;
  reportAt("value-adjusted", "advert_int", message, log);
  return rounded;
}
