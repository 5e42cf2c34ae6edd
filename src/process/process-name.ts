// How our processes are called outside: in ps, in /proc/PID/comm, and so by killall.

import type { GlobalConfig } from "../config/config.ts";
import { setProcessNames } from "../os/process/process-control.ts";

/** The names a daemon may have been started under; any other counts as the first. */
const PROGRAM_NAMES = ["holdfast", "keepalived"] as const;

/** The name that outward titles begin with, from the name of the link or file that was started. */
export function programNameOf(startedAs: string): string {
  return PROGRAM_NAMES.find((name) => name === startedAs) ?? PROGRAM_NAMES[0];
}

/**
 * Gives this process its names: `holdfast vrrp` in ps, and the program's name alone as its command, since that is
 * what `killall keepalived` in people's scripts goes by; or what process_names, process_name and vrrp_process_name
 * of `global` say.
 */
export function nameProcess(
  programName: string,
  role: "parent" | "vrrp" | "config-reader",
  global: GlobalConfig | undefined,
): void {
  const given =
    role === "parent"
      ? global?.processName
      : (global?.vrrpProcessName ??
        (global?.processNames === true ? "keepalived_vrrp" : undefined));
  if (given !== undefined) setProcessNames(given, given);
  else setProcessNames(role === "parent" ? programName : `${programName} ${role}`, programName);
}
