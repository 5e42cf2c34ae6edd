// The interfaces of one host: eth0 to its peers, and eth1 with floating addresses only.

import { type Ip, ip } from "../../src/lib/ip.ts";
import type { InterfaceState } from "../../src/vrrp/event.ts";
import type { FakeKernel } from "./kernel.ts";

export type LinkName = "eth0" | "eth1";
export type LinkStatus = "up" | "down" | "gone";

export class HostLinks {
  readonly #kernel: FakeKernel;
  readonly #status = new Map<LinkName, LinkStatus>([
    ["eth0", "up"],
    ["eth1", "up"],
  ]);
  readonly #ownAddresses: ReadonlyMap<LinkName, Ip>;
  #hasOwnAddress = true;

  constructor(kernel: FakeKernel, ownAddress: Ip, index: number) {
    this.#kernel = kernel;
    this.#ownAddresses = new Map([
      ["eth0", ownAddress],
      ["eth1", ip(`198.51.100.${index + 1}`)],
    ]);
  }

  isUp(link: string): boolean {
    return this.#status.get(link as LinkName) === "up";
  }

  /** A removed interface loses its addresses in the kernel. */
  set(link: LinkName, status: LinkStatus): void {
    this.#status.set(link, status);
    if (status === "gone") this.#kernel.clear(link);
  }

  /** Removes or restores the host's own address on eth0. */
  setOwnAddress(isThere: boolean): void {
    this.#hasOwnAddress = isThere;
  }

  /** The host's own address on eth0; undefined if it has none. */
  get ownAddress(): Ip | undefined {
    return this.#own("eth0");
  }

  /** Its state as reported by the kernel; undefined if it is removed. */
  state(name: LinkName): InterfaceState | undefined {
    if (this.#status.get(name) === "gone") return undefined;
    const own = this.#own(name);
    const floating = this.#kernel.addressesOn(name);
    return {
      name,
      up: this.isUp(name),
      ipv4: own,
      addresses: [
        ...(own === undefined ? [] : [{ address: own, prefixLength: 24, isMarked: false }]),
        ...floating.map(({ address, prefixLength }) => {
          return { address, prefixLength, isMarked: true };
        }),
      ],
      mtu: 1500,
      mac: undefined,
      segments: [name],
    };
  }

  states(): InterfaceState[] {
    return [...this.#status.keys()].flatMap((name) => this.state(name) ?? []);
  }

  #own(name: LinkName): Ip | undefined {
    return name === "eth0" && !this.#hasOwnAddress ? undefined : this.#ownAddresses.get(name);
  }
}
