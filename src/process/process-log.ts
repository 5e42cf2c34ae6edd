// The log of one of the daemon's processes.

import type { Options } from "../cli/options.ts";
import { type OpenLog, openLog } from "../os/log/log.ts";

/** Where and how much a process logs. */
export interface LogSettings {
  readonly console: boolean;
  readonly syslog: boolean;
  /** LOG_* of syslog.h, not shifted. */
  readonly facility: number;
  /** -D: log lines of detail too. */
  readonly detail: boolean;
  /** Network namespace and daemon instance, appended to the identity; may be empty. */
  readonly suffix: string;
}

/** The settings that the command line asks for. */
export function logSettings(options: Options, suffix: string): LogSettings {
  const { foreground, logConsole, logSyslog, logFacility, logDetail } = options;
  return {
    console: foreground && logConsole,
    syslog: logSyslog,
    facility: logFacility,
    detail: logDetail > 0,
    suffix,
  };
}

/** Opens the log of the process `identity` (`Keepalived_vrrp`). */
export function openProcessLog(identity: string, settings: LogSettings): OpenLog {
  const { console, syslog, facility, suffix } = settings;
  const ident = suffix === "" ? identity : `${identity}_${suffix}`;
  return openLog({ ident, console, syslog, facility });
}
