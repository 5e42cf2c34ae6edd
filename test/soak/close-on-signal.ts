// Removes the lab when a run is ended by a signal.

import type { Lab } from "../../lab/lab.ts";

/**
 * Installs handlers for SIGINT, SIGTERM and SIGHUP that print `note`, close the lab last passed to the returned function
 * and end this process.
 */
export function closeOnSignal(print: (line: string) => void, note: string): (lab: Lab) => void {
  let current: Lab | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      print(`${signal}: removing the hosts; ${note}`);
      void (current?.close() ?? Promise.resolve()).then(() => process.exit(130));
    });
  }
  return (lab) => {
    current = lab;
  };
}
