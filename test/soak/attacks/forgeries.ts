// Forged adverts, each with a single flaw.

import { type Ip, ip } from "../../../src/lib/ip.ts";
import { BROADCAST_MAC, type Mac, mac } from "../../../src/lib/mac.ts";
import { SECOND } from "../../../src/lib/micros.ts";
import type { RefusalReason } from "../../../src/vrrp/router/refusals.ts";
import { ETH_P_IP, emitEthernet } from "../../../src/wire/ethernet.ts";
import { type Ipv4Packet, parseIpv4 } from "../../../src/wire/ipv4.ts";
import {
  emitVrrp,
  VRRP_AUTH_SIMPLE,
  VRRP_TYPE_ADVERTISEMENT,
  type VrrpAdvert,
} from "../../../src/wire/vrrp.ts";
import { repairVrrpChecksum, vrrpPacket } from "../../support/vrrp-packet.ts";
import { bare, PASSWORD, type SoakInstance } from "../node.ts";

/** The target of a forged advert and what is needed to forge it. */
export interface Target {
  readonly instance: SoakInstance;
  /** The node that holds the addresses. */
  readonly holder: Ip;
  readonly forger: Ip;
  readonly forgerMac: Mac;
}

/** The flaw of a forged advert. Without it the advert would win: priority 255 and the correct password. */
interface Flaw {
  readonly advert?: Partial<VrrpAdvert>;
  readonly source?: Ip;
  readonly destination?: Ip;
  readonly ttl?: number;
  /** The last change to the message, before its checksum is corrected. */
  readonly edit?: (message: Uint8Array) => Uint8Array;
  readonly spoilsChecksum?: boolean;
}

export interface Forgery {
  readonly name: string;
  /**
   * Why the receiver drops it. `noInstance`: it matches no instance. `harmless`: a valid advert that causes no
   * transition.
   */
  readonly fate: RefusalReason | "noInstance" | "harmless";
  /** Whether it applies to an instance; default: all. */
  readonly isAgainst?: (instance: SoakInstance) => boolean;
  readonly flaw: (target: Target) => Flaw;
}

const GROUP = ip("224.0.0.18");
const GROUP_MAC = mac("01:00:5e:00:00:12");
const FREE_VIRTUAL_ROUTER_ID = 250;

const isMulticast = ({ isUnicast }: SoakInstance): boolean => !isUnicast;
const hasPassword = ({ version }: SoakInstance): boolean => version === 2;

function edited(edit: (message: Uint8Array) => Uint8Array): () => Flaw {
  return () => ({ edit });
}

function withOctet(index: number, change: (octet: number) => number): () => Flaw {
  return edited((message) => message.with(index, change(message[index] as number)));
}

