// The keywords of vrrp_instance about gratuitous ARP.

import { integer, wholeSeconds } from "../keyword/argument.ts";
import { inherited, inheritedAtOpening, value } from "../keyword/keyword.ts";

const MAX_COUNT = 4_294_967_295;

export const INSTANCE_GARP_ROWS = [
  value("garp_master_delay", wholeSeconds(0, 4294), {
    field: "garp.masterDelayMicros",
    inherits: inheritedAtOpening("vrrp_garp_master_delay"),
    means: "The wait before the second burst of gratuitous ARP; 0 for none.",
  }),
  value("garp_master_repeat", integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }), {
    field: "garp.masterRepeat",
    inherits: inheritedAtOpening("vrrp_garp_master_repeat"),
    means: "The number of gratuitous ARPs in a burst.",
  }),
  value("garp_master_refresh", wholeSeconds(0, MAX_COUNT), {
    field: "garp.masterRefreshMicros",
    inherits: inheritedAtOpening("vrrp_garp_master_refresh"),
    means: "The time between refreshes of gratuitous ARP while master; 0 for none.",
  }),
  value("garp_master_refresh_repeat", integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }), {
    field: "garp.masterRefreshRepeat",
    inherits: inheritedAtOpening("vrrp_garp_master_refresh_repeat"),
    means: "The number of gratuitous ARPs in a refresh.",
  }),
  value("garp_lower_prio_delay", wholeSeconds(0, 4294), {
    field: "garp.lowerPrioDelayMicros",
    inherits: inherited("vrrp_garp_lower_prio_delay"),
    means: "The wait before the second burst after a master receives an advert of lower priority.",
  }),
  value("garp_lower_prio_repeat", integer(0, 2_147_483_647, { lenient: true }), {
    field: "garp.lowerPrioRepeat",
    inherits: inherited("vrrp_garp_lower_prio_repeat"),
    means: "The number of gratuitous ARPs when a master receives an advert of lower priority.",
  }),
] as const;
