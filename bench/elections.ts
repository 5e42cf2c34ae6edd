// Tracks the state of each virtual router on a node by its log lines, which are the same on both sides.

import type { OutputLine } from "../lab/program.ts";

const linePattern = /\((?<router>[^)]+)\) [Ee]ntering (?<state>MASTER|BACKUP|FAULT) STATE/i;

/** The states on one node, according to its log. */
export class Elections {
  readonly #states = new Map<string, string>();
  /** The number of transitions to MASTER or FAULT. */
  disturbances = 0;
  /** Time of the last transition, in wall-clock milliseconds; zero before the first. */
  changedAt = 0;

  /** Handles a log line. */
  readonly take = (line: OutputLine): void => {
    const groups = linePattern.exec(line.text)?.groups;
    if (groups === undefined) return;
    const { router = "", state = "" } = groups;
    this.#states.set(router, state);
    this.changedAt = line.at;
    if (state !== "BACKUP") this.disturbances += 1;
  };

  /** The current state of a virtual router. */
  stateOf(router: string): string | undefined {
    return this.#states.get(router);
  }

  /** The number of virtual routers in `state`. */
  count(state: "MASTER" | "BACKUP" | "FAULT"): number {
    return [...this.#states.values()].filter((value) => value === state).length;
  }
}
