// A timerfd with microsecond deadlines, for use in an epoll set.

import type { Micros } from "../../lib/micros.ts";
import { call, libc } from "../ffi/ffi.ts";
import { CLOCK_BOOTTIME } from "./clock.ts";

/** linux/timerfd.h, asm-generic/fcntl.h */
const TFD_TIMER_ABSTIME = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;

export interface Timer {
  /** Readable once the deadline is reached, until `drain` or the next `arm`. */
  readonly fd: number;
  /** Sets the deadline in `boottime`, replacing the previous one. A past deadline expires at once. */
  arm(at: Micros): void;
  disarm(): void;
  /** Acknowledges an expiration: `fd` is no longer readable and no deadline is set. */
  drain(): void;
  close(): void;
}

/** Opens a disarmed timer on CLOCK_BOOTTIME. */
export function openTimer(): Timer {
  const fd = call(
    "timerfd_create",
    libc.timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC),
  );
  // struct itimerspec: interval (always zero), then value; each in seconds and nanoseconds.
  const value = new BigInt64Array(4);
  const expirations = new Uint8Array(8);
  let armedAt: Micros | undefined;

  const set = (seconds: number, nanoseconds: number): void => {
    value[2] = BigInt(seconds);
    value[3] = BigInt(nanoseconds);
    call("timerfd_settime", libc.timerfd_settime(fd, TFD_TIMER_ABSTIME, value, null));
  };

  return {
    fd,
    arm(at) {
      if (at === armedAt) return;
      // Zero would disarm the timer.
      const instant = Math.max(1, Math.ceil(at));
      set(Math.floor(instant / 1_000_000), (instant % 1_000_000) * 1_000);
      armedAt = at;
    },
    disarm() {
      if (armedAt === undefined) return;
      set(0, 0);
      armedAt = undefined;
    },
    drain() {
      // EAGAIN if it has not expired.
      if (libc.read(fd, expirations, 8) === 8) armedAt = undefined;
    },
    close() {
      call("close timer", libc.close(fd));
    },
  };
}
