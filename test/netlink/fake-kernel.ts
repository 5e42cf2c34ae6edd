// A fake of the kernel's rtnetlink: maps requests to answers and notifications, with links, addresses and lifetimes on a
// given clock. Modelled on a 6.18 kernel; kernel-contract.ts tests both.

import { defined } from "../../src/lib/assert.ts";
import { ipFamily, ipToBytes } from "../../src/lib/ip.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import { type Address, decodeAddress } from "../../src/netlink/address.ts";
import { AttributeReader } from "../../src/netlink/attribute.ts";
import { readU32 } from "../../src/netlink/host-order.ts";
import type { Link } from "../../src/netlink/link.ts";
import { MESSAGE_HEADER_OCTETS, type Message, splitMessages } from "../../src/netlink/message.ts";
import type { NetlinkTransport } from "../../src/netlink/requester.ts";
import { EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV, EOPNOTSUPP } from "../../src/netlink/uapi/errno.ts";
import { IFF_RUNNING, IFF_UP } from "../../src/netlink/uapi/if.ts";
import { IFA_F_PERMANENT, IFA_F_SECONDARY } from "../../src/netlink/uapi/if-addr.ts";
import { IFLA_IFNAME } from "../../src/netlink/uapi/if-link.ts";
import {
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_MULTI,
  NLM_F_REPLACE,
} from "../../src/netlink/uapi/netlink.ts";
import * as rt from "../../src/netlink/uapi/rtnetlink.ts";
import {
  KERNEL,
  type Origin,
  writeAddress,
  writeDone,
  writeLink,
  writeVerdict,
} from "./announce.ts";

/** The kernel's accounting overhead for a queued datagram. */
const BOOKKEEPING_OCTETS = 768;
const DEFAULT_BUFFER_OCTETS = 8 << 20;

/** An address with its lifetimes as instants. */
interface HeldAddress {
  readonly address: Address;
  readonly validUntil: Micros | undefined;
  readonly preferredUntil: Micros | undefined;
  /** IPv4: link, prefix length and network. The primary address takes the others of its subnet with it. */
  readonly subnet: string | undefined;
}

/** Why a request was refused: errno and the kernel's error text. */
type Refusal = readonly [errno: number, text: string | undefined];

/** One socket of the fake kernel: a queue that overflows as the kernel's does. */
export class FakeSocket implements NetlinkTransport {
  readonly port: number;
  readonly groups: ReadonlySet<number>;
  readonly receiveBufferOctets: number;
  readonly #answer: (request: Uint8Array, socket: FakeSocket) => void;
  #queue: Uint8Array[] = [];
  #queuedOctets = 0;
  #overrun = false;
  /** Number of datagrams sent. */
  sends = 0;

  constructor(
    port: number,
    groups: readonly number[],
    receiveBufferOctets: number,
    answer: (request: Uint8Array, socket: FakeSocket) => void,
  ) {
    this.port = port;
    this.groups = new Set(groups);
    this.receiveBufferOctets = receiveBufferOctets;
    this.#answer = answer;
  }

  send(bytes: Uint8Array): number {
    this.sends++;
    this.#answer(Uint8Array.from(bytes), this);
    return 0;
  }

  receive(onDatagram: (bytes: Uint8Array) => void): number | "overrun" {
    if (this.#overrun) {
      this.#overrun = false;
      return "overrun";
    }
    const batch = this.#queue.splice(0, 16);
    for (const bytes of batch) {
      this.#queuedOctets -= bytes.length + BOOKKEEPING_OCTETS;
      onDatagram(bytes);
    }
    return batch.length;
  }

  /** Queues a datagram, or drops it and records the overrun. */
  queue(bytes: Uint8Array): void {
    if (this.#queuedOctets > this.receiveBufferOctets) {
      this.#overrun = true;
      return;
    }
    this.#queuedOctets += bytes.length + BOOKKEEPING_OCTETS;
    this.#queue.push(bytes);
  }
}

