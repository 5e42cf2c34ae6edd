// Everything of this process that follows the interfaces: the sockets on them, the parent's settings of them, and what
// the engine hears of them.

import { allAddresses, type VrrpPart } from "../../config/config.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import { errnoText, SystemError } from "../../os/ffi/errno.ts";
import { Retry } from "../../process/retry.ts";
import type { InterfaceState, NodeEvent } from "../../vrrp/event.ts";
import { AssignedAddresses } from "./assigned-addresses.ts";
import type { Network, RenamedInterface } from "./network.ts";
import type { VrrpSockets } from "./vrrp-sockets.ts";

/** When to read all interfaces again after the kernel dropped announcements and refused to list them. */
const READ_AGAIN_MICROS: Micros = 100 * MILLISECOND;
/** How often to try again to open sockets. */
const OPEN_AGAIN_MICROS: Micros = SECOND;

export interface InterfacePorts {
  readonly log: Log;
  /** -D: log lines of detail too. */
  readonly detail: boolean;
  /** Hands an event to the engine. */
  readonly emit: (event: NodeEvent, now: Micros) => void;
  /** The interface has a new name: nothing will find our addresses on it by the old one. */
  readonly onRenamed: (renamed: RenamedInterface) => void;
  /** Other sockets are open, or other interfaces carry floating addresses: `carriers` of the running configuration. */
  readonly onChanged: (carriers: readonly string[]) => void;
}

/** Follows the interfaces of a network namespace for one configuration after the other. */
export class Interfaces {
  readonly #network: Network;
  readonly #sockets: VrrpSockets;
  readonly #ports: InterfacePorts;
  readonly #assigned: AssignedAddresses;
  /** The interfaces that floating addresses are configured on, with the index that was reported last. */
  #carriers = new Map<string, number | undefined>();
  readonly #reading = new Retry(READ_AGAIN_MICROS);
  readonly #opening = new Retry(OPEN_AGAIN_MICROS);

  constructor(network: Network, sockets: VrrpSockets, ports: InterfacePorts) {
    this.#network = network;
    this.#sockets = sockets;
    this.#ports = ports;
    this.#assigned = new AssignedAddresses(ports.detail ? ports.log : (): void => undefined);
  }

  /** Reads what there is and opens sockets; returns the states. Throws a SystemError. */
  begin(part: VrrpPart): InterfaceState[] {
    const failure = this.#network.begin();
    if (failure !== undefined) {
      throw new SystemError("read the interfaces", failure.errno, failure.detail);
    }
    this.#sockets.widen(part, this.#link);
    this.#sockets.closeInherited();
    this.#carry(part);
    return this.#assignedStates(part);
  }

  /**
   * First half of a reload to `part`; returns the states, in which other addresses are floating now. New instances speak
   * at once and removed ones resign: until `narrow` the sockets of both are open.
   */
  widen(part: VrrpPart): InterfaceState[] {
    this.#network.configure(part);
    this.#sockets.widen(part, this.#link);
    return this.#assignedStates(part);
  }

  /** Second half of a reload. */
  narrow(part: VrrpPart): void {
    this.#sockets.narrow(part, this.#link);
    this.#carry(part);
  }

  /** Reads what the kernel announced. */
  read(now: Micros): void {
    const { log, emit, onRenamed } = this.#ports;
    const { overruns } = this.#network;
    const failure = this.#network.read(
      (event) => {
        if (event.kind === "interface") this.#follow(event.name, event.state);
        emit(event, now);
      },
      (renamed) => {
        log("info", `Interface name has changed from ${renamed.name} to ${renamed.state.name}`);
        onRenamed(renamed);
      },
    );
    if (this.#network.overruns > overruns) this.#sockets.rejoin();
    if (failure !== undefined && this.#reading.at === undefined) {
      const reason = failure.detail ?? errnoText(failure.errno);
      log("error", `Cannot read the interfaces anew: ${reason}`);
    }
    this.#reading.plan(failure !== undefined, now);
  }

  /** When a failed operation is to be repeated. */
  deadline(): Micros {
    const { at: readAt = Number.POSITIVE_INFINITY } = this.#reading;
    return Math.min(readAt, this.#opening.at ?? Number.POSITIVE_INFINITY);
  }

  /** In each turn: repeats what failed and is due. */
  repeat(now: Micros): void {
    if (this.#reading.isDue(now)) this.read(now);
    if (this.#opening.isDue(now) && this.#sockets.complete(this.#link)) this.#report();
    this.#opening.plan(this.#sockets.isIncomplete, now);
  }

  readonly #link = (name: string): ReturnType<Network["link"]> => this.#network.link(name);

  #follow(name: string, state: InterfaceState | undefined): void {
    this.#assigned.follow(name, state);
    // One that was gone and is back in one turn can have its old index, but has lost its memberships.
    const link = state === undefined ? undefined : this.#link(name);
    const isChanged = this.#sockets.follow(name, link);
    const isNewCarrier = this.#carriers.has(name) && this.#carriers.get(name) !== link?.index;
    if (isChanged || (state !== undefined && isNewCarrier)) this.#report();
  }

  #assignedStates(part: VrrpPart): InterfaceState[] {
    const states = this.#network.interfaceStates();
    this.#assigned.begin(part, states);
    return states;
  }

  #carry({ instances }: VrrpPart): void {
    const addresses = instances.flatMap(allAddresses);
    this.#carriers = new Map(addresses.map((entry) => [entry.interface, undefined]));
    this.#report();
  }

  #report(): void {
    for (const name of this.#carriers.keys()) this.#carriers.set(name, this.#link(name)?.index);
    this.#ports.onChanged([...this.#carriers.keys()]);
  }
}
