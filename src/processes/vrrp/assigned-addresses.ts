// Logs, as keepalived does with -D, the own addresses of the instances' interfaces.

import type { VrrpPart } from "../../config/config.ts";
import { type Ip, isLinkLocal } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import type { InterfaceState } from "../../vrrp/event.ts";

/** The source addresses of adverts: IPv4, and link-local IPv6. */
const KINDS: readonly ((state: InterfaceState) => Ip | undefined)[] = [
  (state) => state.ipv4,
  (state) => state.addresses.find(({ address }) => isLinkLocal(address))?.address,
];

export class AssignedAddresses {
  readonly #log: Log;
  readonly #logged = new Map<string, readonly (Ip | undefined)[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** At the start and at each reload: logs the addresses of every interface that an instance of `config` runs on. */
  begin(config: VrrpPart, states: readonly InterfaceState[]): void {
    this.#logged.clear();
    for (const { interface: name } of config.instances) this.#logged.set(name, []);
    for (const state of states) this.follow(state.name, state);
  }

  /** Logs changes on an interface; `state` is undefined if it is gone. */
  follow(name: string, state: InterfaceState | undefined): void {
    const before = this.#logged.get(name);
    if (before === undefined) return;
    const after = KINDS.map((kind) => (state === undefined ? undefined : kind(state)));
    this.#logged.set(name, after);
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
