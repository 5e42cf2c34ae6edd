// Ends a run by a signal without leaving its hosts behind.

import type { Lab } from "../../lab/lab.ts";

/**
 * From now on SIGINT, SIGTERM and SIGHUP print `note`, close the lab that was last handed to the returned function and
 * end this process.
 */
export function closeOnSignal(print: (line: string) => void, note: string): (lab: Lab) => void {
  let current: Lab | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      print(`${signal}: the hosts are taken away; ${note}`);
      void (current?.close() ?? Promise.resolve()).then(() => process.exit(130));
    });
  }
  return (lab) => {
    current = lab;
  };
}
