// Rules of the shell and the engine that a test may disable, to check that the simulation detects it.

import type { Ip } from "../../src/lib/ip.ts";

export interface Sabotage {
  /** Actions are never late: addresses are set and adverts sent however long after their turn. */
  readonly actsLate?: boolean;
  /** The engine gets no interface events. */
  readonly missesInterfaces?: boolean;
  /** All packets appear to have been sent to this group. */
  readonly onlyGroup?: Ip;
  /** No deadline is handled. */
  readonly losesTimers?: boolean;
}
