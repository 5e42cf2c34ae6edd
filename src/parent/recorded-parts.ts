// What the parent knows of the work of a child: the configurations that it was given, its records, and how to clean up
// behind it.

import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { RecordFile } from "../process/record.ts";
import type { Role } from "../process/role.ts";

/** What a role says of its items. */
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
  /** The part before the last reload, until the child has taken the new one. */
  #formerPart: { readonly part: Part } | undefined;
  #generation = 1;

  constructor(role: ItemRole<Part, Item>, part: Part, records: RecordFile, log: Log) {
    this.#role = role;
    this.#part = part;
    this.#records = records;
    this.#log = log;
  }

  /** The newest part, whether or not the child has taken it. */
  get part(): Part {
    return this.#part;
  }

  /** The number of the newest configuration. */
  get generation(): number {
    return this.#generation;
  }

  /** Takes a new part. */
  reload(part: Part): void {
    this.#formerPart = { part: this.#part };
    this.#part = part;
    this.#generation++;
  }

  /** The child runs with the newest part, or there is none to wait for. */
  settle(): void {
    this.#formerPart = undefined;
  }

  /** Discards all records: the next child begins anew. */
  begin(): void {
    this.#records.begin(this.#generation);
  }

  /** Whether the child has not yet begun to take the newest part. */
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

  /** When a process that resumes `item` must be ready; undefined: it cannot be resumed. */
  resumeBy(item: Item): Micros | undefined {
    return this.#role.resumeBy(item);
  }

  cleanUp(items: readonly Item[]): void {
    this.#attempt(() => this.#role.cleanUp(this.recordedPart, items, this.#records, this.#log));
  }

  /** Cleans up once more behind items that were cleaned up behind before. */
  sweep(items: readonly Item[]): void {
    this.#attempt(() => this.#role.sweep(this.recordedPart, items, this.#log));
  }

  /** In the middle of a reload: cleans up behind what only the part before has. */
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
      this.#log("error", `Cannot clean up behind the ${this.#role.name} child: ${reason}`);
    }
  }
}