/** An Ethernet link, up and running. */
export function ethernetLink(index: number, name: string): Link {
  return {
    index,
    name,
    flags: IFF_UP | IFF_RUNNING,
    operstate: 6,
    mtu: 1500,
    hardwareType: 1,
    mac: `02:00:00:00:00:${index.toString(16).padStart(2, "0")}`,
    master: undefined,
    lower: undefined,
    lowerNamespace: undefined,
    kind: "veth",
  };
}

export class FakeKernel {
  readonly #now: () => Micros;
  readonly #sockets: FakeSocket[] = [];
  readonly #links = new Map<number, Link>();
  readonly #promotes = new Set<number>();
  #addresses: HeldAddress[] = [];
  #nextIndex = 1;
  #nextPort = 4001;

  constructor(now: () => Micros) {
    this.#now = now;
  }

  open(
    groups: readonly number[] = [],
    receiveBufferOctets: number = DEFAULT_BUFFER_OCTETS,
  ): FakeSocket {
    const socket = new FakeSocket(this.#nextPort++, groups, receiveBufferOctets, (bytes, sender) =>
      this.#receive(bytes, sender),
    );
    this.#sockets.push(socket);
    return socket;
  }

  /** Adds an Ethernet link, up and running; returns its index. */
  addLink(name: string): number {
    const index = this.#nextIndex++;
    this.#setLink(ethernetLink(index, name));
    return index;
  }

