// Rules of the shell and the engine that a test may break, to see that the simulation notices.

import type { Ip } from "../../src/lib/ip.ts";

export interface Sabotage {
  /** Addresses are set, and all is sent, however long ago their turn began. */
  readonly actsLate?: boolean;
  /** The engine gets no events of interfaces. */
  readonly missesInterfaces?: boolean;
  /** All packets look as if they had been sent to this group. */
  readonly onlyGroup?: Ip;
  /** Nothing that is due is done. */
  readonly losesTimers?: boolean;
}
