// Netlink sockets: datagrams to and from the kernel, nobody else's, and the news that the kernel had to drop some.

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

/** What is queued for us: thousands of acknowledgements, or the announcements of a busy second. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
const SEND_BUFFER_OCTETS = 256 * 1024;
/** The kernel makes no dump's datagram longer than this, and no announcement comes near it. */
const DATAGRAM_OCTETS = 32 * 1024;
const DATAGRAMS_A_CALL = 16;

export interface NetlinkSocketOptions {
  /** NETLINK_ROUTE, NETLINK_GENERIC, … of linux/netlink.h. */
  readonly protocol: number;
  /** The multicast groups to hear, by number (RTNLGRP_*); none when not said. */
  readonly groups?: readonly number[];
  /** How much may wait for us, in octets, before the kernel's bookkeeping; 4 MiB when not said. */
  readonly receiveBufferOctets?: number;
}

/** One bound socket. Use one for requests and another for announcements, so that neither can crowd out the other. */
export class NetlinkSocket {
  readonly fd: number;
  /** The port id that the kernel gave it. */
  readonly port: number;
  /** What the kernel granted, as it counts: twice the payload. */
  readonly receiveBufferOctets: number;
  /** Datagrams that did not come from the kernel: dropped unread. */
  foreignDatagrams = 0;
  readonly #reader: MessageReader;

  constructor(fd: number, port: number, receiveBufferOctets: number) {
    this.fd = fd;
    this.port = port;
    this.receiveBufferOctets = receiveBufferOctets;
    this.#reader = new MessageReader({ messages: DATAGRAMS_A_CALL, octets: DATAGRAM_OCTETS });
  }

  /** Sends one datagram to the kernel, which acts on it before this returns. Gives zero, or the errno. */
  send(bytes: Uint8Array): number {
    // Without MSG_DONTWAIT or an address: the socket does not block, and its peer is the kernel.
    return libc.send(this.fd, bytes, bytes.length, 0) < 0 ? lastErrno() : 0;
  }

  /**
   * Hands over up to 16 datagrams that wait, each good until `onDatagram` returns. Gives how many came: zero when
   * nothing is left. `overrun`: since the last time the kernel dropped some, or one was too long.
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
      // ENOBUFS as a rule; any other error (netlink_set_err in the kernel) stands for a lost announcement too.
      () => {
        isOverrun = true;
      },
    );
    return isOverrun ? "overrun" : count;
  }

  /**
   * From now on messages of `type` that the socket with `port` caused are not queued here: what renews thousands of
   * addresses a second need not hear of each. Undoes an earlier call.
   */
  ignore(type: number, port: number): void {
    // The filter loads in network order what netlink writes in the machine's.
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

/** Opens and binds a netlink socket. A SystemError when the kernel doesn't have `protocol` or a group. */
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

/** Older kernels lack these; all of them work without. */
function setOptional(fd: number, option: number, name: string): void {
  try {
    setIntOption(fd, SOL_NETLINK, option, 1, name);
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === errnoNumber.ENOPROTOOPT)) throw error;
  }
}

/** struct sockaddr_nl without a port, which the kernel then chooses. */
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

/** Whether a struct sockaddr_nl names port zero, which only the kernel has. */
function isFromKernel(sender: Uint8Array): boolean {
  return (
    sender.length === ADDRESS_OCTETS &&
    sender[PORT_OFFSET] === 0 &&
    sender[PORT_OFFSET + 1] === 0 &&
    sender[PORT_OFFSET + 2] === 0 &&
    sender[PORT_OFFSET + 3] === 0
  );
}

/** Classic BPF (linux/bpf_common.h) over struct nlmsghdr. */
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
