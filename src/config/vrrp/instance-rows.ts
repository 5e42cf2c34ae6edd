// The keywords of vrrp_instance that are built.

import { SECOND } from "../../lib/micros.ts";
import { VRRP_TTL } from "../../lib/vrrp.ts";
import { section } from "../keyword/apply.ts";
import {
  decimalSeconds,
  integer,
  interfaceName,
  MULTICAST_RANGE,
  protocolVersion,
} from "../keyword/argument.ts";
import {
  custom,
  derived,
  firstArgument,
  flag,
  inherited,
  inheritedAtOpening,
  list,
  opposite,
  optionalBool,
  value,
  warnExtra,
} from "../keyword/keyword.ts";
import { type Context, type Draft, table } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { Statement } from "../language/parser.ts";
import { AUTHENTICATION_ROWS } from "./authentication-rows.ts";
import {
  ADDRESS_OPTIONS,
  PEER_OPTIONS,
  TRACK_INTERFACE_OPTIONS,
  TRACK_SCRIPT_OPTIONS,
} from "./entry-options.ts";
import { INSTANCE_GARP_ROWS } from "./garp-rows.ts";
import { instanceAddress, instanceGroup } from "./instance-family.ts";
import {
  readExcludedAddress,
  readPeer,
  readTrackInterface,
  readTrackScript,
  readVirtualAddress,
} from "./instance-lists.ts";
import { INSTANCE_NOTIFY_ROWS } from "./instance-notify-rows.ts";
import { OWNER_PRIORITY } from "./types.ts";

const DEFAULT_PRIORITY = 100;

