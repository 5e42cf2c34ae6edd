// The time when a datagram arrived at its socket, so that a delayed process can recognize old adverts.

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

/** The size of the control message with the arrival time. */
export const ARRIVAL_CONTROL_OCTETS = 32;

/** Makes the kernel add the arrival time to each datagram of `fd`. */
export function recordArrivals(fd: number): void {
  setIntOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
}

/**
 * The arrival time from the control messages of a datagram, by CLOCK_REALTIME; undefined if it is missing. That clock
 * may have been set since, so a difference to now is only a hint.
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

/** Reads a 64-bit word as two halves, which avoids a BigInt for each packet. */
function word(view: DataView, at: number): number {
  const high = view.getUint32(at + (isLittleEndian ? 4 : 0), isLittleEndian);
  const low = view.getUint32(at + (isLittleEndian ? 0 : 4), isLittleEndian);
  return high * 0x1_0000_0000 + low;
}
