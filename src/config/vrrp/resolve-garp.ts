// Gratuitous ARP of an instance.

import type { Micros } from "../../lib/micros.ts";
import type { InstanceContext } from "./instance-context.ts";
import type { GarpConfig } from "./vrrp-config.ts";

/** Strict mode does not repeat gratuitous ARP when a master hears a lower priority. */
export function resolveGarp({
  given,
  filled,
  shared,
  strict,
  reportAt,
}: InstanceContext): GarpConfig {
  const refuse = (keyword: string, log: string): void =>
    reportAt(
      "incompatible-settings",
      keyword,
      `strict mode does not allow '${keyword}'; it is ignored`,
      log,
    );
  if (strict && (given["garp.lowerPrioRepeat"] ?? 0) > 0) {
    refuse("garp_lower_prio_repeat", "Strict mode requires no repeat garps. resetting");
  }
  if (strict && (given["garp.lowerPrioDelayMicros"] ?? 0) > 0) {
    refuse("garp_lower_prio_delay", "Strict mode requires no repeat garp delay. resetting");
  }
  return {
    ...filled.garp,
    ...(strict && { lowerPrioDelayMicros: 0, lowerPrioRepeat: 0 }),
    intervalMicros: shared.globalValue("garp.intervalMicros") as Micros,
  };
}