export const INSTANCE_ROWS = [
  custom(
    "state",
    { syntax: "MASTER|BACKUP" },
    {
      field: "state",
      default: derived("BACKUP, or MASTER for priority 255", (c) =>
        c.value("priority") === OWNER_PRIORITY ? "MASTER" : "BACKUP",
      ),
      means:
        "The state at the start, until adverts of other nodes are received. MASTER without priority means priority 255.",
    },
    readState,
  ),
  value("interface", interfaceName, {
    field: "interface",
    required: true,
    means: "The interface for adverts.",
  }),
  value("virtual_router_id", integer(1, 255), {
    field: "virtualRouterId",
    required: true,
    means: "The VRID: the same on all nodes, and unique on this network.",
  }),
  custom(
    "priority",
    { syntax: "<INT>", range: "1..255" },
    {
      field: "priority",
      default: derived(`${DEFAULT_PRIORITY}, or ${OWNER_PRIORITY} for state MASTER`, (c) =>
        c.given["state"] === "MASTER" ? OWNER_PRIORITY : DEFAULT_PRIORITY,
      ),
      means: "The node with the highest priority becomes master. 255: the owner of the addresses.",
    },
    (statement, context): number | undefined => {
      const word = firstArgument(statement, context, false);
      if (word === undefined) return undefined;
      warnExtra(statement, 2, context);
      return integer(1, 255).read(word, context.report) ?? DEFAULT_PRIORITY;
    },
  ),
  value("version", protocolVersion, {
    field: "version",
    inherits: inherited("vrrp_version"),
    means: "The protocol version.",
  }),
  value("advert_int", decimalSeconds(0.01, 255, 6), {
    field: "advertIntMicros",
    default: SECOND,
    means: "The time between adverts: whole seconds in version 2, up to 40.95 in version 3.",
  }),
  section(
    "authentication",
    {
      default: "none",
      means:
        "The password in adverts, in version 2 only. It protects against mistakes, not against attackers.",
    },
    table(AUTHENTICATION_ROWS),
  ),
  list(
    "virtual_ipaddress",
    {
      syntax:
        "<IP>[/<LENGTH>] [dev <IFNAME>] [scope <SCOPE>] [label <LABEL>] [brd <IP>|+|-] [no_track]",
      options: ADDRESS_OPTIONS,
    },
    {
      field: "addresses",
      default: derived("required in version 3", () => []),
      means:
        "The addresses that the master holds and advertises. The interface of `dev` must be up, as with `track_interface`, unless `no_track` is given.",
    },
    readVirtualAddress,
  ),
  list(
    "virtual_ipaddress_excluded",
    { syntax: "as in virtual_ipaddress", options: ADDRESS_OPTIONS },
    {
      field: "excludedAddresses",
      means: "Addresses that the master holds but does not advertise.",
    },
    readExcludedAddress,
  ),
  flag("no_virtual_ipaddress", {
    field: "noVirtualIpaddress",
    means: "The instance has no addresses on purpose.",
    stage: "draft",
  }),
  flag("promote_secondaries", {
    field: "promoteSecondaries",
    means: "Removing an address of a subnet keeps the others of that subnet.",
  }),
  instanceAddress("mcast_src_ip", "mcastSrcIp", "The source address of adverts."),
  instanceGroup("mcast_dst_ip", MULTICAST_RANGE, {
    field: "mcastGroup",
    inherits: inherited("vrrp_mcast_group4"),
    means: "The destination of multicast adverts.",
  }),
  instanceAddress("unicast_src_ip", "unicastSrcIp", "The source address of unicast adverts."),
  list(
    "unicast_peer",
    { syntax: "<IP>", options: PEER_OPTIONS },
    {
      field: "unicastPeers",
      default: derived("none: multicast", () => []),
      means: "The other nodes; adverts are sent to these addresses only.",
    },
    readPeer,
  ),
  flag("check_unicast_src", {
    field: "checkUnicastSrc",
    inherits: inherited("vrrp_check_unicast_src"),
    means: "Drop adverts that do not come from a peer.",
  }),
  value("unicast_ttl", integer(0, 255), {
    field: "unicastTtl",
    default: VRRP_TTL,
    means: "The time to live of unicast adverts.",
  }),
  opposite("preempt", {
    field: "nopreempt",
    default: "on",
    means: "Take over from a master of lower priority.",
    stage: "draft",
  }),
  flag("nopreempt", {
    field: "nopreempt",
    means: "Do not take over from a master of lower priority. Has no effect with state MASTER.",
  }),
  value("preempt_delay", decimalSeconds(0, 1000, 6), {
    field: "preemptDelayMicros",
    default: 0,
    means:
      "The wait before taking over from a master of lower priority. Has no effect with state MASTER.",
  }),
  value("down_timer_adverts", integer(1, 100, { lenient: true }), {
    field: "downTimerAdverts",
    inherits: inheritedAtOpening("vrrp_down_timer_adverts"),
    means:
      "The number of missed adverts after which a master is considered dead; the same on all nodes.",
  }),
  optionalBool("lower_prio_no_advert", {
    field: "lowerPrioNoAdvert",
    inherits: inherited("vrrp_lower_prio_no_advert"),
    means: "A master does not answer adverts of lower priority at once.",
  }),
  optionalBool("higher_prio_send_advert", {
    field: "higherPrioSendAdvert",
    inherits: inherited("vrrp_higher_prio_send_advert"),
    means: "A master sends one more advert before it yields to a higher priority.",
  }),
  optionalBool("owner_ignore_adverts", {
    field: "ownerIgnoreAdverts",
    inherits: inherited("vrrp_owner_ignore_adverts"),
    means: "The owner (priority 255) ignores all adverts.",
  }),
  optionalBool("skip_check_adv_addr", {
    field: "skipCheckAdvAddr",
    inherits: inheritedAtOpening("vrrp_skip_check_adv_addr"),
    means: "Check the address list of adverts only once for each master.",
  }),
  optionalBool("v3_checksum_as_v2", {
    field: "v3ChecksumAsV2",
    inherits: inheritedAtOpening("v3_checksum_as_v2"),
    means: "Exclude the pseudo header from the checksum of VRRPv3 over IPv4.",
  }),
  optionalBool("strict_mode", {
    field: "strictMode",
    inherits: inherited("vrrp_strict"),
    means: "Follow the RFC strictly.",
  }),
  flag("accept", {
    field: "accept",
    default: derived(
      "on, off in strict mode",
      (c) => c.value("priority") === OWNER_PRIORITY || c.value("strictMode") !== true,
    ),
    means: "A master accepts packets to its addresses.",
  }),
  opposite("no_accept", {
    field: "accept",
    default: "off",
    means: "A master that is not the owner drops packets to its addresses.",
    stage: "draft",
  }),
  opposite("dont_track_primary", {
    field: "trackPrimary",
    default: "off",
    means: "Do not go to FAULT if the interface is down.",
  }),
  list(
    "track_interface",
    {
      syntax: "<IFNAME> [weight <INT> [reverse]]",
      range: "weight -253..253",
      options: TRACK_INTERFACE_OPTIONS,
    },
    {
      field: "trackInterfaces",
      means: "More interfaces that must be up, or, with a weight, change the priority.",
    },
    readTrackInterface,
  ),
  list(
    "track_script",
    {
      syntax: "<NAME> [weight <INT> [reverse|noreverse]]",
      range: "weight -253..253",
      options: TRACK_SCRIPT_OPTIONS,
    },
    {
      field: "trackScripts",
      means:
        "Scripts that must succeed, or, with a weight, change the priority. They must be defined above.",
    },
    readTrackScript,
  ),
  ...INSTANCE_GARP_ROWS,
  ...INSTANCE_NOTIFY_ROWS,
  value("debug", integer(0, 4, { lenient: true }), {
    field: "debug",
    default: 0,
    means: "Has no effect.",
  }),
] as const;

function readState(
  statement: Statement,
  context: Context,
  { given }: Draft,
): "MASTER" | "BACKUP" | undefined {
  const word = firstArgument(statement, context, false);
  if (word === undefined) return undefined;
  warnExtra(statement, 2, context);
  if (word.text === "MASTER") return "MASTER";
  if (word.text === "BACKUP") {
    if (given["state"] !== "MASTER") return "BACKUP";
    context.report("bad-value", word, "'state MASTER' is set above; BACKUP is ignored", {
      log: `${context.logPrefix}state previously set as MASTER - ignoring BACKUP`,
    });
    return undefined;
  }
  const message = `'${word.text}' must be MASTER or BACKUP; BACKUP is used`;
  context.report("bad-value", word, message, {
    log: `${context.logPrefix}unknown state '${word.text}', defaulting to BACKUP`,
    suggestion: nearest(word.text, ["MASTER", "BACKUP"]),
  });
  return "BACKUP";
}
