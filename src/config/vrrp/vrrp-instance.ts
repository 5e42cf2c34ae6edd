// The keywords of vrrp_instance, except those about gratuitous ARP and notifications, which have their own files.

import type { InstanceDraft } from "../draft.ts";
import { applyBlock } from "../keyword/apply.ts";
import {
  decimalSeconds,
  integer,
  interfaceName,
  MULTICAST_RANGE,
  protocolVersion,
  text,
} from "../keyword/argument.ts";
import {
  custom,
  firstArgument,
  flag,
  type Keywords,
  list,
  optionalBool,
  section,
  value,
  warnExtra,
} from "../keyword/keyword.ts";
import { nearest } from "../keyword/lookup.ts";
import { UNREADABLE, utf8Length } from "../language/lexer.ts";
import { garpKeywords } from "./garp.ts";
import { instanceAddress, instanceGroup } from "./instance-family.ts";
import { addAddress, addPeer, addTrackInterface, addTrackScript } from "./vrrp-instance-lists.ts";
import { INSTANCE_NOTIFY_KEYWORDS } from "./vrrp-instance-notify.ts";

const AUTH_PASS_OCTETS = 8;

export const AUTHENTICATION_KEYWORDS: Keywords<InstanceDraft> = [
  value(
    "auth_type",
    text("PASS"),
    { default: "none", means: "PASS: a password in clear text. AH is not implemented yet." },
    (draft, type, context, word) => {
      if (type === "PASS") draft.authType = "PASS";
      else if (type === "AH") {
        const message =
          "'AH' is not implemented yet, and peers would not accept what this node sends";
        context.report("not-implemented", word, message);
      } else {
        context.report("bad-value", word, `'${type}' is not a type of authentication`, {
          log: `${context.logPrefix}unknown authentication type '${type}'`,
          suggestion: nearest(type, ["PASS"]),
        });
      }
    },
  ),
  value(
    "auth_pass",
    text("<PASSWORD>"),
    { default: "none", means: "The password; the first 8 octets count." },
    (draft, password, context, word) => {
      draft.authPass = password;
      if (password.includes(UNREADABLE)) {
        const message = "the password is not UTF-8, so that other octets would be sent";
        context.report("not-utf8-password", word, message);
        return;
      }
      if (utf8Length(password) <= AUTH_PASS_OCTETS) return;
      const message = `only the first ${AUTH_PASS_OCTETS} octets of the password count`;
      context.report("value-cut", word, message, {
        log: `Truncating auth_pass to ${AUTH_PASS_OCTETS} characters`,
      });
    },
  ),
];

