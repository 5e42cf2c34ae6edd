// The keywords about gratuitous ARP: those of vrrp_instance, and those of global_defs with their defaults.

import { type Micros, SECOND } from "../../lib/micros.ts";
import { decimalSeconds, integer, wholeSeconds } from "../keyword/argument.ts";
import { derived, inherited, inheritedAtOpening, optionalBool, value } from "../keyword/keyword.ts";

const MAX_UINT32 = 4_294_967_295;

const delay = wholeSeconds(0, 4294);
const period = wholeSeconds(0, MAX_UINT32);
const count = integer(1, MAX_UINT32, { lenient: true, zeroBecomes: 1 });
const lowerPrioCount = integer(0, 2_147_483_647, { lenient: true });

// The facts that a keyword of an instance shares with its default in global_defs.

const MASTER_DELAY = {
  field: "garp.masterDelayMicros",
  means: "The wait before the second burst of gratuitous ARP; 0 for none.",
} as const;

const MASTER_REPEAT = {
  field: "garp.masterRepeat",
  means: "The number of gratuitous ARPs in a burst.",
} as const;

const MASTER_REFRESH = {
  field: "garp.masterRefreshMicros",
  means: "The time between refreshes of gratuitous ARP while master; 0 for none.",
} as const;

const MASTER_REFRESH_REPEAT = {
  field: "garp.masterRefreshRepeat",
  means: "The number of gratuitous ARPs in a refresh.",
} as const;

const LOWER_PRIO_DELAY = {
  field: "garp.lowerPrioDelayMicros",
  means: "The wait before the second burst after a master receives an advert of lower priority.",
} as const;

const LOWER_PRIO_REPEAT = {
  field: "garp.lowerPrioRepeat",
  means: "The number of gratuitous ARPs when a master receives an advert of lower priority.",
} as const;

export const INSTANCE_GARP_ROWS = [
  value("garp_master_delay", delay, {
    ...MASTER_DELAY,
    inherits: inheritedAtOpening("vrrp_garp_master_delay"),
  }),
  value("garp_master_repeat", count, {
    ...MASTER_REPEAT,
    inherits: inheritedAtOpening("vrrp_garp_master_repeat"),
  }),
  value("garp_master_refresh", period, {
    ...MASTER_REFRESH,
    inherits: inheritedAtOpening("vrrp_garp_master_refresh"),
  }),
  value("garp_master_refresh_repeat", count, {
    ...MASTER_REFRESH_REPEAT,
    inherits: inheritedAtOpening("vrrp_garp_master_refresh_repeat"),
  }),
  value("garp_lower_prio_delay", delay, {
    ...LOWER_PRIO_DELAY,
    inherits: inherited("vrrp_garp_lower_prio_delay"),
  }),
  value("garp_lower_prio_repeat", lowerPrioCount, {
    ...LOWER_PRIO_REPEAT,
    inherits: inherited("vrrp_garp_lower_prio_repeat"),
  }),
] as const;

export const GARP_DEFAULT_ROWS = [
  value("vrrp_garp_master_delay", delay, { ...MASTER_DELAY, default: 5 * SECOND, stage: "draft" }),
  value("vrrp_garp_master_repeat", count, { ...MASTER_REPEAT, default: 5, stage: "draft" }),
  value("vrrp_garp_master_refresh", period, { ...MASTER_REFRESH, default: 0, stage: "draft" }),
  value("vrrp_garp_master_refresh_repeat", count, {
    ...MASTER_REFRESH_REPEAT,
    default: 1,
    stage: "draft",
  }),
  value("vrrp_garp_lower_prio_delay", delay, {
    ...LOWER_PRIO_DELAY,
    default: derived(
      "as vrrp_garp_master_delay",
      (c) => c.value("garp.masterDelayMicros") as Micros,
    ),
    stage: "draft",
  }),
  value("vrrp_garp_lower_prio_repeat", lowerPrioCount, {
    ...LOWER_PRIO_REPEAT,
    default: derived("as vrrp_garp_master_repeat", (c) => c.value("garp.masterRepeat") as number),
    stage: "draft",
  }),
  value("vrrp_garp_interval", decimalSeconds(0.000001, 4294.967295, 6), {
    field: "garp.intervalMicros",
    default: 0,
    means: "The minimum time between two gratuitous ARPs on one interface.",
    stage: "draft",
  }),
  // Sets the fields of two other keywords.
  optionalBool("vrrp_min_garp", {
    field: "minGarp",
    means: "One gratuitous ARP and no second burst, unless their own keywords say otherwise.",
    stage: "draft",
    set: ({ given }, isOn) => {
      if (!isOn) return;
      given[MASTER_REPEAT.field] ??= 1;
      given[MASTER_DELAY.field] ??= 0;
    },
  }),
] as const;
