// Encodes the kernel's netlink messages (links, addresses, verdicts) for the fake kernel.

import { ipFamily, ipToBytes } from "../../src/lib/ip.ts";
import type { Address } from "../../src/netlink/address.ts";
import { encodeFamily } from "../../src/netlink/family.ts";
import type { Link } from "../../src/netlink/link.ts";
import { MESSAGE_HEADER_OCTETS, startMessage } from "../../src/netlink/message.ts";
import * as addr from "../../src/netlink/uapi/if-addr.ts";
import * as link from "../../src/netlink/uapi/if-link.ts";
import * as netlink from "../../src/netlink/uapi/netlink.ts";

/** The request and the socket that caused a message; zeros for the kernel itself. */
export interface Origin {
  readonly sequence: number;
  readonly port: number;
}

export const KERNEL: Origin = { sequence: 0, port: 0 };

const FOREVER = 0xffff_ffff;

/** Encodes RTM_NEWLINK or RTM_DELLINK. */
export function writeLink(type: number, flags: number, origin: Origin, state: Link): Uint8Array {
  const writer = startMessage(type, flags, 16)
    .setU16(MESSAGE_HEADER_OCTETS + 2, state.hardwareType)
    .setU32(MESSAGE_HEADER_OCTETS + 4, state.index)
    .setU32(MESSAGE_HEADER_OCTETS + 8, state.flags)
    .text(link.IFLA_IFNAME, state.name)
    .u8(link.IFLA_OPERSTATE, state.operstate)
    .u32(link.IFLA_MTU, state.mtu);
  if (state.mac !== undefined) {
    const octets = state.mac.split(":").map((pair) => Number.parseInt(pair, 16));
    writer.bytes(link.IFLA_ADDRESS, Uint8Array.from(octets));
  }
  if (state.master !== undefined) writer.u32(link.IFLA_MASTER, state.master);
  if (state.lower !== undefined) writer.u32(link.IFLA_LINK, state.lower);
  if (state.lowerNamespace !== undefined) {
    writer.u32(link.IFLA_LINK_NETNSID, state.lowerNamespace >>> 0);
  }
  const { kind } = state;
  if (kind !== undefined) {
    writer.nested(link.IFLA_LINKINFO, (info) => info.text(link.IFLA_INFO_KIND, kind));
  }
  return stamp(writer.finish(), origin);
}

/** Encodes RTM_NEWADDR or RTM_DELADDR. */
export function writeAddress(
  type: number,
  flags: number,
  origin: Origin,
  state: Address,
): Uint8Array {
  const address = ipToBytes(state.address);
  const writer = startMessage(type, flags, 8)
    .setU8(MESSAGE_HEADER_OCTETS, encodeFamily(ipFamily(state.address)))
    .setU8(MESSAGE_HEADER_OCTETS + 1, state.prefixLength)
    .setU8(MESSAGE_HEADER_OCTETS + 2, state.flags)
    .setU8(MESSAGE_HEADER_OCTETS + 3, state.scope)
    .setU32(MESSAGE_HEADER_OCTETS + 4, state.index)
    .bytes(addr.IFA_ADDRESS, state.peer === undefined ? address : ipToBytes(state.peer));
  if (address.length === 4 || state.peer !== undefined) writer.bytes(addr.IFA_LOCAL, address);
  if (state.broadcast !== undefined) writer.bytes(addr.IFA_BROADCAST, ipToBytes(state.broadcast));
  if (state.label !== undefined) writer.text(addr.IFA_LABEL, state.label);
  if (state.protocol !== undefined) writer.u8(addr.IFA_PROTO, state.protocol);
  const { preferredSeconds = FOREVER, validSeconds = FOREVER } = state;
  writer
    .u32(addr.IFA_FLAGS, state.flags)
    .u32(addr.IFA_CACHEINFO, preferredSeconds, validSeconds, 0, 0);
  return stamp(writer.finish(), origin);
}

/** Encodes NLMSG_ERROR: the verdict on a request, with the request's header and the kernel's error text. */
export function writeVerdict(
  origin: Origin,
  request: Uint8Array,
  errno: number,
  text: string | undefined,
): Uint8Array {
  const flags = netlink.NLM_F_CAPPED | (text === undefined ? 0 : netlink.NLM_F_ACK_TLVS);
  const writer = startMessage(netlink.NLMSG_ERROR, flags, 4 + MESSAGE_HEADER_OCTETS);
  writer.setU32(MESSAGE_HEADER_OCTETS, -errno);
  for (let index = 0; index < MESSAGE_HEADER_OCTETS; index++) {
    writer.setU8(MESSAGE_HEADER_OCTETS + 4 + index, request[index] as number);
  }
  if (text !== undefined) writer.text(netlink.NLMSGERR_ATTR_MSG, text);
  return stamp(writer.finish(), origin);
}

/** Encodes NLMSG_DONE, the end of a dump. */
export function writeDone(origin: Origin): Uint8Array {
  return stamp(startMessage(netlink.NLMSG_DONE, netlink.NLM_F_MULTI, 4).finish(), origin);
}

function stamp(message: Uint8Array, { sequence, port }: Origin): Uint8Array {
  const words = new Uint32Array(message.buffer, message.byteOffset, 4);
  words[2] = sequence;
  words[3] = port;
  return message;
}
