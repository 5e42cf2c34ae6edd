// The type of the global settings.

import type { Command } from "../../lib/script.ts";
import type { FromRows, GivenBy } from "../keyword/row.ts";
import type { GLOBAL_ROWS, TOP_ROWS } from "./global-rows.ts";

type BuiltRows = readonly [...typeof TOP_ROWS, ...typeof GLOBAL_ROWS];

/** What global_defs and the keywords outside of all blocks set. */
export type GlobalGiven = GivenBy<BuiltRows>;

/** The fields that the rows make without code. */
export type GlobalFields = FromRows<BuiltRows>;

/** The settings of the whole daemon: the fields of the rows, and those that code makes. */
export interface GlobalConfig extends GlobalFields {
  readonly notifyFifo: Fifo | undefined;
  readonly vrrpNotifyFifo: Fifo | undefined;
  readonly startupScript: Command | undefined;
  readonly shutdownScript: Command | undefined;
}

/** How one process is scheduled; undefined leaves what the kernel gave. */
export type ProcessOptions = GlobalConfig["vrrpProcess"];

export interface Fifo {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** The program that reads it, started by the parent. */
  readonly script: Command | undefined;
}
