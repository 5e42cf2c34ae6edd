// The keywords of vrrp_instance about gratuitous ARP.

import type { InstanceDraft } from "../draft.ts";
import { integer, wholeSeconds } from "./argument.ts";
import { type Keywords, value } from "./keyword.ts";

const MAX_COUNT = 4_294_967_295;

export const INSTANCE_GARP_KEYWORDS: Keywords<InstanceDraft> = [
  value(
    "garp_master_delay",
    wholeSeconds(0, 4294),
    {
      default: "as vrrp_garp_master_delay",
      means: "The wait before the second burst; 0 for none.",
    },
    (draft, micros) => {
      draft.garp.masterDelayMicros = micros;
    },
  ),
  value(
    "garp_master_repeat",
    integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
    { default: "as vrrp_garp_master_repeat", means: "How many gratuitous ARPs a burst has." },
    (draft, count) => {
      draft.garp.masterRepeat = count;
    },
  ),
  value(
    "garp_master_refresh",
    wholeSeconds(0, MAX_COUNT),
    { default: "as vrrp_garp_master_refresh", means: "The time between refreshes; 0 for none." },
    (draft, micros) => {
      draft.garp.masterRefreshMicros = micros;
    },
  ),
  value(
    "garp_master_refresh_repeat",
    integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
    {
      default: "as vrrp_garp_master_refresh_repeat",
      means: "How many gratuitous ARPs a refresh has.",
    },
    (draft, count) => {
      draft.garp.masterRefreshRepeat = count;
    },
  ),
  value(
    "garp_lower_prio_delay",
    wholeSeconds(0, 4294),
    {
      default: "as vrrp_garp_lower_prio_delay",
      means: "The wait before the second burst after a lower priority was heard.",
    },
    (draft, micros) => {
      draft.garp.lowerPrioDelayMicros = micros;
    },
  ),
  value(
    "garp_lower_prio_repeat",
    integer(0, 2_147_483_647, { lenient: true }),
    {
      default: "as vrrp_garp_lower_prio_repeat",
      means: "How many gratuitous ARPs go out when a lower priority was heard.",
    },
    (draft, count) => {
      draft.garp.lowerPrioRepeat = count;
    },
  ),
];
