// The log of a process: each line goes to the console, the system log, or both.

import type { Log } from "../../lib/log.ts";
import { type ConsoleSink, createConsoleSink } from "./console.ts";
import { logLine } from "./log-text.ts";
import { createSyslogSink, type SyslogSink } from "./syslog.ts";

export interface LogOptions {
  /** The syslog identity: `Keepalived_vrrp`, followed by the names of namespace and instance. */
  readonly ident: string;
  /** Log to standard error (`-n -l`). */
  readonly console: boolean;
  /** Log to /dev/log (not with -G). */
  readonly syslog: boolean;
  /** The syslog facility, unshifted: daemon is 3 (syslog.h). */
  readonly facility: number;
}

/** A log that can be closed. */
export interface OpenLog {
  readonly log: Log;
  /** Runs `work` and writes its console lines by as few system calls as possible. */
  batch(work: () => void): void;
  /** Flushes, waiting up to 0.1 s for each slow reader, and closes the sinks. */
  close(): void;
}

const FLUSH_MILLIS = 100;

/** Opens the log of a process. It does not filter by level: the caller decides what to log. */
export function openLog(options: LogOptions): OpenLog {
  const console = options.console ? createConsoleSink() : undefined;
  const syslog = options.syslog ? createSyslogSink(options) : undefined;
  return {
    log: createLog({ console, syslog }),
    batch: (work) => {
      console?.hold();
      try {
        work();
      } finally {
        console?.release();
      }
    },
    close: () => {
      console?.flush(FLUSH_MILLIS);
      console?.close();
      syslog?.close(FLUSH_MILLIS);
    },
  };
}

/** A log that writes to open sinks. */
export function createLog(sinks: {
  readonly console: ConsoleSink | undefined;
  readonly syslog: SyslogSink | undefined;
}): Log {
  return (level, text) => {
    const line = logLine(text);
    sinks.console?.write(line);
    sinks.syslog?.write(level, line);
  };
}
