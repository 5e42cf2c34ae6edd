// A step of the engine is the handling of one event; here the actions of the node's virtual routers are collected. A turn
// of the process's loop has many steps, and performs their actions together.

import type { VirtualAddress } from "../config/vrrp/types.ts";
import type { LogLevel } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import {
  type Announcement,
  type Batch,
  EMPTY_BATCH,
  type Notify,
  newBatch,
  type SendAdvert,
  type SetAddresses,
} from "./action.ts";
import type { InstanceRecord } from "./event.ts";

/** The step that is being handled: one object serves all steps of a node. */
export class Step {
  /** The time of the event. */
  now: Micros = 0;
  /** True if detail lines (`-D`) are logged. */
  readonly detailed: boolean;
  #batch: Batch = newBatch();
  #isEmpty = true;

  constructor(detailed: boolean) {
    this.detailed = detailed;
  }

  /** The number of advert actions. */
  get advertCount(): number {
    return this.#batch.adverts.length;
  }

  record(instance: string, record: InstanceRecord): void {
    this.#use().records.push({ kind: "record", instance, record });
  }

  removeAddresses(instance: string, addresses: readonly VirtualAddress[]): void {
    if (addresses.length === 0) return;
    this.#use().addressesOut.push({ kind: "removeAddresses", instance, addresses });
  }

  keepAddresses(instance: string, addresses: readonly VirtualAddress[]): void {
    if (addresses.length === 0) return;
    this.#use().addressesOut.push({ kind: "keepAddresses", instance, addresses });
  }

  advert(actions: readonly SendAdvert[]): void {
    const { adverts } = this.#use();
    for (const action of actions) adverts.push(action);
  }

  log(level: LogLevel, text: string): void {
    this.#use().logLines.push({ kind: "log", level, text, detail: false });
  }

  /** Logs a line with `-D` only. */
  detail(text: string): void {
    if (!this.detailed) return;
    this.#use().logLines.push({ kind: "log", level: "info", text, detail: true });
  }

  setAddresses(action: SetAddresses): void {
    if (action.addresses.length > 0) this.#use().addressesIn.push(action);
  }

  announce(announcement: Announcement): void {
    this.#use().announcements.push(announcement);
  }

  runScript(script: string, run: Micros): void {
    this.#use().scriptRuns.push({ kind: "runScript", script, run });
  }

  notify(instance: string, event: Notify["event"], state: string, priority: number): void {
    this.#use().notifications.push({ kind: "notify", instance, event, state, priority });
  }

  stopped(): void {
    this.#use().end.push({ kind: "stopped" });
  }

  /** Returns the collected actions and starts an empty batch. */
  finish(): Batch {
    if (this.#isEmpty) return EMPTY_BATCH;
    const batch = this.#batch;
    this.#batch = newBatch();
    this.#isEmpty = true;
    return batch;
  }

  #use(): Batch {
    this.#isEmpty = false;
    return this.#batch;
  }
}
