// The log of one of the daemon's processes.

import { type OpenLog, openLog } from "../os/log/log.ts";
import type { LogSettings } from "./ipc.ts";

/** Opens the log of the process `identity` (`Keepalived_vrrp`) as `settings` say. */
export function openProcessLog(identity: string, settings: LogSettings): OpenLog {
  const { console, syslog, facility, suffix } = settings;
  const ident = suffix === "" ? identity : `${identity}_${suffix}`;
  return openLog({ ident, console, syslog, facility });
}
