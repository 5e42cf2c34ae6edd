// What the parts of one instance's resolution share.

import type { GlobalConfig } from "../config.ts";
import type { Code, Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { GlobalDraft, InstanceDraft } from "../draft.ts";
import type { System } from "../system.ts";

/** One instance on its way from draft to configuration, with what its parts need to know and to say. */
export interface InstanceContext {
  readonly draft: InstanceDraft;
  readonly global: GlobalConfig;
  readonly globalDraft: GlobalDraft;
  readonly system: System;
  /** Whether a tracked script may be run, by name. */
  readonly runnable: ReadonlyMap<string, boolean>;
  readonly version: 2 | 3;
  readonly priority: number;
  readonly strict: boolean;
  readonly unicast: boolean;
  /** Reports for this instance, at the keyword that set it, or at the instance when none did. */
  readonly say: (code: Code, keyword: string, message: string, log: string) => void;
  readonly report: Report;
  /** The first mention of an interface that must exist; false when it is missing, which has been said. */
  readonly requireInterface: (name: string, place: Place, log: string) => boolean;
}
