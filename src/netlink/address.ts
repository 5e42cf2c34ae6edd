// Encodes and decodes IP addresses of interfaces in rtnetlink (linux/if_addr.h, struct ifaddrmsg).

import { type Ip, type IpFamily, ipFamily, ipFromBytes, ipToBytes } from "../lib/ip.ts";
import { prefixText } from "../lib/prefix.ts";
import { AttributeReader, type MessageWriter } from "./attribute.ts";
import { AF_UNSPEC, addressOctets, encodeFamily } from "./family.ts";
import { readU32 } from "./host-order.ts";
import { MESSAGE_HEADER_OCTETS, type Message, startMessage } from "./message.ts";
import type { Decoded } from "./refusal.ts";
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_PROTO,
} from "./uapi/if-addr.ts";
import {
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
} from "./uapi/netlink.ts";
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR, RTPROT_KEEPALIVED } from "./uapi/rtnetlink.ts";

/** struct ifaddrmsg. */
const STRUCTURE_OCTETS = 8;
const FAMILY_OFFSET = 0;
const PREFIX_LENGTH_OFFSET = 1;
const FLAGS_OFFSET = 2;
const SCOPE_OFFSET = 3;
const INDEX_OFFSET = 4;

/** struct ifa_cacheinfo: preferred, valid, created, updated. */
const CACHE_INFO_OCTETS = 16;
/** An infinite lifetime (the kernel's INFINITY_LIFE_TIME). */
const FOREVER = 0xffff_ffff;

/** Identifies an address: the kernel can hold the same IP address twice, with different prefixes or peers. */
export interface AddressKey {
  /** The interface index. */
  readonly index: number;
  readonly address: Ip;
  readonly prefixLength: number;
  /** The remote address of a point-to-point address, else undefined. */
  readonly peer?: Ip | undefined;
}

/** The settings of an address. */
export interface AddressSettings extends AddressKey {
  /** RT_SCOPE_* of linux/rtnetlink.h. */
  readonly scope: number;
  /** IPv4 only, at most 15 characters. */
  readonly label: string | undefined;
  /** IPv4 only. */
  readonly broadcast: Ip | undefined;
  /** IFA_F_* of linux/if_addr.h. */
  readonly flags: number;
  /** The origin of the address (IFA_PROTO); kernels before 5.18 ignore it. */
  readonly protocol: number | undefined;
  /** The kernel removes the address after this many whole seconds; undefined: never. */
  readonly validSeconds: number | undefined;
  /** The address is deprecated after this many whole seconds; undefined: never. */
  readonly preferredSeconds: number | undefined;
}

/** An address as the kernel describes it. The lifetimes are those remaining when the message was sent. */
export interface Address extends AddressSettings {
  readonly peer: Ip | undefined;
}

/**
 * Encodes a request to set an address. `add` fails with EEXIST if the address exists. `replace` adds it, or updates
 * lifetime and protocol (for IPv6 also the flags) of the existing one, without a gap and without new DAD.
 */
export function encodeNewAddress(settings: AddressSettings, mode: "add" | "replace"): Uint8Array {
  const flags = NLM_F_REQUEST | NLM_F_CREATE | (mode === "add" ? NLM_F_EXCL : NLM_F_REPLACE);
  const writer = startAddress(RTM_NEWADDR, flags, settings);
  writer.setU8(MESSAGE_HEADER_OCTETS + SCOPE_OFFSET, settings.scope);
  if (settings.broadcast !== undefined) writer.bytes(IFA_BROADCAST, ipToBytes(settings.broadcast));
  if (settings.label !== undefined) writer.text(IFA_LABEL, settings.label);
  if (settings.flags !== 0) writer.u32(IFA_FLAGS, settings.flags);
  if (settings.protocol !== undefined) writer.u8(IFA_PROTO, settings.protocol);
  if (settings.validSeconds !== undefined || settings.preferredSeconds !== undefined) {
    const valid = settings.validSeconds ?? FOREVER;
    writer.u32(IFA_CACHEINFO, settings.preferredSeconds ?? valid, valid, 0, 0);
  }
  return writer.finish();
}

/** Encodes a request to remove an address. EADDRNOTAVAIL if it does not exist, ENODEV if the interface does not. */
export function encodeDeleteAddress(key: AddressKey): Uint8Array {
  return startAddress(RTM_DELADDR, NLM_F_REQUEST, key).finish();
}

