// What the parent knows of the instances that a vrrp process runs: the configurations, the records, and how to take
// out of the kernel what such a process held.

import { allAddresses, type VirtualAddress, type VrrpPart } from "../config/config.ts";
import { peersWait } from "../config/vrrp/lease.ts";
import type { Log } from "../lib/log.ts";
import { MILLISECOND, type Micros } from "../lib/micros.ts";
import { addressKey } from "../lib/prefix.ts";
import type { RecordFile } from "../process/record.ts";
import { isResumableWithin } from "../process/watchdog.ts";
import { cleanUp, type LostInstance } from "../processes/vrrp/clean-up.ts";

/** Peers' timers may run ahead of ours by this when a resumed child must be ready. */
const RESUME_MARGIN_MICROS = 100 * MILLISECOND;

/** An instance of the configuration that the records belong to. */
export interface RecordedInstance extends LostInstance {
  /** Its place in the record file. */
  readonly index: number;
}

/** When a process that resumes this instance must be ready; undefined where nothing can be resumed. */
export function resumeDeadline({ instance, record }: LostInstance): Micros | undefined {
  if (record?.active !== true) return undefined;
  const wait = peersWait(record.advertisementIntervalMicros, instance.downTimerAdverts);
  if (!isResumableWithin(wait)) return undefined;
  return record.lastAdvertAt + wait - RESUME_MARGIN_MICROS;
}

/** The configurations and records of one daemon. */
export class RecordedState {
  readonly #records: RecordFile;
  readonly #log: Log;
  #config: VrrpPart;
  /** The configuration before the last reload, until the child has taken the new one. */
  #formerConfig: VrrpPart | undefined;
  #generation = 1;

  constructor(config: VrrpPart, records: RecordFile, log: Log) {
    this.#config = config;
    this.#records = records;
    this.#log = log;
  }

  /** The newest configuration, whether or not the child has taken it. */
  get config(): VrrpPart {
    return this.#config;
  }

  /** The number of the newest configuration. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes a new configuration. */
  reload(config: VrrpPart): void {
    this.#formerConfig = this.#config;
    this.#config = config;
    this.#generation++;
  }

  /** The child runs with the newest configuration, or there is none to wait for. */
  settle(): void {
    this.#formerConfig = undefined;
  }

  /** Discards all records: the next child begins anew. */
  begin(): void {
    this.#records.begin(this.#generation);
  }

  /** Whether the child has not yet begun to take the newest configuration. */
  get isBehind(): boolean {
    return this.#formerConfig !== undefined && this.recordedConfig === this.#formerConfig;
  }

  /** The configuration that the records belong to. */
  get recordedConfig(): VrrpPart {
    const isFormer = this.#records.generation === this.#generation - 1;
    return (isFormer ? this.#formerConfig : undefined) ?? this.#config;
  }

  /** Every instance of that configuration with its record. */
  list(): RecordedInstance[] {
    return this.recordedConfig.instances.map((instance, index) => {
      return { instance, index, record: this.#records.read(index) };
    });
  }

  /** Takes out of the kernel what was held for `lost`, and resigns for those that were active. */
  cleanUp(lost: readonly RecordedInstance[]): void {
    this.#tryCleanUp(this.recordedConfig, lost);
    for (const { index, record } of lost) {
      if (record !== undefined) this.#records.write(index, { ...record, active: false });
    }
  }

  /**
   * Removes once more what bears our mark for instances that were cleaned up before: a process that is killed in the
   * middle of a system call still completes it.
   */
  sweep(lost: readonly RecordedInstance[]): void {
    const unrecorded = lost
      .filter(({ record }) => record?.active !== false)
      .map(({ instance }) => ({ instance, record: undefined }));
    this.#tryCleanUp(this.recordedConfig, unrecorded);
  }

  /** In the middle of a reload: removes what only the configuration before names. */
  cleanUpFormer(): void {
    const former = this.#formerConfig;
    if (former === undefined || this.recordedConfig === former) return;
    const kept = new Set(this.#config.instances.flatMap(allAddresses).map(addressKey));
    const lost = former.instances.map((instance) => {
      const isGone = (entry: VirtualAddress): boolean => !kept.has(addressKey(entry));
      const addresses = instance.addresses.filter(isGone);
      const excludedAddresses = instance.excludedAddresses.filter(isGone);
      return { instance: { ...instance, addresses, excludedAddresses }, record: undefined };
    });
    this.#tryCleanUp(former, lost);
  }

  cleanUpAll(): void {
    this.cleanUp(this.list());
    this.cleanUpFormer();
  }

  #tryCleanUp(config: VrrpPart, lost: readonly LostInstance[]): void {
    try {
      cleanUp(config, lost, this.#log);
    } catch (error) {
      this.#log("error", `Cannot clean up behind the vrrp child: ${(error as Error).message}`);
    }
  }
}
