// Which state each virtual router is in on one node, read from the daemon's own log lines, which are the same words
// on both sides.

import type { OutputLine } from "../lab/program.ts";

const linePattern = /\((?<router>[^)]+)\) [Ee]ntering (?<state>MASTER|BACKUP|FAULT) STATE/i;

/** What one node's log has told so far. */
export class Elections {
  readonly #states = new Map<string, string>();
  /** How often any virtual router became MASTER or went to FAULT. */
  disturbances = 0;
  /** When the last line about a state came, wall-clock milliseconds; zero before the first. */
  changedAt = 0;

  /** To be given every line. */
  readonly take = (line: OutputLine): void => {
    const groups = linePattern.exec(line.text)?.groups;
    if (groups === undefined) return;
    const { router = "", state = "" } = groups;
    this.#states.set(router, state);
    this.changedAt = line.at;
    if (state !== "BACKUP") this.disturbances += 1;
  };

  /** The state of a virtual router as last told. */
  stateOf(router: string): string | undefined {
    return this.#states.get(router);
  }

  /** How many virtual routers are in `state`. */
  count(state: "MASTER" | "BACKUP" | "FAULT"): number {
    return [...this.#states.values()].filter((value) => value === state).length;
  }
}
