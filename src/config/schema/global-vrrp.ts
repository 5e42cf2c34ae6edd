// The keywords of global_defs that are defaults for instances, or concern all of them.

import type { GlobalDraft } from "../draft.ts";
import { decimalSeconds, integer, multicastGroup, oneOf, wholeSeconds } from "./argument.ts";
import { flag, type Keywords, optionalBool, value } from "./keyword.ts";

const MAX_COUNT = 4_294_967_295;

export const VRRP_DEFAULT_KEYWORDS: Keywords<GlobalDraft> = [
  value(
    "vrrp_version",
    oneOf("2", "3"),
    { default: "2", means: "The protocol version of instances that name none." },
    (draft, version) => {
      draft.vrrpVersion = version === "3" ? 3 : 2;
    },
  ),
  value(
    "vrrp_mcast_group4",
    multicastGroup,
    { default: "224.0.0.18", means: "Where adverts go over IPv4.", optional: true },
    (draft, group) => {
      draft.vrrpMcastGroup4 = group;
    },
  ),
  value(
    "vrrp_garp_master_delay",
    wholeSeconds(0, 4294),
    { default: "5", means: "The wait before the second burst of gratuitous ARP; 0 for none." },
    (draft, micros) => {
      draft.defaults.garp.masterDelayMicros = micros;
    },
  ),
  value(
    "vrrp_garp_master_repeat",
    integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
    { default: "5", means: "How many gratuitous ARPs a burst has." },
    (draft, count) => {
      draft.defaults.garp.masterRepeat = count;
    },
  ),
  value(
    "vrrp_garp_master_refresh",
    wholeSeconds(0, MAX_COUNT),
    {
      default: "0",
      means: "The time between refreshing gratuitous ARPs while master; 0 for none.",
    },
    (draft, micros) => {
      draft.defaults.garp.masterRefreshMicros = micros;
    },
  ),
  value(
    "vrrp_garp_master_refresh_repeat",
    integer(1, MAX_COUNT, { lenient: true, zeroBecomes: 1 }),
    { default: "1", means: "How many gratuitous ARPs a refresh has." },
    (draft, count) => {
      draft.defaults.garp.masterRefreshRepeat = count;
    },
  ),
  value(
    "vrrp_garp_lower_prio_delay",
    wholeSeconds(0, 4294),
    {
      default: "as vrrp_garp_master_delay",
      means: "The wait before the second burst after a master hears a lower priority.",
    },
    (draft, micros) => {
      draft.defaults.garp.lowerPrioDelayMicros = micros;
    },
  ),
  value(
    "vrrp_garp_lower_prio_repeat",
    integer(0, 2_147_483_647, { lenient: true }),
    {
      default: "as vrrp_garp_master_repeat",
      means: "How many gratuitous ARPs go out when a master hears a lower priority.",
    },
    (draft, count) => {
      draft.defaults.garp.lowerPrioRepeat = count;
    },
  ),
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
    { default: "3", means: "How many missed adverts make a master dead." },
    (draft, count) => {
      draft.defaults.downTimerAdverts = count;
    },
  ),
  optionalBool(
    "vrrp_lower_prio_no_advert",
    { default: "off", means: "A master doesn't answer adverts of a lower priority at once." },
    (draft, on) => {
      draft.lowerPrioNoAdvert = on;
    },
  ),
  optionalBool(
    "vrrp_higher_prio_send_advert",
    { default: "off", means: "A master sends one advert more before it yields." },
    (draft, on) => {
      draft.higherPrioSendAdvert = on;
    },
  ),
  optionalBool(
    "vrrp_owner_ignore_adverts",
    { default: "off", means: "The address owner (priority 255) ignores all adverts." },
    (draft, on) => {
      draft.ownerIgnoreAdverts = on;
    },
  ),
  flag(
    "vrrp_check_unicast_src",
    { default: "off", means: "Unicast adverts of others than the peers are dropped." },
    (draft) => {
      draft.checkUnicastSrc = true;
    },
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
    (draft, on) => {
      draft.vrrpStrict = on;
    },
  ),
  value(
    "vrrp_startup_delay",
    decimalSeconds(0.001, 4294.967295, 6),
    { default: "0", means: "How long instances wait after the start." },
    (draft, micros) => {
      draft.vrrpStartupDelayMicros = micros;
    },
  ),
  flag(
    "log_unknown_vrids",
    { default: "off", means: "Adverts with a VRID that isn't configured are logged." },
    (draft) => {
      draft.logUnknownVrids = true;
    },
  ),
  optionalBool(
    "vrrp_notify_priority_changes",
    { default: "off", means: "The FIFO tells changes of the priority too." },
    (draft, on) => {
      draft.notifyPriorityChanges = on;
    },
  ),
];
