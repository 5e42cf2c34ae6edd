// Tracks which node holds which address, and the periods in which both did.

import type { AddressChange } from "../../lab/address-watch.ts";

/** A period in which both nodes held one address. Wall-clock milliseconds. */
export interface HolderOverlap {
  readonly address: string;
  readonly from: number;
  to: number | undefined;
}

/** Tracks the holders of all addresses. Renewals are ignored. */
export class HolderTracker {
  /** Overlaps that began, or still lasted, since `clear`. */
  overlaps: HolderOverlap[] = [];
  /** Additions and removals since `clear`. */
  changes: AddressChange[] = [];
  readonly #holders = new Map<string, Set<string>>();

  /** Applies a change. */
  apply(change: AddressChange): void {
    const holders = this.#holders.get(change.address) ?? new Set();
    this.#holders.set(change.address, holders);
    const isRenewal = (change.kind === "added") === holders.has(change.host);
    if (isRenewal) return;
    this.changes.push(change);
    if (change.kind === "added") holders.add(change.host);
    else holders.delete(change.host);
    const { address, at } = change;
    const open = this.overlaps.find((entry) => entry.address === address && entry.to === undefined);
    if (holders.size > 1) {
      if (open === undefined) this.overlaps.push({ address, from: at, to: undefined });
    } else if (open !== undefined) {
      open.to = at;
    }
  }

  /** The names of the nodes that hold `address`. */
  holders(address: string): string[] {
    return [...(this.#holders.get(address) ?? [])];
  }

  /** Clears the changes and all overlaps that have ended. */
  clear(): void {
    this.overlaps = this.overlaps.filter((entry) => entry.to === undefined);
    this.changes = [];
  }
}
