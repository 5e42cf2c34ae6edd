// The context shared by the functions that resolve one instance.

import type { Code, Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { GlobalConfig } from "../global/global-config.ts";
import type { Draft } from "../keyword/row.ts";
import type { System } from "../keyword/system.ts";
import type { Shared } from "../subsystem.ts";
import type { InstanceFields, InstanceGiven } from "./vrrp-config.ts";

/** An instance while it is resolved, and how to report its problems. */
export interface InstanceContext {
  readonly draft: Draft;
  /** The values that the block sets itself. */
  readonly given: InstanceGiven;
  /** The fields of the rows with their defaults, before the checks across fields. */
  readonly filled: InstanceFields;
  readonly global: GlobalConfig;
  readonly shared: Shared;
  readonly system: System;
  /** Whether each tracked script may be run, by name. */
  readonly runnable: ReadonlyMap<string, boolean>;
  readonly version: 2 | 3;
  readonly priority: number;
  readonly strict: boolean;
  readonly unicast: boolean;
  /** Reports for this instance, at the keyword that set it, or at the instance if none did. */
  readonly reportAt: (code: Code, keyword: string, message: string, log: string) => void;
  readonly report: Report;
  /** False if the interface is missing (already reported). */
  readonly requireInterface: (name: string, place: Place, log: string) => boolean;
}
