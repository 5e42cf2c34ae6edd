// When a datagram arrived in its socket: a process that was held up reads adverts whose sender may be dead by now.

import type { Micros } from "../../lib/micros.ts";
import { isLittleEndian } from "../ffi/ffi.ts";
import { SOL_SOCKET, setIntOption } from "./socket.ts";

/** asm-generic/socket.h; the control message carries the same number. */
const SO_TIMESTAMPNS = 35;

/** struct cmsghdr (LP64: length, level, type), then a struct timespec. */
const LEVEL = 8;
const TYPE = 12;
const SECONDS = 16;
const NANOSECONDS = 24;

/** The room for control messages that the arrival time needs. */
export const ARRIVAL_CONTROL_OCTETS = 32;

/** Has the kernel note on each datagram of `fd` when it arrived. */
export function recordArrivals(fd: number): void {
  setIntOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
}

/**
 * When a datagram with these control messages arrived, by CLOCK_REALTIME; undefined if the kernel does not say. That
 * clock may have been set since, so a difference to now is a hint, not a measurement.
 */
export function arrivalOf(control: Uint8Array): Micros | undefined {
  if (control.length < ARRIVAL_CONTROL_OCTETS) return undefined;
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  const isTimestamp =
    view.getInt32(LEVEL, isLittleEndian) === SOL_SOCKET &&
    view.getInt32(TYPE, isLittleEndian) === SO_TIMESTAMPNS;
  if (!isTimestamp) return undefined;
  const seconds = word(view, SECONDS);
  return seconds * 1_000_000 + Math.floor(word(view, NANOSECONDS) / 1_000);
}

/** A 64-bit word as a number, read as halves: a BigInt would be made for each packet. */
function word(view: DataView, at: number): number {
  const high = view.getUint32(at + (isLittleEndian ? 4 : 0), isLittleEndian);
  const low = view.getUint32(at + (isLittleEndian ? 0 : 4), isLittleEndian);
  return high * 0x1_0000_0000 + low;
}
