// Follows the interfaces: keeps sockets open on them, reports them to the parent, and passes changes to the engine.

import type { VrrpPart } from "../../config/config.ts";
import { allAddresses } from "../../config/vrrp/types.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import { errnoText, SystemError } from "../../os/ffi/errno.ts";
import { Retry } from "../../process/retry.ts";
import type { InterfaceState, NodeEvent } from "../../vrrp/event.ts";
import { AssignedAddresses } from "./assigned-addresses.ts";
import type { Network, RenamedInterface } from "./network.ts";
import type { VrrpSockets } from "./vrrp-sockets.ts";

/** When to read all interfaces again if the kernel dropped notifications and the listing failed. */
const READ_AGAIN_MICROS: Micros = 100 * MILLISECOND;
/** How often to try again to open sockets. */
const OPEN_AGAIN_MICROS: Micros = SECOND;

export interface InterfacePorts {
  readonly log: Log;
  /** -D: log lines of detail too. */
  readonly detail: boolean;
  /** Passes an event to the engine. */
  readonly emit: (event: NodeEvent, now: Micros) => void;
  /** An interface was renamed; its addresses can no longer be found by the old name. */
  readonly onRenamed: (renamed: RenamedInterface) => void;
  /** The open sockets or `carriers` changed: the interfaces with floating addresses in the running configuration. */
  readonly onChanged: (carriers: readonly string[]) => void;
}

/** Follows the interfaces of a network namespace across reloads. */
export class Interfaces {
  readonly #network: Network;
  readonly #sockets: VrrpSockets;
  readonly #ports: InterfacePorts;
  readonly #assigned: AssignedAddresses;
  /** The interfaces with configured floating addresses, and their last reported indexes. */
  #carriers = new Map<string, number | undefined>();
  readonly #reading = new Retry(READ_AGAIN_MICROS);
  readonly #opening = new Retry(OPEN_AGAIN_MICROS);

  constructor(network: Network, sockets: VrrpSockets, ports: InterfacePorts) {
    this.#network = network;
    this.#sockets = sockets;
    this.#ports = ports;
    this.#assigned = new AssignedAddresses(ports.detail ? ports.log : (): void => undefined);
  }

  /** Reads the interfaces and opens sockets; returns the states. Throws a SystemError. */
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
   * First half of a reload: returns the states by the floating addresses of `part`. Until `narrow`, the sockets of both
   * configurations are open, since new instances send at once and removed ones resign.
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

  /** Reads the kernel's notifications. */
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

  /** When the next retry of a failed operation is due. */
  deadline(): Micros {
    const { at: readAt = Number.POSITIVE_INFINITY } = this.#reading;
    return Math.min(readAt, this.#opening.at ?? Number.POSITIVE_INFINITY);
  }

  /** In each turn: retries failed operations that are due. */
  repeat(now: Micros): void {
    if (this.#reading.isDue(now)) this.read(now);
    if (this.#opening.isDue(now) && this.#sockets.complete(this.#link)) this.#report();
    this.#opening.plan(this.#sockets.isIncomplete, now);
  }

  readonly #link = (name: string): ReturnType<Network["link"]> => this.#network.link(name);

  #follow(name: string, state: InterfaceState | undefined): void {
    this.#assigned.follow(name, state);
    // An interface that disappeared and came back within a turn can have its old index, but has lost its memberships.
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
