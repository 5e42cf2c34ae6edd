// Which removals of addresses this process asked the kernel for: a request can remove more than it names, since the
// first address of a subnet may take the others along.

import { type AddressKey, addressName } from "../../netlink/address.ts";

/** How many requests are remembered whose announcements have not come. */
const MOST_BATCHES = 256;

interface Batch {
  readonly first: number;
  readonly last: number;
  readonly names: ReadonlySet<string>;
}

/** Batches of requests with consecutive sequence numbers, in the order in which the kernel announces what they did. */
export class AskedRemovals {
  #batches: Batch[] = [];

  /** Notes that the requests numbered `first` to `last` ask for the removal of `keys`. */
  note(first: number, last: number, keys: readonly AddressKey[]): void {
    this.#batches.push({ first, last, names: new Set(keys.map(nameOf)) });
    if (this.#batches.length > MOST_BATCHES) this.#batches.shift();
  }

  /** Whether the batch that request `sequence` belongs to asked for the removal of `key`. */
  has(sequence: number, key: AddressKey): boolean {
    const index = this.#batches.findIndex(
      ({ first, last }) => first <= sequence && sequence <= last,
    );
    if (index < 0) return false;
    // Those before have been announced.
    this.#batches.splice(0, index);
    return this.#batches[0]?.names.has(nameOf(key)) === true;
  }
}

function nameOf(key: AddressKey): string {
  return `${key.index} ${addressName(key)}`;
}
