// Who holds which address, kept up as the changes come, and the times in which two did.

import type { AddressChange } from "../../lab/address-watch.ts";

/** A time in which two nodes held one address. Wall-clock milliseconds. */
export interface Doubled {
  readonly address: string;
  readonly from: number;
  to: number | undefined;
}

/** The book. Renewals change nothing in it. */
export class HolderBook {
  /** Since `forget`. */
  doubled: Doubled[] = [];
  /** Comings and goings since `forget`. */
  changes: AddressChange[] = [];
  readonly #holders = new Map<string, Set<string>>();

  /** Enters a change; `change.address` is without its prefix length. */
  take(change: AddressChange): void {
    const holders = this.#holders.get(change.address) ?? new Set();
    this.#holders.set(change.address, holders);
    const isNews = (change.kind === "added") !== holders.has(change.host);
    if (!isNews) return;
    this.changes.push(change);
    if (change.kind === "added") holders.add(change.host);
    else holders.delete(change.host);
    const { address, at } = change;
    const open = this.doubled.find((entry) => entry.address === address && entry.to === undefined);
    if (holders.size > 1) {
      if (open === undefined) this.doubled.push({ address, from: at, to: undefined });
    } else if (open !== undefined) {
      open.to = at;
    }
  }

  holders(address: string): string[] {
    return [...(this.#holders.get(address) ?? [])];
  }

  /** Begins a new page; what is doubled still stays on it. */
  forget(): void {
    this.doubled = this.doubled.filter((entry) => entry.to === undefined);
    this.changes = [];
  }
}
