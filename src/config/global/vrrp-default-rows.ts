// The keywords of global_defs about instances: defaults, and settings of all.

import { ip } from "../../lib/ip.ts";
import { decimalSeconds, integer, multicastGroup, protocolVersion } from "../keyword/argument.ts";
import { flag, optionalBool, value } from "../keyword/keyword.ts";
import { GARP_DEFAULT_ROWS } from "../vrrp/garp-rows.ts";

export const VRRP_DEFAULT_ROWS = [
  value("vrrp_version", protocolVersion, {
    field: "vrrpVersion",
    default: 2,
    means: "The protocol version of instances without `version`.",
  }),
  value("vrrp_mcast_group4", multicastGroup, {
    field: "vrrpMcastGroup4",
    default: ip("224.0.0.18"),
    means: "The destination of multicast adverts over IPv4.",
    optional: true,
  }),
  ...GARP_DEFAULT_ROWS,
  value("vrrp_down_timer_adverts", integer(1, 100, { lenient: true }), {
    field: "downTimerAdverts",
    default: 3,
    means:
      "The number of missed adverts after which a master is considered dead; the same on all nodes.",
    stage: "draft",
  }),
  optionalBool("vrrp_lower_prio_no_advert", {
    field: "lowerPrioNoAdvert",
    means: "A master does not answer adverts of lower priority at once.",
    stage: "draft",
  }),
  optionalBool("vrrp_higher_prio_send_advert", {
    field: "higherPrioSendAdvert",
    means: "A master sends one more advert before it yields to a higher priority.",
    stage: "draft",
  }),
  optionalBool("vrrp_owner_ignore_adverts", {
    field: "ownerIgnoreAdverts",
    means: "The owner (priority 255) ignores all adverts.",
    stage: "draft",
  }),
  flag("vrrp_check_unicast_src", {
    field: "checkUnicastSrc",
    means: "Drop unicast adverts that do not come from a peer.",
    stage: "draft",
  }),
  optionalBool("vrrp_skip_check_adv_addr", {
    field: "skipCheckAdvAddr",
    means: "Check the address list of adverts only once for each master.",
    stage: "draft",
  }),
  flag("v3_checksum_as_v2", {
    field: "v3ChecksumAsV2",
    means: "Exclude the pseudo header from the checksum of VRRPv3 over IPv4.",
    stage: "draft",
  }),
  optionalBool("vrrp_strict", {
    field: "vrrpStrict",
    means: "Instances follow the RFC strictly.",
  }),
  value("vrrp_startup_delay", decimalSeconds(0.001, 4294.967295, 6), {
    field: "vrrpStartupDelayMicros",
    default: 0,
    means: "The wait of instances after the start.",
  }),
  flag("log_unknown_vrids", {
    field: "logUnknownVrids",
    means: "Log adverts with a VRID that is not configured.",
  }),
  optionalBool("vrrp_notify_priority_changes", {
    field: "notifyPriorityChanges",
    means: "Write changes of the priority to the FIFO too.",
    stage: "draft",
  }),
] as const;
