// Encodes requests for and decodes network interfaces in rtnetlink (linux/if_link.h, struct ifinfomsg).

import { AttributeReader } from "./attribute.ts";
import { AF_UNSPEC } from "./family.ts";
import { readU16, readU32 } from "./host-order.ts";
import { MESSAGE_HEADER_OCTETS, type Message, startMessage } from "./message.ts";
import type { Decoded } from "./refusal.ts";
import { IF_OPER_UNKNOWN, IFF_RUNNING, IFF_UP } from "./uapi/if.ts";
import {
  IFLA_ADDRESS,
  IFLA_EXT_MASK,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_OPERSTATE,
} from "./uapi/if-link.ts";
import { NLM_F_DUMP, NLM_F_REQUEST } from "./uapi/netlink.ts";
import {
  RTEXT_FILTER_SKIP_STATS,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
} from "./uapi/rtnetlink.ts";

/** struct ifinfomsg. */
const STRUCTURE_OCTETS = 16;
const HARDWARE_TYPE_OFFSET = 2;
const INDEX_OFFSET = 4;
const FLAGS_OFFSET = 8;

/** A network interface as the kernel describes it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_* of linux/if.h. */
  readonly flags: number;
  /** IF_OPER_* of linux/if.h; most virtual interfaces have IF_OPER_UNKNOWN. */
  readonly operstate: number;
  /** Octets. */
  readonly mtu: number;
  /** ARPHRD_* of linux/if_arp.h: 1 is Ethernet. */
  readonly hardwareType: number;
  /** The link-layer address, such as `02:00:00:00:00:01`. */
  readonly mac: string | undefined;
  /** The index of the bridge, bond or VRF that contains it. */
  readonly master: number | undefined;
  /** The index of the underlying interface (VLAN, macvlan) or of the peer (veth). */
  readonly lower: number | undefined;
  /** The id of the network namespace of `lower`, negative if unknown; undefined: this namespace. */
  readonly lowerNamespace: number | undefined;
  /** The driver's name for the type: `veth`, `macvlan`, `bridge`, … */
  readonly kind: string | undefined;
}

/** True if the interface can carry packets: IFF_UP and IFF_RUNNING. */
export function isLinkUp(link: Link): boolean {
  return (link.flags & IFF_UP) !== 0 && (link.flags & IFF_RUNNING) !== 0;
}

/** Encodes a request for all interfaces of the namespace, without statistics. */
export function encodeDumpLinks(): Uint8Array {
  return startMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, STRUCTURE_OCTETS)
    .u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
    .finish();
}

/** Encodes a request for one interface by index or name. ENODEV if it does not exist. */
export function encodeGetLink(
  which: { readonly index: number } | { readonly name: string },
): Uint8Array {
  const writer = startMessage(RTM_GETLINK, NLM_F_REQUEST, STRUCTURE_OCTETS);
  if ("index" in which) writer.setU32(MESSAGE_HEADER_OCTETS + INDEX_OFFSET, which.index);
  else writer.text(IFLA_IFNAME, which.name);
  return writer.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).finish();
}

/**
 * Decodes an RTM_NEWLINK or RTM_DELLINK. Returns `familyUnknown` for messages about bridge ports (AF_BRIDGE): a port
 * that leaves a bridge causes an RTM_DELLINK of that family, although the link still exists.
 */
export function decodeLink(message: Message): Decoded<Link> {
  const { payload } = message;
  if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) return "typeUnexpected";
  if (payload.length < STRUCTURE_OCTETS) return "payloadCut";
  if (payload[0] !== AF_UNSPEC) return "familyUnknown";
  let name = "";
  let operstate = IF_OPER_UNKNOWN;
  let mtu = 0;
  let mac: string | undefined;
  let master: number | undefined;
  let lower: number | undefined;
  let lowerNamespace: number | undefined;
  let kind: string | undefined;
  const attributes = new AttributeReader(payload, STRUCTURE_OCTETS, payload.length);
  while (attributes.next()) {
    switch (attributes.type) {
      case IFLA_IFNAME:
        name = attributes.text();
        break;
      case IFLA_OPERSTATE:
        operstate = attributes.u8();
        break;
      case IFLA_MTU:
        mtu = attributes.u32();
        break;
      case IFLA_ADDRESS:
        mac = formatHardwareAddress(attributes.bytes());
        break;
      case IFLA_MASTER:
        master = decodeIndex(attributes.u32());
        break;
      case IFLA_LINK:
        lower = decodeIndex(attributes.u32());
        break;
      case IFLA_LINK_NETNSID:
        // Signed.
        lowerNamespace = attributes.u32() | 0;
        break;
      case IFLA_LINKINFO:
        kind = readKind(attributes.nested());
        break;
    }
  }
  if (attributes.error !== undefined) return attributes.error;
  if (name === "") return "attributeMissing";
  return {
    index: readU32(payload, INDEX_OFFSET),
    name,
    flags: readU32(payload, FLAGS_OFFSET),
    operstate,
    mtu,
    hardwareType: readU16(payload, HARDWARE_TYPE_OFFSET),
    mac,
    master,
    lower,
    lowerNamespace,
    kind,
  };
}

/** Index 0 means none. */
function decodeIndex(index: number): number | undefined {
  return index === 0 ? undefined : index;
}

function readKind(info: AttributeReader): string | undefined {
  let kind: string | undefined;
  while (info.next()) {
    if (info.type === IFLA_INFO_KIND) kind = info.text();
  }
  return kind;
}

function formatHardwareAddress(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join(":");
}
