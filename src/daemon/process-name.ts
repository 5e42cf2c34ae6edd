// How our processes are called outside: in ps, in /proc/PID/comm, and so by killall.

/** The names a daemon may have been started under; any other counts as the first. */
const PROGRAM_NAMES = ["holdfast", "keepalived"] as const;

/** The name that outward titles begin with, from the name of the link or file that was started. */
export function programNameOf(startedAs: string): string {
  return PROGRAM_NAMES.find((name) => name === startedAs) ?? PROGRAM_NAMES[0];
}
