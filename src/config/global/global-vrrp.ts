// The keywords of global_defs that are defaults for instances, or concern all of them.

import type { GlobalDraft } from "../draft.ts";
import { decimalSeconds, integer, multicastGroup, protocolVersion } from "../keyword/argument.ts";
import { flag, type Keywords, optionalBool, value } from "../keyword/keyword.ts";
import { garpKeywords } from "../vrrp/garp.ts";

export const VRRP_DEFAULT_KEYWORDS: Keywords<GlobalDraft> = [
  value(
    "vrrp_version",
    protocolVersion,
    { default: "2", means: "The protocol version of instances that name none." },
    "vrrpVersion",
  ),
  value(
    "vrrp_mcast_group4",
    multicastGroup,
    { default: "224.0.0.18", means: "Where adverts go over IPv4.", optional: true },
    "vrrpMcastGroup4",
  ),
  ...garpKeywords("vrrp_", (draft: GlobalDraft) => draft.defaults.garp, {
    masterDelay: "5",
    masterRepeat: "5",
    masterRefresh: "0",
    masterRefreshRepeat: "1",
    lowerPrioDelay: "as vrrp_garp_master_delay",
    lowerPrioRepeat: "as vrrp_garp_master_repeat",
  }),
  value(
    "vrrp_garp_interval",
    decimalSeconds(0.000001, 4294.967295, 6),
    { default: "0", means: "The least time between two gratuitous ARPs on one interface." },
    (draft, micros) => {
      draft.defaults.garp.intervalMicros = micros;
    },
  ),
  optionalBool(
    "vrrp_min_garp",
    {
      default: "off",
      means: "One gratuitous ARP and no second burst, where nothing else is set already.",
    },
    (draft, on) => {
      const { garp } = draft.defaults;
      if (!on) return;
      garp.masterRepeat ??= 1;
      garp.masterDelayMicros ??= 0;
    },
  ),
  value(
    "vrrp_down_timer_adverts",
    integer(1, 100, { lenient: true }),
    { default: "3", means: "How many missed adverts make a master dead; the same on all nodes." },
    (draft, count) => {
      draft.defaults.downTimerAdverts = count;
    },
  ),
  optionalBool(
    "vrrp_lower_prio_no_advert",
    { default: "off", means: "A master doesn't answer adverts of a lower priority at once." },
    "lowerPrioNoAdvert",
  ),
  optionalBool(
    "vrrp_higher_prio_send_advert",
    { default: "off", means: "A master sends one advert more before it yields." },
    "higherPrioSendAdvert",
  ),
  optionalBool(
    "vrrp_owner_ignore_adverts",
    { default: "off", means: "The address owner (priority 255) ignores all adverts." },
    "ownerIgnoreAdverts",
  ),
  flag(
    "vrrp_check_unicast_src",
    { default: "off", means: "Unicast adverts of others than the peers are dropped." },
    "checkUnicastSrc",
  ),
  optionalBool(
    "vrrp_skip_check_adv_addr",
    { default: "off", means: "The address list is checked once for each master only." },
    (draft, on) => {
      draft.defaults.skipCheckAdvAddr = on;
    },
  ),
  flag(
    "v3_checksum_as_v2",
    { default: "off", means: "The checksum of VRRPv3 over IPv4 leaves the pseudo header out." },
    (draft) => {
      draft.defaults.v3ChecksumAsV2 = true;
    },
  ),
  optionalBool(
    "vrrp_strict",
    { default: "off", means: "Instances keep to the RFC to the letter." },
    "vrrpStrict",
  ),
  value(
    "vrrp_startup_delay",
    decimalSeconds(0.001, 4294.967295, 6),
    { default: "0", means: "How long instances wait after the start." },
    "vrrpStartupDelayMicros",
  ),
  flag(
    "log_unknown_vrids",
    { default: "off", means: "Adverts with a VRID that isn't configured are logged." },
    "logUnknownVrids",
  ),
  optionalBool(
    "vrrp_notify_priority_changes",
    { default: "off", means: "The FIFO tells changes of the priority too." },
    "notifyPriorityChanges",
  ),
];
