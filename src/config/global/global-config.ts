// The type of the global settings.

import type { Command } from "../../lib/script.ts";
import type { FromRows, GivenBy } from "../keyword/row.ts";
import type { GLOBAL_ROWS, TOP_ROWS } from "./global-rows.ts";

type BuiltRows = readonly [...typeof TOP_ROWS, ...typeof GLOBAL_ROWS];

/** The values set by global_defs and by the keywords outside of all blocks. */
export type GlobalGiven = GivenBy<BuiltRows>;

/** The fields that need no code besides the rows. */
export type GlobalFields = FromRows<BuiltRows>;

/** The settings of the whole daemon. */
export interface GlobalConfig extends GlobalFields {
  readonly notifyFifo: Fifo | undefined;
  readonly vrrpNotifyFifo: Fifo | undefined;
  readonly startupScript: Command | undefined;
  readonly shutdownScript: Command | undefined;
}

/** The scheduling of a process; undefined values stay as the kernel set them. */
export type ProcessOptions = GlobalConfig["vrrpProcess"];

export interface Fifo {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** The program that reads the FIFO; the parent starts it. */
  readonly script: Command | undefined;
}
