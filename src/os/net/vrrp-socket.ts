// Raw IPv4 sockets for VRRP (protocol 112): per interface one that receives and one that sends.

import { assert } from "../../lib/assert.ts";
import { type Ip, ipToBytes } from "../../lib/ip.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, isLittleEndian, libc } from "../ffi/ffi.ts";
import { recordArrivals } from "./arrival-time.ts";
import { sendReportingDrops } from "./drop-reports.ts";
import { MessageBatch, type SendFailure } from "./message-batch.ts";
import {
  AF_INET,
  attachFilter,
  bindToDevice,
  boundDevice,
  boundIndex,
  closeDescriptor,
  dropEverything,
  type FilterInstruction,
  getIntOption,
  ipv4SocketAddress,
  openPreparedSocket,
  SOCK_RAW,
  SOL_IP,
  SOL_SOCKET,
  setBytesOption,
  setIntOption,
  setReceiveBuffer,
  setSendBuffer,
} from "./socket.ts";

/** RFC 9568 5.1.1.4 */
const IPPROTO_VRRP = 112;
/** A raw socket of this protocol only sends, with headers of its own, whatever their protocol (man 7 raw). */
const IPPROTO_RAW = 255;
/** Internetwork control (RFC 791 3.1), as keepalived sends. */
const TYPE_OF_SERVICE = 0xc0;
const IPV4_HEADER_OCTETS = 20;

/** linux/in.h, asm-generic/socket.h, linux/pkt_sched.h */
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_INTERFACE = 4;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_MULTICAST_ALL = 49;
const SO_PRIORITY = 12;
const SO_PROTOCOL = 38;
const SO_DOMAIN = 39;
const TC_PRIO_CONTROL = 7;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** The octets asked for when nothing else is said: over two thousand adverts while the process is held up. */
const RECEIVE_BUFFER_OCTETS = 1 << 20;

/** The kernel counts some 770 octets for an advert until the interface has sent it: thousands may wait there. */
const SEND_BUFFER_OCTETS = 1 << 21;

/**
 * Drops what this host itself sent and was given back by the kernel's multicast loop (linux/if_packet.h
 * PACKET_LOOPBACK); keeps all else, also frames with our source address that came by the wire.
 */
const dropLooped: readonly FilterInstruction[] = [
  [0x20, 0, 0, 0xffff_f004], // load the packet's type (SKF_AD_OFF + SKF_AD_PKTTYPE)
  [0x15, 0, 1, 5], // equal to PACKET_LOOPBACK: the next one, else the one after
  [0x06, 0, 0, 0],
  [0x06, 0, 0, 0xffff_ffff],
];

/** To be read with a MessageReader, with room for the arrival time: whole IPv4 packets, header included, reassembled if they were in fragments. */
export interface VrrpReceiver {
  readonly fd: number;
  readonly interface: string;
  /** Becomes a member of a multicast group on the interface; once more is no error. */
  join(group: Ip): void;
  /** Leaves a group; one that it is no member of is no error. */
  leave(group: Ip): void;
  close(): void;
}

export interface VrrpReceiverOptions {
  readonly interface: string;
  /** Multicast groups. Unicast packets are received in any case: the engine tells them apart. */
  readonly groups: readonly Ip[];
  /** 1 MiB when not said. */
  readonly receiveBufferOctets?: number;
}

/**
 * A socket that gets every VRRP packet of one interface. It is tied to the interface as it is now: one that goes
 * away and comes back needs a new socket. EPERM without CAP_NET_RAW, ENODEV without the interface.
 */
