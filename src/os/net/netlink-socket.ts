// Netlink sockets: datagrams to and from the kernel only, with a report when the kernel dropped some.

import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";
import { MessageReader } from "./message-reader.ts";
import {
  AF_NETLINK,
  attachFilter,
  bindAddress,
  closeDescriptor,
  openPreparedSocket,
  SOCK_RAW,
  setIntOption,
  setReceiveBuffer,
  setSendBuffer,
} from "./socket.ts";

/** linux/netlink.h; SOL_NETLINK is libc's. */
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const ADDRESS_OCTETS = 12;
const PORT_OFFSET = 4;

/** Enough for thousands of acknowledgements, or the notifications of a busy second. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
const SEND_BUFFER_OCTETS = 256 * 1024;
/** The kernel's maximum for a datagram of a dump; notifications are much shorter. */
const DATAGRAM_OCTETS = 32 * 1024;
const DATAGRAMS_PER_CALL = 16;

export interface NetlinkSocketOptions {
  /** NETLINK_ROUTE, NETLINK_GENERIC, … of linux/netlink.h. */
  readonly protocol: number;
  /** The multicast groups to join (RTNLGRP_*); default none. */
  readonly groups?: readonly number[];
  /** The receive buffer in octets, without the kernel's overhead; default 4 MiB. */
  readonly receiveBufferOctets?: number;
}

/** A bound socket. Use separate sockets for requests and notifications, so that neither can fill the other's buffer. */
export class NetlinkSocket {
  readonly fd: number;
  /** The port id assigned by the kernel. */
  readonly port: number;
  /** The granted size as the kernel counts: twice the payload. */
  readonly receiveBufferOctets: number;
  /** The number of dropped datagrams that did not come from the kernel. */
  foreignDatagrams = 0;
  readonly #reader: MessageReader;

  constructor(fd: number, port: number, receiveBufferOctets: number) {
    this.fd = fd;
    this.port = port;
    this.receiveBufferOctets = receiveBufferOctets;
    this.#reader = new MessageReader({ messages: DATAGRAMS_PER_CALL, octets: DATAGRAM_OCTETS });
  }

  /** Sends a datagram to the kernel, which handles it before this returns. Returns 0 or the errno. */
  send(bytes: Uint8Array): number {
    // Neither MSG_DONTWAIT nor an address: the socket is non-blocking, and its default peer is the kernel.
    return libc.send(this.fd, bytes, bytes.length, 0) < 0 ? lastErrno() : 0;
  }

  /**
   * Passes up to 16 queued datagrams to `onDatagram`; each is valid until it returns. Returns the number read, zero if
   * the queue is empty, or `overrun` if datagrams were lost since the last call (full buffer, or a datagram too long).
   */
  receive(onDatagram: (bytes: Uint8Array) => void): number | "overrun" {
    let isOverrun = false;
    const count = this.#reader.receive(
      this.fd,
      (bytes, meta) => {
        if (!isFromKernel(meta.sender)) this.foreignDatagrams++;
        else if (meta.truncated) isOverrun = true;
        else onDatagram(bytes);
      },
      // Usually ENOBUFS. Any other error (netlink_set_err in the kernel) means a lost notification too.
      () => {
        isOverrun = true;
      },
    );
    return isOverrun ? "overrun" : count;
  }

  /**
   * Filters out notifications of `type` that requests from the socket `port` caused, such as thousands of address
   * renewals a second. Replaces the filter of an earlier call.
   */
  ignore(type: number, port: number): void {
    // The filter loads words in network order; netlink uses host order.
    const swap = isLittleEndian;
    attachFilter(this.fd, [
      [LOAD_HALF, 0, 0, TYPE_OFFSET],
      [JUMP_IF_EQUAL, 0, 3, swap ? swap16(type) : type],
      [LOAD_WORD, 0, 0, MESSAGE_PORT_OFFSET],
      [JUMP_IF_EQUAL, 0, 1, swap ? swap32(port) : port],
      [RETURN, 0, 0, 0],
      [RETURN, 0, 0, 0xffff_ffff],
    ]);
  }

  close(): void {
    closeDescriptor(this.fd);
  }
}

/** Opens and binds a netlink socket. Throws a SystemError if the kernel lacks `protocol` or a group. */
export function openNetlinkSocket(options: NetlinkSocketOptions): NetlinkSocket {
  const { protocol, groups = [], receiveBufferOctets = RECEIVE_BUFFER_OCTETS } = options;
  let granted = 0;
  const fd = openPreparedSocket(AF_NETLINK, SOCK_RAW, protocol, (descriptor) => {
    granted = setReceiveBuffer(descriptor, receiveBufferOctets);
    setSendBuffer(descriptor, SEND_BUFFER_OCTETS);
    setOptional(descriptor, NETLINK_EXT_ACK, "NETLINK_EXT_ACK");
    setOptional(descriptor, NETLINK_CAP_ACK, "NETLINK_CAP_ACK");
    setOptional(descriptor, NETLINK_GET_STRICT_CHK, "NETLINK_GET_STRICT_CHK");
    bindAddress(descriptor, socketAddress());
    for (const group of groups) {
      setIntOption(
        descriptor,
        SOL_NETLINK,
        NETLINK_ADD_MEMBERSHIP,
        group,
        `netlink group ${group}`,
      );
    }
  });
  return new NetlinkSocket(fd, readPort(fd), granted);
}

/** Sets an option that older kernels lack and that is not required. */
function setOptional(fd: number, option: number, name: string): void {
  try {
    setIntOption(fd, SOL_NETLINK, option, 1, name);
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === errnoNumber.ENOPROTOOPT)) throw error;
  }
}

/** struct sockaddr_nl with port 0: the kernel assigns one. */
function socketAddress(): Uint8Array {
  const address = new Uint8Array(ADDRESS_OCTETS);
  address[isLittleEndian ? 0 : 1] = AF_NETLINK;
  return address;
}

function readPort(fd: number): number {
  const address = new Uint8Array(ADDRESS_OCTETS);
  const octets = Uint32Array.of(ADDRESS_OCTETS);
  call("getsockname", libc.getsockname(fd, address, octets));
  return new DataView(address.buffer).getUint32(PORT_OFFSET, isLittleEndian);
}

/** True if a struct sockaddr_nl has port 0, which is the kernel's. */
function isFromKernel(sender: Uint8Array): boolean {
  return (
    sender.length === ADDRESS_OCTETS &&
    sender[PORT_OFFSET] === 0 &&
    sender[PORT_OFFSET + 1] === 0 &&
    sender[PORT_OFFSET + 2] === 0 &&
    sender[PORT_OFFSET + 3] === 0
  );
}

/** Classic BPF opcodes (linux/bpf_common.h) and offsets in struct nlmsghdr. */
const LOAD_HALF = 0x28;
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const TYPE_OFFSET = 4;
const MESSAGE_PORT_OFFSET = 12;

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

function swap32(value: number): number {
  return ((swap16(value & 0xffff) << 16) | swap16(value >>> 16)) >>> 0;
}