export const INSTANCE_KEYWORDS: Keywords<InstanceDraft> = [
  value(
    "state",
    text("MASTER|BACKUP"),
    {
      default: "BACKUP, or MASTER for priority 255",
      means: "What it is until it hears others. MASTER without priority means priority 255.",
    },
    (draft, state, context, word) => {
      if (state === "BACKUP" && draft.state === "MASTER") {
        context.report("bad-value", word, "MASTER was set before, and stays", {
          log: `${context.logPrefix}state previously set as MASTER - ignoring BACKUP`,
        });
      } else if (state === "MASTER" || state === "BACKUP") {
        draft.state = state;
      } else {
        draft.state = "BACKUP";
        context.report(
          "bad-value",
          word,
          `'${state}' is neither MASTER nor BACKUP; it is taken for BACKUP`,
          {
            log: `${context.logPrefix}unknown state '${state}', defaulting to BACKUP`,
            suggestion: nearest(state, ["MASTER", "BACKUP"]),
          },
        );
      }
    },
  ),
  value(
    "interface",
    interfaceName,
    { default: "required", means: "The interface it runs on." },
    "interface",
  ),
  value(
    "virtual_router_id",
    integer(1, 255),
    {
      default: "required",
      means: "The VRID: the same on all nodes, and no other on this network.",
    },
    "virtualRouterId",
  ),
  custom(
    "priority",
    "<INT>",
    "1..255",
    {
      default: "100, or 255 for state MASTER",
      means: "The highest becomes master. 255: the owner of the addresses.",
    },
    (draft, statement, context) => {
      const word = firstArgument(statement, context, false);
      if (word === undefined) return;
      warnExtra(statement, 2, context);
      draft.priority = integer(1, 255).read(word, context.report) ?? 100;
    },
  ),
  value(
    "version",
    protocolVersion,
    { default: "as vrrp_version", means: "The protocol version." },
    "version",
  ),
  value(
    "advert_int",
    decimalSeconds(0.01, 255, 6),
    {
      default: "1",
      means: "The time between adverts: whole seconds in version 2, up to 40.95 in version 3.",
    },
    "advertIntMicros",
  ),
  section(
    "authentication",
    { default: "none", means: "The password that adverts carry, in version 2 only." },
    (draft, statement, context) => {
      applyBlock(
        ["vrrp_instance", "authentication"],
        AUTHENTICATION_KEYWORDS,
        statement.block ?? [],
        draft,
        context,
      );
    },
  ),
  list(
    "virtual_ipaddress",
    "<IP>[/<LENGTH>] [dev <IFNAME>] [scope <SCOPE>] [label <LABEL>] [brd <IP>|+|-] [no_track]",
    "",
    {
      default: "required in version 3",
      means:
        "The addresses that the master holds and advertises. The interface of `dev` must be up, as with `track_interface`, unless `no_track` is given.",
    },
    (draft, entry, context) => addAddress(draft, draft.addresses, entry, context),
  ),
  list(
    "virtual_ipaddress_excluded",
    "as in virtual_ipaddress",
    "",
    { default: "none", means: "Addresses that the master holds but doesn't advertise." },
    (draft, entry, context) => addAddress(draft, draft.excludedAddresses, entry, context),
  ),
  flag(
    "no_virtual_ipaddress",
    { default: "off", means: "It is meant to have no addresses." },
    "noVirtualIpaddress",
  ),
  flag(
    "promote_secondaries",
    { default: "off", means: "Removing an address of a subnet leaves its others in place." },
    "promoteSecondaries",
  ),
  instanceAddress(
    "mcast_src_ip",
    { default: "the interface's address", means: "The source address of adverts." },
    "sourceIp",
  ),
  instanceGroup(
    "mcast_dst_ip",
    MULTICAST_RANGE,
    { default: "as vrrp_mcast_group4", means: "Where adverts go." },
    "mcastGroup",
  ),
  instanceAddress(
    "unicast_src_ip",
    { default: "the interface's address", means: "The source address of unicast adverts." },
    (draft, address) => {
      draft.unicast = true;
      draft.sourceIp = address;
    },
  ),
  list(
    "unicast_peer",
    "<IP>",
    "",
    { default: "none: multicast", means: "The other nodes: adverts go to them alone." },
    addPeer,
    (draft) => {
      draft.unicast = true;
    },
  ),
  flag(
    "check_unicast_src",
    {
      default: "as vrrp_check_unicast_src",
      means: "Adverts of others than the peers are dropped.",
    },
    (draft) => {
      draft.unicast = true;
      draft.checkUnicastSrc = true;
    },
  ),
  value(
    "unicast_ttl",
    integer(0, 255),
    { default: "255", means: "The time to live of unicast adverts." },
    "unicastTtl",
  ),
  flag(
    "preempt",
    { default: "on", means: "It takes over from a master of lower priority." },
    (draft) => {
      draft.nopreempt = false;
    },
  ),
  flag(
    "nopreempt",
    {
      default: "off",
      means: "It leaves a master of lower priority alone. Has no effect with state MASTER.",
    },
    "nopreempt",
  ),
  value(
    "preempt_delay",
    decimalSeconds(0, 1000, 6),
    {
      default: "0",
      means:
        "How long it waits before it takes over from a master of lower priority. Has no effect with state MASTER.",
    },
    "preemptDelayMicros",
  ),
  value(
    "down_timer_adverts",
    integer(1, 100, { lenient: true }),
    {
      default: "as vrrp_down_timer_adverts",
      means: "How many missed adverts make a master dead; the same on all nodes.",
    },
    "downTimerAdverts",
  ),
  optionalBool(
    "lower_prio_no_advert",
    { default: "as vrrp_lower_prio_no_advert", means: "A lower priority is not answered at once." },
    "lowerPrioNoAdvert",
  ),
  optionalBool(
    "higher_prio_send_advert",
    { default: "as vrrp_higher_prio_send_advert", means: "One advert more before it yields." },
    "higherPrioSendAdvert",
  ),
  optionalBool(
    "owner_ignore_adverts",
    { default: "as vrrp_owner_ignore_adverts", means: "The owner ignores all adverts." },
    "ownerIgnoreAdverts",
  ),
  optionalBool(
    "skip_check_adv_addr",
    {
      default: "as vrrp_skip_check_adv_addr",
      means: "The address list is checked once for each master only.",
    },
    "skipCheckAdvAddr",
  ),
  optionalBool(
    "v3_checksum_as_v2",
    {
      default: "as v3_checksum_as_v2 of global_defs",
      means: "The checksum of VRRPv3 over IPv4 leaves the pseudo header out.",
    },
    "v3ChecksumAsV2",
  ),
  optionalBool(
    "strict_mode",
    { default: "as vrrp_strict", means: "It keeps to the RFC to the letter." },
    "strictMode",
  ),
  flag(
    "accept",
    { default: "on, off in strict mode", means: "A master takes packets for its addresses." },
    "accept",
  ),
  flag(
    "no_accept",
    { default: "off", means: "A master that isn't the owner drops packets for its addresses." },
    (draft) => {
      draft.accept = false;
    },
  ),
  flag(
    "dont_track_primary",
    { default: "off", means: "It doesn't mind when its interface is down." },
    "dontTrackPrimary",
  ),
  list(
    "track_interface",
    "<IFNAME> [weight <INT> [reverse]]",
    "weight -253..253",
    { default: "none", means: "More interfaces that must be up, or whose state counts." },
    addTrackInterface,
  ),
  list(
    "track_script",
    "<NAME> [weight <INT> [reverse|noreverse]]",
    "weight -253..253",
    {
      default: "none",
      means: "The scripts that must succeed, or whose result counts; defined before.",
    },
    addTrackScript,
  ),
  ...garpKeywords("", (draft: InstanceDraft) => draft.garp, {
    masterDelay: "as vrrp_garp_master_delay",
    masterRepeat: "as vrrp_garp_master_repeat",
    masterRefresh: "as vrrp_garp_master_refresh",
    masterRefreshRepeat: "as vrrp_garp_master_refresh_repeat",
    lowerPrioDelay: "as vrrp_garp_lower_prio_delay",
    lowerPrioRepeat: "as vrrp_garp_lower_prio_repeat",
  }),
  ...INSTANCE_NOTIFY_KEYWORDS,
  value(
    "debug",
    integer(0, 4, { lenient: true }),
    { default: "0", means: "Has no effect." },
    "debug",
  ),
];
