// Gratuitous ARP of an instance: its own settings, else those that global_defs had when it was opened, else defaults.

import { SECOND } from "../../lib/micros.ts";
import type { GarpConfig } from "../config.ts";
import type { InstanceContext } from "./instance-context.ts";

/** Every value filled in. The draft was made with what global_defs had said by then. */
export function resolveGarp({ draft, globalDraft, strict, say }: InstanceContext): GarpConfig {
  const { garp } = draft;
  const defaults = globalDraft.defaults.garp;
  const refuse = (keyword: string, log: string): void =>
    say("incompatible-settings", keyword, `strict mode allows no '${keyword}'`, log);
  if (strict && (garp.lowerPrioRepeat ?? 0) > 0) {
    refuse("garp_lower_prio_repeat", "Strict mode requires no repeat garps. resetting");
  }
  if (strict && (garp.lowerPrioDelayMicros ?? 0) > 0) {
    refuse("garp_lower_prio_delay", "Strict mode requires no repeat garp delay. resetting");
  }
  const delay = defaults.masterDelayMicros ?? 5 * SECOND;
  const repeat = defaults.masterRepeat ?? 5;
  return {
    masterDelayMicros: garp.masterDelayMicros ?? 5 * SECOND,
    masterRepeat: garp.masterRepeat ?? 5,
    masterRefreshMicros: garp.masterRefreshMicros ?? 0,
    masterRefreshRepeat: garp.masterRefreshRepeat ?? 1,
    lowerPrioDelayMicros: strict
      ? 0
      : (garp.lowerPrioDelayMicros ?? defaults.lowerPrioDelayMicros ?? delay),
    lowerPrioRepeat: strict ? 0 : (garp.lowerPrioRepeat ?? defaults.lowerPrioRepeat ?? repeat),
    intervalMicros: defaults.intervalMicros ?? 0,
  };
}
