// The records of the instances, for a process that resumes: their last action and last notified state.

import { matchInstances } from "../../config/vrrp/match-instances.ts";
import { MAXIMUM_INSTANCES } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import type { Micros } from "../../lib/micros.ts";
import {
  choiceField,
  flagField,
  microsField,
  octetField,
  type RecordFile,
  type Section,
  type SectionKind,
  wordField,
} from "../../process/record.ts";
import type { Notify } from "../../vrrp/action.ts";
import type { InstanceRecord, KeptRecord, NotifiedState } from "../../vrrp/event.ts";

/**
 * The state that scripts know after each notification. Undefined if a resumed process must notify in any case.
 */
const NOTIFIED: { readonly [event in Notify["event"]]: NotifiedState | undefined | "unchanged" } = {
  master: "MASTER",
  backup: "BACKUP",
  fault: "FAULT",
  stop: undefined,
  deleted: undefined,
  removed: undefined,
  unchanged: "unchanged",
  masterRxLowerPri: "unchanged",
  masterPriority: "unchanged",
  backupPriority: "unchanged",
};

/** Its section of the record file, by the index of the instance in the configuration. */
export const INSTANCE_RECORDS: SectionKind<KeptRecord> = {
  name: "vrrp instances",
  version: 1,
  capacity: MAXIMUM_INSTANCES,
  fields: {
    active: flagField,
    effectivePriority: octetField,
    notified: choiceField([undefined, "MASTER", "BACKUP", "FAULT"]),
    advertisementIntervalMicros: wordField,
    lastAdvertAt: microsField,
  },
};

/** The records of the running configuration, each written to the record file at once. */
export class InstanceRecords {
  readonly #file: RecordFile;
  readonly #section: Section<KeptRecord>;
  #indexByName: ReadonlyMap<string, number>;
  readonly #last = new Map<string, KeptRecord>();

  constructor(file: RecordFile, instances: readonly InstanceConfig[]) {
    this.#file = file;
    this.#section = file.section(INSTANCE_RECORDS);
    this.#indexByName = indexByName(instances);
  }

  /** Reads the records of a killed process, by instance name. */
  resume(): ReadonlyMap<string, KeptRecord> {
    for (const [name, index] of this.#indexByName) {
      const record = this.#section.read(index);
      if (record !== undefined) this.#last.set(name, record);
    }
    return new Map(this.#last);
  }

  isActive(name: string): boolean {
    return this.#last.get(name)?.active === true;
  }

  write(name: string, record: InstanceRecord): void {
    this.#write(name, { ...record, notified: this.#last.get(name)?.notified });
  }

  /** Records `notifications` made at `now`, so that a resumed process does not repeat them. */
  noteNotified(notifications: readonly Notify[], now: Micros): void {
    for (const { instance, event, priority } of notifications) {
      const notified = NOTIFIED[event];
      if (notified === "unchanged") continue;
      const record = this.#last.get(instance) ?? {
        active: false,
        lastAdvertAt: now,
        advertisementIntervalMicros: 0,
        effectivePriority: priority,
      };
      this.#write(instance, { ...record, notified });
    }
  }

  /**
   * Begins the records of configuration `generation`, with those of the instances that stay: the engine matches them in
   * the same way. A virtual router that takes over another one's name starts without a record.
   */
  reload(
    before: readonly InstanceConfig[],
    after: readonly InstanceConfig[],
    generation: number,
  ): void {
    const matches = matchInstances(before, after);
    const kept = after.filter((wanted) => matches.get(wanted)?.name === wanted.name);
    const last = new Map(this.#last);
    this.#last.clear();
    this.#indexByName = indexByName(after);
    this.#file.begin(generation);
    for (const { name } of kept) {
      const record = last.get(name);
      if (record !== undefined) this.#write(name, record);
    }
  }

  #write(name: string, record: KeptRecord): void {
    const index = this.#indexByName.get(name);
    // Removed by a reload.
    if (index === undefined) return;
    this.#last.set(name, record);
    this.#section.write(index, record);
  }
}

function indexByName(instances: readonly InstanceConfig[]): Map<string, number> {
  return new Map(instances.map(({ name }, index) => [name, index]));
}
