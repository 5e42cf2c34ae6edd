// Raw IPv4 sockets for VRRP (protocol 112): one receiver and one sender per interface.

import { assert } from "../../lib/assert.ts";
import { type Ip, ipToBytes } from "../../lib/ip.ts";
import { IPPROTO_VRRP } from "../../lib/vrrp.ts";
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

/** A raw socket of this protocol only sends; the caller writes the IP header, of any protocol (man 7 raw). */
const IPPROTO_RAW = 255;
/** Internetwork control (RFC 791 3.1), like keepalived. */
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

/** The default size: more than two thousand adverts while the process is delayed. */
const RECEIVE_BUFFER_OCTETS = 1 << 20;

/** The kernel counts about 770 octets for each advert until the interface has sent it: room for thousands. */
const SEND_BUFFER_OCTETS = 1 << 21;

/**
 * Drops this host's own packets that the kernel's multicast loop returned (linux/if_packet.h PACKET_LOOPBACK). Accepts
 * packets from the wire, even with our source address.
 */
const dropLooped: readonly FilterInstruction[] = [
  [0x20, 0, 0, 0xffff_f004], // load the packet's type (SKF_AD_OFF + SKF_AD_PKTTYPE)
  [0x15, 0, 1, 5], // if it is PACKET_LOOPBACK: drop, else accept
  [0x06, 0, 0, 0],
  [0x06, 0, 0, 0xffff_ffff],
];

/**
 * A receiving socket. Read it with a MessageReader with space for the arrival time; it yields whole IPv4 packets,
 * reassembled, with their headers.
 */
export interface VrrpReceiver {
  readonly fd: number;
  readonly interface: string;
  /** Joins a multicast group on the interface. No error if it is already joined. */
  join(group: Ip): void;
  /** Leaves a group. No error if it is not joined. */
  leave(group: Ip): void;
  close(): void;
}

export interface VrrpReceiverOptions {
  readonly interface: string;
  /** Multicast groups to join. Unicast packets are always received; the engine distinguishes them. */
  readonly groups: readonly Ip[];
  /** Default 1 MiB. */
  readonly receiveBufferOctets?: number;
}

/**
 * Opens a socket that receives every VRRP packet of one interface. An interface that is deleted and created again
 * needs a new socket. EPERM without CAP_NET_RAW, ENODEV without the interface.
 */
export function openVrrpReceiver({
  interface: name,
  groups,
  receiveBufferOctets = RECEIVE_BUFFER_OCTETS,
}: VrrpReceiverOptions): VrrpReceiver {
  const fd = openPreparedSocket(AF_INET, SOCK_RAW, IPPROTO_VRRP, (fd) => {
    // An unbound socket receives from every interface, so drop everything until it is bound.
    attachFilter(fd, dropEverything);
    bindToDevice(fd, name);
    // By default a socket also receives groups that other sockets of this host have joined.
    setIntOption(fd, SOL_IP, IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL");
    setReceiveBuffer(fd, receiveBufferOctets);
    recordArrivals(fd);
    for (const group of groups) joinGroup(fd, group);
    attachFilter(fd, dropLooped);
  });
  return receiver(fd, name);
}

/**
 * Adopts a receiver that another process opened and passed on, with its memberships, filter and queued packets. Throws
 * a SystemError if `fd` is not a VRRP receiver.
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

/** Makes a struct ip_mreqn: group, local address (unused), interface index. */
function membership(group: Ip | undefined, index: number): Uint8Array {
  const bytes = new Uint8Array(12);
  if (group !== undefined) bytes.set(ipToBytes(group));
  new DataView(bytes.buffer).setInt32(8, index, isLittleEndian);
  return bytes;
}

/** One VRRP message and the fields of its IPv4 header. */
export interface OutgoingVrrp {
  /** Any address; this host need not have it. */
  readonly source: Ip;
  readonly destination: Ip;
  readonly ttl: number;
  /** The VRRP message without the IP header. */
  readonly bytes: Uint8Array;
}

export interface VrrpSender {
  readonly fd: number;
  readonly interface: string;
  /**
   * Sends all messages in order by as few system calls as possible, with TOS 0xc0; the kernel sets identification and
   * checksum of the IP header. Returns the failures: EMSGSIZE if a message exceeds the interface's MTU (packets with our
   * own header are not fragmented), ENOBUFS if the interface's full queue dropped it.
   */
  send(messages: readonly OutgoingVrrp[]): SendFailure[];
  close(): void;
}

/**
 * Opens a socket that sends for every instance of one interface. It receives nothing: its filter drops everything.
 * Multicast is not looped back to this host. EPERM without CAP_NET_RAW, ENODEV without the interface.
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
    // ICMP messages must not make the kernel fragment adverts.
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
        assert(octets <= packet.length, "VRRP message exceeds the maximum length");
        const to = cached(destinations, destination, ipv4SocketAddress);
        packet[0] = 0x45;
        packet[1] = TYPE_OF_SERVICE;
        packet[8] = ttl;
        packet[9] = IPPROTO_VRRP;
        packet.set(cached(sources, source, ipToBytes), 12);
        packet.set(to.subarray(4, 8), 16);
        packet.set(bytes, IPV4_HEADER_OCTETS);
        batch.add(packet.subarray(0, octets), to);
      }
      return sendReportingDrops(fd, batch);
    },
    close: () => closeDescriptor(fd),
  };
}

/** `make(key)` with a cache of limited size: a node sends from and to the same few addresses. */
function cached<Key, Value>(cache: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  let value = cache.get(key);
  if (value === undefined) {
    if (cache.size >= 1024) cache.clear();
    value = make(key);
    cache.set(key, value);
  }
  return value;
}
