// The keywords about gratuitous ARP: those of vrrp_instance, and with `vrrp_` before them their defaults in global_defs.

import type { Draft, GarpDraft } from "../draft.ts";
import { integer, wholeSeconds } from "../keyword/argument.ts";
import { type Keywords, value } from "../keyword/keyword.ts";

const MAX_COUNT = 4_294_967_295;

/** The default of each, as the manual has it, in the order of the keywords. */
export interface GarpDefaults {
  readonly masterDelay: string;
  readonly masterRepeat: string;
  readonly masterRefresh: string;
  readonly masterRefreshRepeat: string;
  readonly lowerPrioDelay: string;
  readonly lowerPrioRepeat: string;
}

/** The keywords with `prefix` before their names, which fill `garpOf` the draft of their block. */
export function garpKeywords<D extends Draft>(
  prefix: "" | "vrrp_",
  garpOf: (draft: D) => GarpDraft,
  defaults: GarpDefaults,
): Keywords<D> {
  return [
    value(
      `${prefix}garp_master_delay`,
      wholeSeconds(0, 4294),
      {
        default: defaults.masterDelay,
        means: "The wait before the second burst of gratuitous ARP; 0 for none.",
      },
      (draft, micros) => {
        garpOf(draft).masterDelayMicros = micros;
      },
    ),
    value(
      `${prefix}garp_master_repeat`,
      integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
      { default: defaults.masterRepeat, means: "How many gratuitous ARPs a burst has." },
      (draft, count) => {
        garpOf(draft).masterRepeat = count;
      },
    ),
    value(
      `${prefix}garp_master_refresh`,
      wholeSeconds(0, MAX_COUNT),
      {
        default: defaults.masterRefresh,
        means: "The time between refreshing gratuitous ARPs while master; 0 for none.",
      },
      (draft, micros) => {
        garpOf(draft).masterRefreshMicros = micros;
      },
    ),
    value(
      `${prefix}garp_master_refresh_repeat`,
      integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
      { default: defaults.masterRefreshRepeat, means: "How many gratuitous ARPs a refresh has." },
      (draft, count) => {
        garpOf(draft).masterRefreshRepeat = count;
      },
    ),
    value(
      `${prefix}garp_lower_prio_delay`,
      wholeSeconds(0, 4294),
      {
        default: defaults.lowerPrioDelay,
        means: "The wait before the second burst after a master hears a lower priority.",
      },
      (draft, micros) => {
        garpOf(draft).lowerPrioDelayMicros = micros;
      },
    ),
    value(
      `${prefix}garp_lower_prio_repeat`,
      integer(0, 2_147_483_647, { lenient: true }),
      {
        default: defaults.lowerPrioRepeat,
        means: "How many gratuitous ARPs go out when a master hears a lower priority.",
      },
      (draft, count) => {
        garpOf(draft).lowerPrioRepeat = count;
      },
    ),
  ];
}
