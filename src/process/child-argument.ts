// The words that make main.ts another process of the daemon instead of the parent.

import { fileURLToPath } from "node:url";

/** In front of the process's role and its own words; never written by a user. */
export const CHILD_ARGUMENT = "--child-of-parent";

/** The arguments of Node for such a process. */
export function childArguments(
  role: "vrrp" | "config-reader",
  words: readonly string[],
  nodeOptions: readonly string[] = [],
): string[] {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  return [...process.execArgv, ...nodeOptions, main, CHILD_ARGUMENT, role, ...words];
}