export function openVrrpReceiver({
  interface: name,
  groups,
  receiveBufferOctets = RECEIVE_BUFFER_OCTETS,
}: VrrpReceiverOptions): VrrpReceiver {
  const fd = openPreparedSocket(AF_INET, SOCK_RAW, IPPROTO_VRRP, (fd) => {
    // Before it is bound it gets the packets of every interface, so first of all it gets none.
    attachFilter(fd, dropEverything);
    bindToDevice(fd, name);
    // Else it would also get the groups that other sockets of this host have joined.
    setIntOption(fd, SOL_IP, IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL");
    setReceiveBuffer(fd, receiveBufferOctets);
    recordArrivals(fd);
    for (const group of groups) joinGroup(fd, group);
    attachFilter(fd, dropLooped);
  });
  return receiver(fd, name);
}

/**
 * Takes over a receiver that another process opened and handed down: with its memberships, its filter and what is
 * queued. An Error when `fd` is not such a socket.
 */
export function adoptVrrpReceiver(fd: number): VrrpReceiver {
  const isReceiver =
    getIntOption(fd, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN") === AF_INET &&
    getIntOption(fd, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL") === IPPROTO_VRRP;
  const name = isReceiver ? boundDevice(fd) : "";
  if (name === "") {
    const detail = "not a VRRP socket that is bound to an interface";
    throw new SystemError(`adopt descriptor ${fd}`, errnoNumber.EINVAL, detail);
  }
  call("fcntl F_SETFD", libc.fcntl(fd, F_SETFD, FD_CLOEXEC));
  return receiver(fd, name);
}

function receiver(fd: number, name: string): VrrpReceiver {
  return {
    fd,
    interface: name,
    join: (group) => joinGroup(fd, group),
    leave: (group) => leaveGroup(fd, group),
    close: () => closeDescriptor(fd),
  };
}

function joinGroup(fd: number, group: Ip): void {
  ignoring(errnoNumber.EADDRINUSE, () => {
    const member = membership(group, boundIndex(fd));
    setBytesOption(fd, SOL_IP, IP_ADD_MEMBERSHIP, member, `IP_ADD_MEMBERSHIP ${group}`);
  });
}

function leaveGroup(fd: number, group: Ip): void {
  ignoring(errnoNumber.EADDRNOTAVAIL, () => {
    const member = membership(group, boundIndex(fd));
    setBytesOption(fd, SOL_IP, IP_DROP_MEMBERSHIP, member, `IP_DROP_MEMBERSHIP ${group}`);
  });
}

function ignoring(errno: number, operation: () => void): void {
  try {
    operation();
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== errno) throw error;
  }
}

/** struct ip_mreqn: group, local address (unused), interface index. */
function membership(group: Ip | undefined, index: number): Uint8Array {
  const bytes = new Uint8Array(12);
  if (group !== undefined) bytes.set(ipToBytes(group));
  new DataView(bytes.buffer).setInt32(8, index, isLittleEndian);
  return bytes;
}

/** One VRRP message and the fields of its IPv4 header. */
export interface OutgoingVrrp {
  /** Any address, also one that this host does not have. */
  readonly source: Ip;
  readonly destination: Ip;
  readonly ttl: number;
  /** The message without IP header. */
  readonly bytes: Uint8Array;
}

export interface VrrpSender {
  readonly fd: number;
  readonly interface: string;
  /**
   * Sends all messages in order by as few system calls as possible, with TOS 0xc0; the kernel fills in the header's
   * identification and checksum. Gives those that did not leave. A message that does not fit the interface's MTU is
   * EMSGSIZE: packets with a header of our own are never cut into fragments. One that the interface's full queue drops
   * is ENOBUFS.
   */
  send(messages: readonly OutgoingVrrp[]): SendFailure[];
  close(): void;
}

/**
 * A socket that sends for every instance of one interface and receives nothing: its protocol is one that nobody
 * sends, and a filter drops even that. Multicast is not looped back to this host. EPERM without CAP_NET_RAW, ENODEV
 * without the interface.
 */
export function openVrrpSender({ interface: name }: { readonly interface: string }): VrrpSender {
  const fd = openPreparedSocket(AF_INET, SOCK_RAW, IPPROTO_RAW, (fd) => {
    attachFilter(fd, dropEverything);
    bindToDevice(fd, name);
    const value = membership(undefined, boundIndex(fd));
    setBytesOption(fd, SOL_IP, IP_MULTICAST_IF, value, `IP_MULTICAST_IF ${name}`);
    setIntOption(fd, SOL_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP");
    setIntOption(fd, SOL_SOCKET, SO_PRIORITY, TC_PRIO_CONTROL, "SO_PRIORITY");
    setSendBuffer(fd, SEND_BUFFER_OCTETS);
    // ICMP messages must not make the kernel cut adverts into fragments.
    setIntOption(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE, "IP_MTU_DISCOVER");
  });
  const batch = new MessageBatch();
  const packet = new Uint8Array(2048);
  const destinations = new Map<Ip, Uint8Array>();
  const sources = new Map<Ip, Uint8Array>();

  return {
    fd,
    interface: name,
    send(messages) {
      for (const { source, destination, ttl, bytes } of messages) {
        const octets = IPV4_HEADER_OCTETS + bytes.length;
        assert(octets <= packet.length, "a VRRP message is longer than any can be");
        const to = remembered(destinations, destination, ipv4SocketAddress);
        packet[0] = 0x45;
        packet[1] = TYPE_OF_SERVICE;
        packet[8] = ttl;
        packet[9] = IPPROTO_VRRP;
        packet.set(remembered(sources, source, ipToBytes), 12);
        packet.set(to.subarray(4, 8), 16);
        packet.set(bytes, IPV4_HEADER_OCTETS);
        batch.add(packet.subarray(0, octets), to);
      }
      return sendReportingDrops(fd, batch);
    },
    close: () => closeDescriptor(fd),
  };
}

/** `make(key)` from a memory of limited size: a node sends from and to the same few addresses all the time. */
function remembered<Key, Value>(
  memory: Map<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  let value = memory.get(key);
  if (value === undefined) {
    if (memory.size >= 1024) memory.clear();
    value = make(key);
    memory.set(key, value);
  }
  return value;
}
