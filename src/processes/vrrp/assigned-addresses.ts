// Tells, as keepalived does with -D, which of their own addresses the interfaces of instances have.

import type { VrrpPart } from "../../config/config.ts";
import { type Ip, isLinkLocal } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import type { InterfaceState } from "../../vrrp/event.ts";

/** The addresses that adverts can leave from: of IPv4, and the link-local one of IPv6. */
const KINDS: readonly ((state: InterfaceState) => Ip | undefined)[] = [
  (state) => state.ipv4,
  (state) => state.addresses.find(({ address }) => isLinkLocal(address))?.address,
];

/** Remembers what was told of each interface. */
export class AssignedAddresses {
  readonly #log: Log;
  readonly #told = new Map<string, readonly (Ip | undefined)[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** At the start and at each reload: tells of every interface that an instance of `config` runs on. */
  begin(config: VrrpPart, states: readonly InterfaceState[]): void {
    this.#told.clear();
    for (const { interface: name } of config.instances) this.#told.set(name, []);
    for (const state of states) this.follow(state.name, state);
  }

  /** Tells what is new on an interface, which is gone when `state` is undefined. */
  follow(name: string, state: InterfaceState | undefined): void {
    const before = this.#told.get(name);
    if (before === undefined) return;
    const after = KINDS.map((kind) => (state === undefined ? undefined : kind(state)));
    this.#told.set(name, after);
    for (const [index, address] of after.entries()) {
      const former = before[index];
      if (address === former) continue;
      if (former !== undefined) {
        this.#log("info", `Deassigned address ${former} from interface ${name}`);
      }
      if (address !== undefined) {
        this.#log("info", `Assigned address ${address} for interface ${name}`);
      }
    }
  }
}
