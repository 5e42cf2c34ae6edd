// Turns the kernel's notifications of links and addresses into events of the engine.

import type { VrrpPart } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Address, AddressKey } from "../../netlink/address.ts";
import type { ChangeCause, LinkState, NetworkChange } from "../../netlink/monitor.ts";
import type { RequestFailure } from "../../netlink/requester.ts";
import type { NetworkWatch } from "../../netlink/watch.ts";
import type { InterfaceState, NodeEvent, RemovalCause } from "../../vrrp/event.ts";
import {
  type FloatingAddresses,
  floatingAddresses,
  interfaceState,
  interfaceStates,
  isFloating,
} from "./interface-states.ts";

type Emit = (event: NodeEvent) => void;

type AddressRemoved = NetworkChange & { readonly kind: "addressRemoved" };

/** The engine's causes of the removal of a floating address that this process did not request. */
const CAUSES = {
  own: "wentAlong",
  kernel: "expired",
  program: "deleted",
  unknown: "deleted",
} as const satisfies { readonly [cause in ChangeCause]: RemovalCause };

/** The interface `name` was renamed; its addresses are still on it. */
export interface RenamedInterface {
  readonly name: string;
  readonly state: InterfaceState;
  readonly index: number;
}

/** Whether request `sequence` of this process removed `address`. */
export type IsAsked = (sequence: number, address: AddressKey) => boolean;

/** The interfaces and addresses of this network namespace, seen by the configuration. */
export class Network {
  readonly #watch: NetworkWatch;
  readonly #isAsked: IsAsked;
  #floating: FloatingAddresses;
  /** The instances' own interfaces. */
  #senders: ReadonlySet<string>;

  constructor(part: VrrpPart, watch: NetworkWatch, isAsked: IsAsked) {
    this.#watch = watch;
    this.#isAsked = isAsked;
    this.#floating = floatingAddresses(part);
    this.#senders = sendersOf(part);
  }

  configure(part: VrrpPart): void {
    this.#floating = floatingAddresses(part);
    this.#senders = sendersOf(part);
  }

  /** How often the kernel has dropped announcements, so that changes may have been missed. */
  get overruns(): number {
    return this.#watch.overruns;
  }

  link(name: string): LinkState | undefined {
    return this.#watch.table.linkByName(name);
  }

  /** Reads the interfaces at the start, without events: the engine's start event carries them. */
  begin(): RequestFailure | undefined {
    return this.#watch.resync(() => undefined);
  }

  interfaceStates(): InterfaceState[] {
    return interfaceStates(this.#watch.table, this.#floating);
  }

  /**
   * Reads queued announcements and emits events; the next call retries after a failure. A renamed interface is gone for
   * the engine, although it still has its addresses: `onRenamed` is called before that event.
   */
  read(emit: Emit, onRenamed: (renamed: RenamedInterface) => void): RequestFailure | undefined {
    const changes: NetworkChange[] = [];
    const failure = this.#watch.read((change) => changes.push(change));
    this.#emitChanges(changes, emit, onRenamed);
    return failure;
  }

  #emitChanges(
    changes: readonly NetworkChange[],
    emit: Emit,
    onRenamed: (renamed: RenamedInterface) => void,
  ): void {
    const gone = new Set<number>();
    const touched = new Set<number>();
    for (const change of changes) {
      if (isRearranged(change)) this.#touchSenders(touched);
      if (change.kind === "linkRemoved") gone.add(change.link.index);
      // Before the addresses that went with it.
      if (change.kind === "linkChanged" && change.previous.up) this.#emitDown(change.link, emit);
      if (change.kind === "addressRemoved") this.#emitWithoutAddress(change.address, emit);
    }
    for (const change of changes) {
      switch (change.kind) {
        case "linkAdded":
          touched.add(change.link.index);
          break;
        case "linkChanged":
          if (change.previous.name !== change.link.name) {
            const { name, index } = change.previous;
            onRenamed({ name, index, state: this.#stateOf(change.link) });
            emit({ kind: "interface", name, state: undefined });
          }
          touched.add(change.link.index);
          break;
        case "linkRemoved":
          emit({ kind: "interface", name: change.link.name, state: undefined });
          break;
        case "addressAdded":
        case "addressChanged":
        case "addressRemoved":
          if (gone.has(change.address.index)) break;
          if (!this.#isFloating(change.address)) touched.add(change.address.index);
          else if (change.kind === "addressRemoved") this.#emitRemoved(change, emit);
          break;
        default:
          unreachable(change);
      }
    }
    for (const index of touched) {
      const link = this.#watch.table.linkByIndex(index);
      if (link === undefined) continue;
      emit({ kind: "interface", name: link.name, state: this.#stateOf(link) });
    }
  }

  /** The layer-2 networks of an interface can change with its lower interface. */
  #touchSenders(touched: Set<number>): void {
    for (const name of this.#senders) {
      const link = this.link(name);
      if (link?.lower !== undefined) touched.add(link.index);
    }
  }

  #emitDown({ index, name }: LinkState, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(index);
    if (link?.up !== false || link.name !== name) return;
    emit({ kind: "interface", name, state: this.#stateOf(link) });
  }

  /** The floating addresses of an interface can go with its last own address: report that one first. */
  #emitWithoutAddress(address: Address, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(address.index);
    if (link === undefined || this.#isFloating(address)) return;
    const state = this.#stateOf(link);
    if (state.ipv4 === undefined) emit({ kind: "interface", name: link.name, state });
  }

  #emitRemoved({ address, cause, sequence }: AddressRemoved, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(address.index);
    if (link === undefined) return;
    if (cause === "own" && this.#isAsked(sequence, address)) return;
    emit({
      kind: "addressRemoved",
      interface: link.name,
      address: address.address,
      prefixLength: address.prefixLength,
      cause: CAUSES[cause],
    });
  }

  #isFloating(address: Address): boolean {
    const link = this.#watch.table.linkByIndex(address.index);
    return link !== undefined && isFloating(link.name, address, this.#floating);
  }

  #stateOf(link: LinkState): InterfaceState {
    return interfaceState(link, this.#watch.table, this.#floating);
  }
}

function sendersOf({ instances }: VrrpPart): Set<string> {
  return new Set(instances.map((instance) => instance.interface));
}

function isRearranged(change: NetworkChange): boolean {
  if (change.kind === "linkAdded" || change.kind === "linkRemoved") return true;
  if (change.kind !== "linkChanged") return false;
  const { link, previous } = change;
  return (
    link.name !== previous.name ||
    link.lower !== previous.lower ||
    link.lowerNamespace !== previous.lowerNamespace
  );
}
