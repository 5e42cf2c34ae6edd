// The log of one process: the same line to the console and to the system log.

import type { Log } from "../../lib/log.ts";
import { type ConsoleSink, createConsoleSink } from "./console.ts";
import { logLine } from "./log-text.ts";
import { createSyslogSink, type SyslogSink } from "./syslog.ts";

export interface LogOptions {
  /** `Keepalived_vrrp`, with the names of namespace and instance behind it. */
  readonly ident: string;
  /** Lines on standard error (`-n -l`). */
  readonly console: boolean;
  /** Lines to /dev/log (not with -G). */
  readonly syslog: boolean;
  /** LOG_* of syslog.h, not shifted: daemon is 3. */
  readonly facility: number;
}

/** A log that can be closed. */
export interface OpenLog {
  readonly log: Log;
  /** Does `work`; what it logs leaves for the console by as few system calls as possible. */
  together(work: () => void): void;
  /** Gives slow readers up to a tenth of a second each for what is left, and closes the socket. */
  close(): void;
}

const LAST_LINES_MILLIS = 100;

/** Opens the log of a process. Whether a line of detail or debugging is wanted is for the caller to know. */
export function openLog(options: LogOptions): OpenLog {
  const console = options.console ? createConsoleSink() : undefined;
  const syslog = options.syslog ? createSyslogSink(options) : undefined;
  return {
    log: createLog({ console, syslog }),
    together: (work) => {
      console?.hold();
      try {
        work();
      } finally {
        console?.release();
      }
    },
    close: () => {
      console?.flush(LAST_LINES_MILLIS);
      console?.close();
      syslog?.close(LAST_LINES_MILLIS);
    },
  };
}

/** A log over sinks that are there already. */
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
