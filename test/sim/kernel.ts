// The addresses in the kernel of one host, with lifetimes in whole seconds that end like the real ones.

import type { VirtualAddress } from "../../src/config/vrrp/types.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import { type Prefix, prefixText } from "../../src/lib/prefix.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import type { World } from "./world.ts";

/**
 * The kernel checks timed addresses at most once a second and counts one within 20 ms of its end as expired, so an
 * address is removed between 20 ms early and 980 ms late.
 */
const EARLIEST: Micros = -20_000;
export const LATEST: Micros = 980_000;

interface Held {
  readonly address: VirtualAddress;
  readonly isTimed: boolean;
}

/** The key of a floating address: no plan has one on two interfaces. */
export function keyOf(address: Prefix): string {
  return prefixText(address);
}

export class FakeKernel {
  readonly #world: World;
  readonly #random: Prng;
  /** Seconds of this host per true second. */
  readonly #rate: number;
  readonly #onExpired: (address: VirtualAddress) => void;
  readonly #held = new Map<string, Held>();
  /** While the machine is suspended, its timers do not run. */
  #suspendedSince: Micros | undefined;
  #suspendedTotal: Micros = 0;

  constructor(
    world: World,
    random: Prng,
    rate: number,
    onExpired: (address: VirtualAddress) => void,
  ) {
    this.#world = world;
    this.#random = random;
    this.#rate = rate;
    this.#onExpired = onExpired;
  }

  /** `key` is like `192.0.2.101/24`. */
  has(key: string): boolean {
    return this.#held.has(key);
  }

  /** All floating addresses. */
  addresses(): VirtualAddress[] {
    return [...this.#held.values()].map(({ address }) => address);
  }

  /** The floating addresses of one interface. */
  addressesOn(interfaceName: string): VirtualAddress[] {
    return this.addresses().filter((address) => address.interface === interfaceName);
  }

  /** RTM_NEWADDR with NLM_F_REPLACE. */
  set(address: VirtualAddress, leaseSeconds: number | undefined): void {
    const entry: Held = { address, isTimed: leaseSeconds !== undefined };
    this.#held.set(keyOf(address), entry);
    if (leaseSeconds === undefined) return;
    // A single address is removed soon after its end, but one in ten as late as possible.
    const late = this.#random() < 0.1 ? LATEST : between(this.#random, EARLIEST, LATEST);
    const span = (leaseSeconds * SECOND + late) / this.#rate;
    this.#expireAfter(entry, span, this.#suspendedTotal);
  }

  /** RTM_DELADDR; returns whether the address existed. */
  remove(key: string): boolean {
    return this.#held.delete(key);
  }

  /** Removes all addresses, or those of one interface. */
  clear(interfaceName?: string): void {
    if (interfaceName === undefined) this.#held.clear();
    else for (const address of this.addressesOn(interfaceName)) this.remove(keyOf(address));
  }

  suspend(): void {
    this.#suspendedSince = this.#world.now;
  }

  wake(): void {
    if (this.#suspendedSince === undefined) return;
    this.#suspendedTotal += this.#world.now - this.#suspendedSince;
    this.#suspendedSince = undefined;
  }

  #expireAfter(entry: Held, span: Micros, suspendedBefore: Micros): void {
    this.#world.schedule(this.#world.now + Math.ceil(span), () => {
      if (this.#held.get(keyOf(entry.address)) !== entry) return;
      const slept =
        this.#suspendedTotal +
        (this.#suspendedSince === undefined ? 0 : this.#world.now - this.#suspendedSince) -
        suspendedBefore;
      if (slept > 0) {
        this.#expireAfter(entry, slept, suspendedBefore + slept);
        return;
      }
      this.#held.delete(keyOf(entry.address));
      this.#onExpired(entry.address);
    });
  }
}