/** One row for each kind of forgery. */
export const FORGERIES: readonly Forgery[] = [
  {
    name: "the other version",
    fate: "versionErr",
    flaw: ({ instance }) => {
      const version = instance.version === 2 ? 3 : 2;
      return { advert: { version, advertisementIntervalMicros: SECOND } };
    },
  },
  {
    name: "an unknown version",
    fate: "versionErr",
    isAgainst: ({ version }) => version === 3,
    flaw: withOctet(0, () => (4 << 4) | VRRP_TYPE_ADVERTISEMENT),
  },
  {
    name: "an unknown type",
    fate: "invalidTypeRcvd",
    flaw: withOctet(0, (octet) => (octet & 0xf0) | 2),
  },
  { name: "a wrong checksum", fate: "checksumErr", flaw: () => ({ spoilsChecksum: true }) },
  { name: "TTL 254", fate: "ipTtlErr", isAgainst: isMulticast, flaw: () => ({ ttl: 254 }) },
  {
    name: "more addresses counted than sent",
    fate: "packetLenErr",
    flaw: withOctet(3, (count) => count + 1),
  },
  {
    name: "fewer addresses counted than sent",
    fate: "packetLenErr",
    flaw: withOctet(3, (count) => count - 1),
  },
  {
    name: "cut off in its addresses",
    fate: "packetLenErr",
    flaw: edited((message) => message.slice(0, 10)),
  },
  {
    name: "cut off in its header",
    fate: "noInstance",
    flaw: edited((message) => message.slice(0, 6)),
  },
  {
    name: "another virtual router",
    fate: "noInstance",
    flaw: () => ({ advert: { virtualRouterId: FREE_VIRTUAL_ROUTER_ID } }),
  },
  {
    name: "a wrong password",
    fate: "authFailure",
    isAgainst: hasPassword,
    flaw: () => ({ advert: { auth: passwordOf("wrong") } }),
  },
  {
    name: "priority 0 with a wrong password",
    fate: "authFailure",
    isAgainst: hasPassword,
    flaw: () => ({ advert: { priority: 0, auth: passwordOf("wrong") } }),
  },
  {
    name: "no authentication",
    fate: "authtypeMismatch",
    isAgainst: hasPassword,
    flaw: withOctet(4, () => 0),
  },
  {
    name: "an unknown authentication",
    fate: "invalidAuthtype",
    isAgainst: hasPassword,
    flaw: withOctet(4, () => 7),
  },
  {
    name: "another interval",
    fate: "advertIntervalErr",
    isAgainst: hasPassword,
    flaw: () => ({ advert: { advertisementIntervalMicros: 5 * SECOND } }),
  },
  {
    name: "interval 0",
    fate: "advertIntervalErr",
    flaw: () => ({ advert: { advertisementIntervalMicros: 0 } }),
  },
  {
    name: "to the node itself instead of the group",
    fate: "castErr",
    isAgainst: isMulticast,
    flaw: ({ holder }) => ({ destination: holder }),
  },
  {
    name: "to the group instead of the node itself",
    fate: "castErr",
    isAgainst: ({ isUnicast }) => isUnicast,
    flaw: () => ({ destination: GROUP }),
  },
  {
    name: "a lower priority and other addresses",
    fate: "harmless",
    flaw: () => ({ advert: { priority: 1, addresses: [ip("203.0.113.99")] } }),
  },
  {
    name: "the holder's own source address",
    fate: "harmless",
    isAgainst: isMulticast,
    flaw: ({ holder }) => ({ source: holder }),
  },
];

/** A valid advert of priority 0. */
export const RESIGNATION: Forgery = {
  name: "priority 0",
  fate: "harmless",
  flaw: () => ({ advert: { priority: 0 } }),
};

/** The whole Ethernet frame of a forged advert. */
export function forgedFrame(forgery: Forgery, target: Target): Uint8Array {
  const packet = forgedPacket(forgery, target);
  const isToGroup = packet.destination === GROUP;
  const header = {
    // A host accepts a packet to its address in a broadcast frame, so its MAC is not needed.
    destination: isToGroup ? GROUP_MAC : BROADCAST_MAC,
    source: target.forgerMac,
    etherType: ETH_P_IP,
  };
  return emitEthernet(header, packet.bytes);
}

/** The IPv4 packet of a forged advert. */
export function forgedPacket({ flaw }: Forgery, target: Target): Ipv4Packet {
  const { instance, holder, forger } = target;
  const { advert, source = forger, edit, spoilsChecksum, ttl = 255 } = flaw(target);
  const { destination = instance.isUnicast ? holder : GROUP } = flaw(target);
  const path = { source, destination };
  const message = emitVrrp({ ...winningAdvert(instance), ...advert }, path);
  const packet = parseIpv4(vrrpPacket({ ...path, ttl }, edit?.(message) ?? message));
  if (packet.kind === "refused") throw new Error(`a forged packet is ${packet.reason}`);
  repairVrrpChecksum(packet);
  if (spoilsChecksum === true) packet.payload.set([(packet.payload[6] as number) ^ 0x55], 6);
  return packet;
}

/** An advert that the holder of an instance would yield to. */
function winningAdvert({ id, version, advertSeconds, addresses }: SoakInstance): VrrpAdvert {
  return {
    version,
    virtualRouterId: id,
    priority: 255,
    advertisementIntervalMicros: advertSeconds * SECOND,
    addresses: addresses.map((address) => ip(bare(address))),
    ...(version === 2 && { auth: passwordOf(PASSWORD) }),
  };
}

/** The authentication of an advert with `password`. */
export function passwordOf(password: string): NonNullable<VrrpAdvert["auth"]> {
  const data = Buffer.from(password.padEnd(8, "\0"), "latin1").toString("hex");
  return { type: VRRP_AUTH_SIMPLE, data };
}