  changeLink(name: string, change: { name?: string; up?: boolean; mtu?: number }): void {
    const link = this.#linkByName(name);
    const up = change.up ?? (link.flags & IFF_UP) !== 0;
    this.#setLink({
      ...link,
      name: change.name ?? link.name,
      mtu: change.mtu ?? link.mtu,
      flags: up ? IFF_UP | IFF_RUNNING : 0,
      operstate: up ? 6 : 2,
    });
    if (!up) this.#flush((held) => isOf(held, link.index) && isIpv6(held));
  }

  removeLink(name: string): void {
    const link = this.#linkByName(name);
    const down = { ...link, flags: 0, operstate: 2 };
    this.#setLink(down);
    this.#flush((held) => isOf(held, link.index));
    this.#links.delete(link.index);
    this.#announce(rt.RTNLGRP_LINK, writeLink(rt.RTM_DELLINK, 0, KERNEL, down));
  }

  /** net.ipv4.conf.NAME.promote_secondaries. */
  setPromoteSecondaries(name: string, on: boolean): void {
    const { index } = this.#linkByName(name);
    if (on) this.#promotes.add(index);
    else this.#promotes.delete(index);
  }

  /** Removes expired addresses. The real kernel does so up to a second late. */
  expire(): void {
    const now = this.#now();
    for (const held of this.#addresses) {
      const { validUntil } = held;
      if (validUntil !== undefined && validUntil <= now) this.#remove(held, KERNEL);
    }
  }

  #receive(bytes: Uint8Array, socket: FakeSocket): void {
    splitMessages(bytes, (message) => {
      const origin = { sequence: message.sequence, port: socket.port };
      const request = bytes.subarray(message.payload.byteOffset - MESSAGE_HEADER_OCTETS);
      if ((message.flags & NLM_F_DUMP) === NLM_F_DUMP && isQuestion(message.type)) {
        this.#dump(message, origin, socket);
        return;
      }
      const refusal = this.#perform(message, origin, socket);
      if (refusal !== undefined) socket.queue(writeVerdict(origin, request, ...refusal));
      else if ((message.flags & NLM_F_ACK) !== 0) {
        socket.queue(writeVerdict(origin, request, 0, undefined));
      }
    });
  }

  #dump(message: Message, origin: Origin, socket: FakeSocket): void {
    if (message.type === rt.RTM_GETLINK) {
      for (const link of this.#links.values()) {
        socket.queue(writeLink(rt.RTM_NEWLINK, NLM_F_MULTI, origin, link));
      }
    } else {
      for (const held of this.#addresses) {
        socket.queue(writeAddress(rt.RTM_NEWADDR, NLM_F_MULTI, origin, this.#describe(held)));
      }
    }
    socket.queue(writeDone(origin));
  }

  #perform(message: Message, origin: Origin, socket: FakeSocket): Refusal | undefined {
    switch (message.type) {
      case rt.RTM_GETLINK: {
        const link = this.#find(message);
        if (link === undefined) return [ENODEV, undefined];
        socket.queue(writeLink(rt.RTM_NEWLINK, 0, origin, link));
        return undefined;
      }
      case rt.RTM_NEWADDR:
      case rt.RTM_DELADDR: {
        const address = decodeAddress({ ...message, type: rt.RTM_NEWADDR });
        if (typeof address === "string") return [EINVAL, undefined];
        if (!this.#links.has(address.index)) return noDevice(address);
        return message.type === rt.RTM_NEWADDR
          ? this.#newAddress(address, message.flags, origin)
          : this.#deleteAddress(address, origin);
      }
      default:
        return [EOPNOTSUPP, undefined];
    }
  }

  #find(message: Message): Link | undefined {
    const index = readU32(message.payload, 4);
    if (index !== 0) return this.#links.get(index);
    const attributes = new AttributeReader(message.payload, 16, message.payload.length);
    while (attributes.next()) {
      if (attributes.type !== IFLA_IFNAME) continue;
      const name = attributes.text();
      return [...this.#links.values()].find((link) => link.name === name);
    }
    return undefined;
  }

  #newAddress(address: Address, flags: number, origin: Origin): Refusal | undefined {
    const ipv6 = ipFamily(address.address) === 6;
    const { validSeconds, preferredSeconds } = address;
    if (validSeconds === 0 || (preferredSeconds ?? Infinity) > (validSeconds ?? Infinity)) {
      return [EINVAL, ipv6 ? "ipv6: address lifetime invalid" : "ipv4: address lifetime invalid"];
    }
    const existing = this.#addresses.findIndex(({ address: other }) => isSame(other, address));
    const before = this.#addresses[existing];
    if (before === undefined) return this.#insert(address, origin);
    if ((flags & NLM_F_EXCL) !== 0 || (flags & NLM_F_REPLACE) === 0) {
      return [EEXIST, ipv6 ? "ipv6: address already assigned" : "ipv4: Address already assigned"];
    }
    // IPv4 changes only the lifetimes and the protocol, IPv6 the flags too.
    const kept = ipv6 ? address.flags : before.address.flags & IFA_F_SECONDARY;
    const renewed = this.#hold(
      { ...before.address, flags: kept, protocol: address.protocol },
      address,
    );
    this.#addresses[existing] = renewed;
    this.#announceAddress(rt.RTM_NEWADDR, renewed, origin);
    return undefined;
  }

  #insert(address: Address, origin: Origin): Refusal | undefined {
    const ipv6 = ipFamily(address.address) === 6;
    const mates = this.#mates(subnetOf(address));
    if (mates.some((held) => held.address.scope !== address.scope)) {
      return [EINVAL, "ipv4: Invalid scope value"];
    }
    const { name } = defined(this.#links.get(address.index), "link");
    const held = this.#hold(
      {
        ...address,
        label: ipv6 ? undefined : (address.label ?? name),
        scope: ipv6 ? 0 : address.scope,
        flags: address.flags | (mates.length > 0 ? IFA_F_SECONDARY : 0),
      },
      address,
    );
    this.#addresses.push(held);
    this.#announceAddress(rt.RTM_NEWADDR, held, origin);
    return undefined;
  }

  #deleteAddress(key: Address, origin: Origin): Refusal | undefined {
    const held = this.#addresses.find(({ address }) => isSame(address, key));
    if (held === undefined) {
      const ipv6 = ipFamily(key.address) === 6;
      return [EADDRNOTAVAIL, ipv6 ? "ipv6: address not found" : "ipv4: Address not found"];
    }
    this.#remove(held, origin);
    return undefined;
  }

  /** Removes an address. A primary one takes the others of its subnet with it, unless the second is promoted. */
  #remove(held: HeldAddress, origin: Origin): void {
    if (!this.#addresses.includes(held)) return;
    const { address } = held;
    const isFirst = (address.flags & IFA_F_SECONDARY) === 0;
    const mates = isFirst ? this.#mates(held.subnet).filter((other) => other !== held) : [];
    const promoted = this.#promotes.has(address.index) ? mates[0] : undefined;
    const removed = promoted === undefined ? [...mates, held] : [held];
    for (const gone of removed) this.#announceAddress(rt.RTM_DELADDR, gone, origin);
    this.#addresses = this.#addresses.filter((other) => !removed.includes(other));
    if (promoted === undefined) return;
    const first = {
      ...promoted,
      address: { ...promoted.address, flags: promoted.address.flags & ~IFA_F_SECONDARY },
    };
    this.#addresses[this.#addresses.indexOf(promoted)] = first;
    this.#announceAddress(rt.RTM_NEWADDR, first, origin);
  }

  #mates(subnet: string | undefined): HeldAddress[] {
    if (subnet === undefined) return [];
    return this.#addresses.filter((held) => held.subnet === subnet);
  }

  #flush(isGone: (held: HeldAddress) => boolean): void {
    const gone = this.#addresses.filter(isGone);
    this.#addresses = this.#addresses.filter((held) => !gone.includes(held));
    for (const held of gone) this.#announceAddress(rt.RTM_DELADDR, held, KERNEL);
  }

  #hold(address: Address, lifetime: Address): HeldAddress {
    const until = (seconds: number | undefined): Micros | undefined =>
      seconds === undefined ? undefined : this.#now() + seconds * SECOND;
    const permanent = lifetime.validSeconds === undefined ? IFA_F_PERMANENT : 0;
    return {
      address: { ...address, flags: (address.flags & ~IFA_F_PERMANENT) | permanent },
      validUntil: until(lifetime.validSeconds),
      preferredUntil: until(lifetime.preferredSeconds),
      subnet: subnetOf(address),
    };
  }

  /** The address with its remaining lifetimes. */
  #describe(held: HeldAddress): Address {
    const left = (until: Micros | undefined): number | undefined =>
      until === undefined ? undefined : Math.max(0, Math.ceil((until - this.#now()) / SECOND));
    return {
      ...held.address,
      validSeconds: left(held.validUntil),
      preferredSeconds: left(held.preferredUntil),
    };
  }

  #setLink(link: Link): void {
    this.#links.set(link.index, link);
    this.#announce(rt.RTNLGRP_LINK, writeLink(rt.RTM_NEWLINK, 0, KERNEL, link));
  }

  #linkByName(name: string): Link {
    return defined(
      [...this.#links.values()].find((link) => link.name === name),
      `link ${name}`,
    );
  }

  #announceAddress(type: number, held: HeldAddress, origin: Origin): void {
    // For IPv6 the kernel does not report the requester.
    const [group, reported] = isIpv6(held)
      ? [rt.RTNLGRP_IPV6_IFADDR, KERNEL]
      : [rt.RTNLGRP_IPV4_IFADDR, origin];
    this.#announce(group, writeAddress(type, 0, reported, this.#describe(held)));
  }

  #announce(group: number, bytes: Uint8Array): void {
    for (const socket of this.#sockets) {
      if (socket.groups.has(group)) socket.queue(bytes);
    }
  }
}

function isQuestion(type: number): boolean {
  return type === rt.RTM_GETLINK || type === rt.RTM_GETADDR;
}

function noDevice({ address }: Address): Refusal {
  return [
    ENODEV,
    ipFamily(address) === 6 ? "ipv6: Unable to find the interface" : "ipv4: Device not found",
  ];
}

function isOf(held: HeldAddress, index: number): boolean {
  return held.address.index === index;
}

function isIpv6(held: HeldAddress): boolean {
  return ipFamily(held.address.address) === 6;
}

function isSame(a: Address, b: Address): boolean {
  return a.index === b.index && a.address === b.address && a.prefixLength === b.prefixLength;
}

function subnetOf({ index, address, prefixLength, peer }: Address): string | undefined {
  if (ipFamily(address) === 6) return undefined;
  const value = ipToBytes(peer ?? address).reduce((sum, octet) => sum * 256 + octet, 0);
  return `${index} ${prefixLength} ${Math.floor(value / 2 ** (32 - prefixLength))}`;
}
