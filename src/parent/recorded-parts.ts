// The parent's knowledge of a child: the configurations that it was sent, its records, and how to clean up after it.

import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { RecordFile } from "../process/record.ts";
import type { Role } from "../process/role.ts";

/** The functions of a role for its items. */
export type ItemRole<Part, Item> = Pick<
  Role<Part, Item>,
  "name" | "items" | "resumeBy" | "cleanUp" | "sweep" | "cleanUpFormer"
>;

/** The parts and records of one role. */
export class RecordedParts<Part, Item> {
  readonly #role: ItemRole<Part, Item>;
  readonly #records: RecordFile;
  readonly #log: Log;
  #part: Part;
  /** The part before the last reload, until the child runs with the new one. */
  #formerPart: { readonly part: Part } | undefined;
  #generation = 1;

  constructor(role: ItemRole<Part, Item>, part: Part, records: RecordFile, log: Log) {
    this.#role = role;
    this.#part = part;
    this.#records = records;
    this.#log = log;
  }

  /** The newest part, whether or not the child runs with it. */
  get part(): Part {
    return this.#part;
  }

  /** The number of the newest configuration. */
  get generation(): number {
    return this.#generation;
  }

  reload(part: Part): void {
    this.#formerPart = { part: this.#part };
    this.#part = part;
    this.#generation++;
  }

  /** Ends a reload: the child runs with the newest part, or there is no child to wait for. */
  settle(): void {
    this.#formerPart = undefined;
  }

  /** Discards all records: the next child does not resume. */
  begin(): void {
    this.#records.begin(this.#generation);
  }

  /** Whether the child has not begun to apply the newest part. */
  get isBehind(): boolean {
    return this.#formerPart !== undefined && this.#records.generation === this.#generation - 1;
  }

  /** The part that the records belong to. */
  get recordedPart(): Part {
    return this.isBehind && this.#formerPart !== undefined ? this.#formerPart.part : this.#part;
  }

  /** Every item of that part. */
  items(): readonly Item[] {
    return this.#role.items(this.recordedPart, this.#records);
  }

  /** When a process that resumes `item` must be ready; undefined if it cannot be resumed. */
  resumeBy(item: Item): Micros | undefined {
    return this.#role.resumeBy(item);
  }

  cleanUp(items: readonly Item[]): void {
    this.#attempt(() => this.#role.cleanUp(this.recordedPart, items, this.#records, this.#log));
  }

  /** Cleans up once more after items that were cleaned up before. */
  sweep(items: readonly Item[]): void {
    this.#attempt(() => this.#role.sweep(this.recordedPart, items, this.#log));
  }

  /** During a reload: cleans up after what only the former part has. */
  cleanUpFormer(): void {
    const former = this.#formerPart;
    if (former === undefined || this.isBehind) return;
    this.#attempt(() => this.#role.cleanUpFormer(former.part, this.#part, this.#log));
  }

  cleanUpAll(): void {
    this.cleanUp(this.items());
    this.cleanUpFormer();
  }

  #attempt(cleanUp: () => void): void {
    try {
      cleanUp();
    } catch (error) {
      const reason = (error as Error).message;
      this.#log("error", `Cannot clean up after the ${this.#role.name} child: ${reason}`);
    }
  }
}