/** Encodes a request for all addresses of the namespace, of one IP version or both. */
export function encodeDumpAddresses(family?: IpFamily): Uint8Array {
  return startMessage(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, STRUCTURE_OCTETS)
    .setU8(
      MESSAGE_HEADER_OCTETS + FAMILY_OFFSET,
      family === undefined ? AF_UNSPEC : encodeFamily(family),
    )
    .finish();
}

/** Decodes an RTM_NEWADDR or RTM_DELADDR. */
export function decodeAddress(message: Message): Decoded<Address> {
  const { payload } = message;
  if (message.type !== RTM_NEWADDR && message.type !== RTM_DELADDR) return "typeUnexpected";
  if (payload.length < STRUCTURE_OCTETS) return "payloadCut";
  const octets = addressOctets(payload[FAMILY_OFFSET] as number);
  if (octets === undefined) return "familyUnknown";
  const prefixLength = payload[PREFIX_LENGTH_OFFSET] as number;
  if (prefixLength > 8 * octets) return "prefixLengthWrong";
  let local: Ip | undefined;
  let remote: Ip | undefined;
  let broadcast: Ip | undefined;
  let label: string | undefined;
  let protocol: number | undefined;
  let flags = payload[FLAGS_OFFSET] as number;
  let validSeconds: number | undefined;
  let preferredSeconds: number | undefined;
  const attributes = new AttributeReader(payload, STRUCTURE_OCTETS, payload.length);
  while (attributes.next()) {
    switch (attributes.type) {
      case IFA_LOCAL:
        local = ipFromBytes(attributes.bytes(octets));
        break;
      case IFA_ADDRESS:
        remote = ipFromBytes(attributes.bytes(octets));
        break;
      case IFA_BROADCAST:
        broadcast = ipFromBytes(attributes.bytes(octets));
        break;
      case IFA_LABEL:
        label = attributes.text();
        break;
      case IFA_FLAGS:
        flags = attributes.u32();
        break;
      case IFA_PROTO:
        protocol = attributes.u8();
        break;
      case IFA_CACHEINFO: {
        const info = attributes.bytes(CACHE_INFO_OCTETS);
        preferredSeconds = decodeLifetime(readU32(info, 0));
        validSeconds = decodeLifetime(readU32(info, 4));
        break;
      }
    }
  }
  if (attributes.error !== undefined) return attributes.error;
  const address = local ?? remote;
  if (address === undefined) return "attributeMissing";
  return {
    index: readU32(payload, INDEX_OFFSET),
    address,
    prefixLength,
    peer: remote === address ? undefined : remote,
    scope: payload[SCOPE_OFFSET] as number,
    label,
    broadcast,
    flags,
    protocol,
    validSeconds,
    preferredSeconds,
  };
}

/** Starts a message about one address, with its key filled in. */
function startAddress(type: number, flags: number, key: AddressKey): MessageWriter {
  const address = ipToBytes(key.address);
  return startMessage(type, flags, STRUCTURE_OCTETS)
    .setU8(MESSAGE_HEADER_OCTETS + FAMILY_OFFSET, encodeFamily(ipFamily(key.address)))
    .setU8(MESSAGE_HEADER_OCTETS + PREFIX_LENGTH_OFFSET, key.prefixLength)
    .setU32(MESSAGE_HEADER_OCTETS + INDEX_OFFSET, key.index)
    .bytes(IFA_LOCAL, address)
    .bytes(IFA_ADDRESS, key.peer === undefined ? address : ipToBytes(key.peer));
}

function decodeLifetime(seconds: number): number | undefined {
  return seconds === FOREVER ? undefined : seconds;
}

/** A text that identifies an address on its link. */
export function addressName({ address, prefixLength, peer }: AddressKey): string {
  return peer === undefined
    ? prefixText({ address, prefixLength })
    : `${address} peer ${peer}/${prefixLength}`;
}

/**
 * Whether a keepalived or a holdfast added the address: by its mark; on a kernel without marks (before 5.18), by a
 * lifetime.
 */
export function isMarked({ address, protocol, validSeconds }: Address): boolean {
  return (
    protocol === RTPROT_KEEPALIVED ||
    (ipFamily(address) === 4 && protocol === undefined && validSeconds !== undefined)
  );
}
