// Logging to /dev/log by datagrams. Writing never blocks, and a restarted log daemon is reconnected.

import type { LogLevel } from "../../lib/log.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  openPreparedSocket,
  SOCK_DGRAM,
} from "../net/socket.ts";
import { createBackoff } from "./backoff.ts";
import { syslogTime } from "./log-text.ts";
import { waitUntilWritable } from "./writable.ts";

const SUN_PATH_OCTETS = 108;
/** A daemon's queue holds ten records by default (net.unix.max_dgram_qlen), so bursts are buffered here. */
const MAX_PENDING_OCTETS = 262_144;
const RETRY_FULL_MILLIS = 5;
const LAST_RETRY_FULL_MILLIS = 320;
/** The first and the longest delay between attempts to open a missing /dev/log: containers often have none. */
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
  /** Sends a record, or buffers it until the log daemon accepts it. */
  write(level: LogLevel, text: string): void;
  /** Sends the buffered records, waiting up to `millis` for a slow daemon, and closes the socket. */
  close(millis: number): void;
  /** The number of records discarded because the buffer was full. */
  lostRecords(): number;
}

export interface SyslogOptions {
  /** `Keepalived_vrrp`. */
  readonly ident: string;
  /** Unshifted: daemon is 3 (syslog.h). */
  readonly facility: number;
  readonly pid?: number;
  readonly path?: string;
  readonly now?: () => Date;
}

/**
 * Opens a sink that sends `<PRI>TIME IDENT[PID]: text`. While the log daemon is absent or its queue is full, records
 * are buffered up to a limit and sent later. Records beyond the limit are discarded, and their number is logged in
 * their place.
 */
export function createSyslogSink(options: SyslogOptions): SyslogSink {
  const { ident, facility, path = "/dev/log", pid = process.pid } = options;
  const now = options.now ?? (() => new Date());
  let fd: number | undefined;
  let reconnectAt = 0;
  let pending: Buffer[] = [];
  let pendingOctets = 0;
  let lostRecords = 0;
  let unreported = 0;
  let timer: NodeJS.Timeout | undefined;
  const absentBackoff = createBackoff(RETRY_ABSENT_MILLIS, LAST_RETRY_ABSENT_MILLIS);
  const fullBackoff = createBackoff(RETRY_FULL_MILLIS, LAST_RETRY_FULL_MILLIS);

  const enqueue = (level: LogLevel, text: string): void => {
    const priority = facility * 8 + SEVERITIES[level];
    const record = Buffer.from(`<${priority}>${syslogTime(now())} ${ident}[${pid}]: ${text}`);
    pending.push(record);
    pendingOctets += record.length;
  };
  const disconnect = (): void => {
    if (fd !== undefined) libc.close(fd);
    fd = undefined;
  };
  const ensureConnected = (): boolean => {
    if (fd === undefined && performance.now() >= reconnectAt) {
      fd = connect(path);
      if (fd === undefined) reconnectAt = performance.now() + absentBackoff.next();
      else absentBackoff.reset();
    }
    return fd !== undefined;
  };
  const drain = (): void => {
    let sent = 0;
    // A restarted daemon has a new socket: reconnect once per drain.
    let connections = 2;
    while (sent < pending.length && connections > 0 && ensureConnected()) {
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
    fullBackoff.reset();
  };
  const drainLater = (): void => {
    if (pending.length === 0 || timer !== undefined) return;
    const millis = fd === undefined ? reconnectAt - performance.now() : fullBackoff.next();
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
        lostRecords++;
        unreported++;
        return;
      }
      if (unreported > 0) {
        enqueue("warning", `${unreported} records were lost: the log daemon did not take them`);
      }
      unreported = 0;
      enqueue(level, text);
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
    lostRecords: () => lostRecords,
  };
}

/** A socket connected to the log daemon, or undefined if it cannot be reached. */
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
