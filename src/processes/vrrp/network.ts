// The kernel's links and addresses as the engine wants to hear of them.

import {
  allAddresses,
  type InstanceConfig,
  OWNER_PRIORITY,
  type VirtualAddress,
  type VrrpPart,
} from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import { ipFamily } from "../../lib/ip.ts";
import { addressKey, hostKey } from "../../lib/prefix.ts";
import type { Address } from "../../netlink/address.ts";
import type { ChangeCause, LinkState, NetworkChange } from "../../netlink/monitor.ts";
import type { RequestFailure } from "../../netlink/requester.ts";
import { segmentsOf } from "../../netlink/segments.ts";
import { RTPROT_KEEPALIVED } from "../../netlink/uapi/rtnetlink.ts";
import type { NetworkWatch } from "../../netlink/watch.ts";
import type { InterfaceState, NodeEvent, RemovalCause } from "../../vrrp/event.ts";
import { AskedRemovals } from "./asked-removals.ts";

type Emit = (event: NodeEvent) => void;

type AddressRemoved = NetworkChange & { readonly kind: "addressRemoved" };

/** What the engine hears of a floating address that was removed and that nobody here asked to remove. */
const CAUSES = {
  own: "wentAlong",
  kernel: "expired",
  program: "deleted",
  unknown: "deleted",
} as const satisfies { readonly [cause in ChangeCause]: RemovalCause };

/** An interface that was called `name` has another name now. Its addresses are still on it. */
export interface RenamedInterface {
  readonly name: string;
  readonly state: InterfaceState;
  readonly index: number;
}

/** Turns what the kernel tells into events of the engine. Knows which addresses are floating: those are not its own. */
export class Network {
  readonly #watch: NetworkWatch;
  readonly #asked: AskedRemovals;
  #floating: ReadonlySet<string> = new Set();
  /** The same without prefix lengths. */
  #floatingHosts: ReadonlySet<string> = new Set();
  /** Those of `#floatingHosts` that a node of priority 255 has as its own. */
  #owned: ReadonlySet<string> = new Set();
  /** The instances' own interfaces. */
  #senders: ReadonlySet<string> = new Set();

  /** `asked`: the removals that this process asks for. */
  constructor(config: VrrpPart, watch: NetworkWatch, asked: AskedRemovals = new AskedRemovals()) {
    this.#watch = watch;
    this.#asked = asked;
    this.configure(config);
  }

  configure({ instances }: VrrpPart): void {
    const owners = instances.filter(({ priority }) => priority === OWNER_PRIORITY);
    this.#floating = keysOf(instances, addressKey);
    this.#floatingHosts = keysOf(instances, hostKey);
    this.#senders = new Set(instances.map((instance) => instance.interface));
    this.#owned = keysOf(owners, hostKey);
  }

  /** How often the kernel dropped announcements: what came and went in between is not known. */
  get overruns(): number {
    return this.#watch.overruns;
  }

  link(name: string): LinkState | undefined {
    return this.#watch.table.linkByName(name);
  }

  /** Reads what there is at the start; the engine is told of it by its first event. */
  begin(): RequestFailure | undefined {
    return this.#watch.resync(() => undefined);
  }

  interfaceStates(): InterfaceState[] {
    return [...this.#watch.table.links()].map((link) => this.#stateOf(link));
  }

  /**
   * Reads what waits and tells the engine what concerns it; a failure is tried again with the next call. The engine
   * takes an interface that was renamed for one that is gone, which its addresses are not: `onRenamed` comes first.
   */
  read(emit: Emit, onRenamed: (renamed: RenamedInterface) => void): RequestFailure | undefined {
    const changes: NetworkChange[] = [];
    const failure = this.#watch.read((change) => changes.push(change));
    this.#tell(changes, emit, onRenamed);
    return failure;
  }

  #tell(
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
      if (change.kind === "linkChanged" && change.previous.up) this.#tellDown(change.link, emit);
      if (change.kind === "addressRemoved") this.#tellWithoutAddress(change.address, emit);
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
            emit({ kind: "interface", name: change.previous.name, state: undefined });
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
          else if (change.kind === "addressRemoved") this.#tellRemoved(change, emit);
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

  /** Interfaces may stand on another one that came, went or was renamed. */
  #touchSenders(touched: Set<number>): void {
    for (const name of this.#senders) {
      const link = this.link(name);
      if (link?.lower !== undefined) touched.add(link.index);
    }
  }

  #tellDown({ index, name }: LinkState, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(index);
    if (link?.up !== false || link.name !== name) return;
    emit({ kind: "interface", name, state: this.#stateOf(link) });
  }

  /** Whatever deletes an interface's last own address deletes the floating ones with it, and adds its own first. */
  #tellWithoutAddress(address: Address, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(address.index);
    if (link === undefined || this.#isFloating(address)) return;
    const state = this.#stateOf(link);
    if (state.ipv4 === undefined) emit({ kind: "interface", name: link.name, state });
  }

  #tellRemoved({ address, cause, sequence }: AddressRemoved, emit: Emit): void {
    const link = this.#watch.table.linkByIndex(address.index);
    if (link === undefined) return;
    if (cause === "own" && this.#asked.has(sequence, address)) return;
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
    return (
      link !== undefined && this.#floating.has(addressKey({ ...address, interface: link.name }))
    );
  }

  #stateOf(link: LinkState): InterfaceState {
    const addresses = this.#watch.table.addresses(link.index);
    const ipv4 = addresses.filter((entry) => ipFamily(entry.address) === 4);
    // Whatever its prefix length, it is the same address.
    const isAmong = (hosts: ReadonlySet<string>, { address }: Address): boolean =>
      hosts.has(hostKey({ interface: link.name, address }));
    // An owner's address is configured as a floating one as well: it may be the only source there is. Any other
    // floating address is here today and elsewhere tomorrow.
    const owned = ipv4.filter((entry) => isAmong(this.#owned, entry));
    const source =
      ipv4.find((entry) => !isAmong(this.#floatingHosts, entry)) ??
      owned.find((entry) => !isMarked(entry)) ??
      owned[0];
    return {
      name: link.name,
      up: link.up,
      ipv4: source?.address,
      addresses: addresses.map((entry) => {
        const { address, prefixLength } = entry;
        return { address, prefixLength, isMarked: isMarked(entry) };
      }),
      mtu: link.mtu,
      mac: link.mac,
      segments: segmentsOf(link, (index) => this.#watch.table.linkByIndex(index)),
    };
  }
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

/** Whether a keepalived or a holdfast put it there: by its mark, or by a lifetime on a kernel without marks. */
export function isMarked({ address, protocol, validSeconds }: Address): boolean {
  return (
    protocol === RTPROT_KEEPALIVED ||
    (ipFamily(address) === 4 && protocol === undefined && validSeconds !== undefined)
  );
}

function keysOf(
  instances: readonly InstanceConfig[],
  keyOf: (entry: VirtualAddress) => string,
): Set<string> {
  return new Set(instances.flatMap((instance) => allAddresses(instance).map(keyOf)));
}
