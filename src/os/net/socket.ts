// Functions shared by all kinds of sockets: open, close, options, filters, addresses.

import { type Ip, ipToBytes } from "../../lib/ip.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { addressOf, call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";

// The same on every architecture that Node supports (linux/socket.h, asm-generic/socket.h, linux/in.h).
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_BINDTOIFINDEX = 62;

/** Opens a non-blocking, close-on-exec socket. */
export function openSocket(family: number, type: number, protocol: number): number {
  return call("socket", libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

/** Closes any descriptor. */
export function closeDescriptor(fd: number): void {
  call("close", libc.close(fd));
}

/** Opens a socket and calls `prepare` to set it up; closes it again if that throws. */
export function openPreparedSocket(
  family: number,
  type: number,
  protocol: number,
  prepare: (fd: number) => void,
): number {
  const fd = openSocket(family, type, protocol);
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Sets an int option. `name` is for the error message. */
export function setIntOption(
  fd: number,
  level: number,
  option: number,
  value: number,
  name: string,
): void {
  setBytesOption(fd, level, option, new Uint8Array(Int32Array.of(value).buffer), name);
}

/** Sets an option whose value is a structure. `name` is for the error message. */
export function setBytesOption(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  name: string,
): void {
  call(`setsockopt ${name}`, libc.setsockopt(fd, level, option, value, value.length));
}

/** Reads an int option. `name` is for the error message. */
export function getIntOption(fd: number, level: number, option: number, name: string): number {
  const value = new Int32Array(1);
  call(`getsockopt ${name}`, libc.getsockopt(fd, level, option, value, Uint32Array.of(4)));
  return value[0] as number;
}

/** Binds the socket to an interface for sending and receiving. ENODEV if it does not exist. */
export function bindToDevice(fd: number, interfaceName: string): void {
  const name = new TextEncoder().encode(interfaceName);
  setBytesOption(fd, SOL_SOCKET, SO_BINDTODEVICE, name, `SO_BINDTODEVICE ${interfaceName}`);
}

/** The index of the interface that a socket is bound to; 0 if unbound. It stays when the interface is removed. */
export function boundIndex(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_BINDTOIFINDEX, "SO_BINDTOIFINDEX");
}

/** The name of the interface that a socket is bound to; empty if unbound. */
export function boundDevice(fd: number): string {
  const name = new Uint8Array(16);
  const octets = Uint32Array.of(name.length);
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, octets);
  call("getsockopt SO_BINDTODEVICE", result);
  const end = name.indexOf(0);
  return new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
}

/**
 * Requests a receive buffer for `octets` of payload; the system's limit applies only without CAP_NET_ADMIN. Returns the
 * granted size, which the kernel counts double (man 7 socket).
 */
export function setReceiveBuffer(fd: number, octets: number): number {
  return setBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, octets, "SO_RCVBUF");
}

/** Like `setReceiveBuffer`, for the send buffer. */
export function setSendBuffer(fd: number, octets: number): number {
  return setBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, octets, "SO_SNDBUF");
}

function setBuffer(fd: number, force: number, plain: number, octets: number, name: string): number {
  const value = Int32Array.of(octets);
  if (libc.setsockopt(fd, SOL_SOCKET, force, value, 4) < 0) {
    const errno = lastErrno();
    if (errno !== errnoNumber.EPERM) throw new SystemError(`setsockopt ${name}`, errno);
    setIntOption(fd, SOL_SOCKET, plain, octets, name);
  }
  return getIntOption(fd, SOL_SOCKET, plain, name);
}

/** Binds to a struct sockaddr. */
export function bindAddress(fd: number, address: Uint8Array): void {
  call("bind", libc.bind(fd, address, address.length));
}

/** An instruction of a classic BPF program (linux/filter.h): code, jumps if true and false, operand. */
export type FilterInstruction = readonly [
  code: number,
  whenTrue: number,
  whenFalse: number,
  operand: number,
];

/** A classic BPF program that drops every packet, for sockets that only send. */
export const dropEverything: readonly FilterInstruction[] = [[0x06, 0, 0, 0]];

/** Attaches a classic BPF program that filters incoming packets. */
export function attachFilter(fd: number, program: readonly FilterInstruction[]): void {
  const instructions = new DataView(new ArrayBuffer(8 * program.length));
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    instructions.setUint16(8 * index, code, isLittleEndian);
    instructions.setUint8(8 * index + 2, whenTrue);
    instructions.setUint8(8 * index + 3, whenFalse);
    instructions.setUint32(8 * index + 4, operand, isLittleEndian);
  }
  // struct sock_fprog: the count, then at offset 8 the address of the instructions.
  const header = new DataView(new ArrayBuffer(16));
  header.setUint16(0, program.length, isLittleEndian);
  header.setBigUint64(8, addressOf(instructions.buffer), isLittleEndian);
  const value = new Uint8Array(header.buffer);
  setBytesOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, "SO_ATTACH_FILTER");
}

/** Makes a struct sockaddr_in. */
export function ipv4SocketAddress(address: Ip, port = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  bytes[isLittleEndian ? 0 : 1] = AF_INET;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  bytes.set(ipToBytes(address), 4);
  return bytes;
}

/** The index of an interface in this network namespace. ENODEV if it does not exist. */
export function interfaceIndex(interfaceName: string): number {
  const index = libc.if_nametoindex(interfaceName);
  if (index === 0) throw new SystemError(`index of interface ${interfaceName}`, lastErrno());
  return index;
}
