// The system log: datagrams to /dev/log, never waiting, and found again when the log daemon was restarted.

import type { LogLevel } from "../../lib/log.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";
import { openPreparedSocket, SOCK_DGRAM } from "../net/socket.ts";
import { createBackoff } from "./backoff.ts";
import { syslogTime } from "./log-text.ts";
import { waitUntilWritable } from "./writable.ts";

const AF_UNIX = 1;
const SUN_PATH_OCTETS = 108;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** A log daemon's queue holds ten records by default (net.unix.max_dgram_qlen): a burst has to wait for it. */
const MAX_PENDING_OCTETS = 262_144;
const RETRY_FULL_MILLIS = 5;
const LAST_RETRY_FULL_MILLIS = 320;
/** How long a missing /dev/log is not looked for again, at first and at last: containers often have none. */
const RETRY_ABSENT_MILLIS = 1_000;
const LAST_RETRY_ABSENT_MILLIS = 32_000;

/** LOG_* of syslog.h. */
const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

export interface SyslogSink {
  /** Sends a record, or keeps it until the log daemon takes it. */
  write(level: LogLevel, text: string): void;
  /** Sends what is kept, waiting for a slow daemon for `millis` at most, and closes the socket. */
  close(millis: number): void;
  /** How many records were thrown away since too many waited. */
  lost(): number;
}

export interface SyslogOptions {
  /** `Keepalived_vrrp`. */
  readonly ident: string;
  /** LOG_* of syslog.h, not shifted: daemon is 3. */
  readonly facility: number;
  readonly pid?: number;
  readonly path?: string;
  readonly now?: () => Date;
}

/**
 * A sink that sends `<PRI>TIME IDENT[PID]: text`. Nothing waits for the log daemon: what its queue doesn't take, and
 * what comes while there is none, is kept up to a limit and sent soon after; what is beyond that is counted and
 * reported in its place.
 */
export function createSyslogSink(options: SyslogOptions): SyslogSink {
  const { ident, facility, path = "/dev/log", pid = process.pid } = options;
  const now = options.now ?? (() => new Date());
  let fd: number | undefined;
  let lookAgainAt = 0;
  let pending: Buffer[] = [];
  let pendingOctets = 0;
  let lost = 0;
  let unreported = 0;
  let timer: NodeJS.Timeout | undefined;
  const absence = createBackoff(RETRY_ABSENT_MILLIS, LAST_RETRY_ABSENT_MILLIS);
  const fullness = createBackoff(RETRY_FULL_MILLIS, LAST_RETRY_FULL_MILLIS);

  const keep = (level: LogLevel, text: string): void => {
    const priority = facility * 8 + SEVERITIES[level];
    const record = Buffer.from(`<${priority}>${syslogTime(now())} ${ident}[${pid}]: ${text}`);
    pending.push(record);
    pendingOctets += record.length;
  };
  const disconnect = (): void => {
    if (fd !== undefined) libc.close(fd);
    fd = undefined;
  };
  const connectAgain = (): boolean => {
    if (fd === undefined && performance.now() >= lookAgainAt) {
      fd = connect(path);
      if (fd === undefined) lookAgainAt = performance.now() + absence.next();
      else absence.reset();
    }
    return fd !== undefined;
  };
  const drain = (): void => {
    let sent = 0;
    // A daemon that was restarted has a new socket: one more connection for one drain, not more.
    let connections = 2;
    while (sent < pending.length && connections > 0 && connectAgain()) {
      const record = pending[sent] as Buffer;
      if (libc.send(fd as number, record, record.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        pendingOctets -= record.length;
        sent++;
        continue;
      }
      const errno = lastErrno();
      if (errno === errnoNumber.EAGAIN || errno === errnoNumber.ENOBUFS) break;
      disconnect();
      connections--;
    }
    if (sent === 0) return;
    pending = pending.slice(sent);
    fullness.reset();
  };
  const drainLater = (): void => {
    if (pending.length === 0 || timer !== undefined) return;
    const millis = fd === undefined ? lookAgainAt - performance.now() : fullness.next();
    timer = setTimeout(() => {
      timer = undefined;
      drain();
      drainLater();
    }, millis).unref();
  };

  return {
    write: (level, text) => {
      if (pending.length > 0) drain();
      if (pendingOctets > MAX_PENDING_OCTETS) {
        lost++;
        unreported++;
        return;
      }
      if (unreported > 0) {
        keep("warning", `${unreported} records were lost: the log daemon did not take them`);
      }
      unreported = 0;
      keep(level, text);
      drain();
      drainLater();
    },
    close: (millis) => {
      clearTimeout(timer);
      const end = performance.now() + millis;
      drain();
      while (pending.length > 0 && fd !== undefined && performance.now() < end) {
        waitUntilWritable(fd, end - performance.now());
        drain();
      }
      disconnect();
    },
    lost: () => lost,
  };
}

/** A socket whose other end is the log daemon, or undefined when there is none. */
function connect(path: string): number | undefined {
  const bytes = Buffer.from(path);
  if (bytes.length >= SUN_PATH_OCTETS) return undefined;
  const address = new Uint8Array(2 + bytes.length + 1);
  address[isLittleEndian ? 0 : 1] = AF_UNIX;
  address.set(bytes, 2);
  try {
    return openPreparedSocket(AF_UNIX, SOCK_DGRAM, 0, (fd) => {
      call("connect", libc.connect(fd, address, address.length));
    });
  } catch {
    return undefined;
  }
}
