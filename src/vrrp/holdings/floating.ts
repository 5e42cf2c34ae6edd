// The floating addresses of one instance: which of them this node may add, renew, restore and remove, and their lease.

import { leaseSeconds } from "../../config/vrrp/lease.ts";
import {
  allAddresses,
  OWNER_PRIORITY,
  type VipLease,
  type VirtualAddress,
} from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import { addressKey, type Prefix, prefixText } from "../../lib/prefix.ts";
import { RateLimit } from "../../lib/rate-limit.ts";
import type { SetAddresses } from "../action.ts";
import type { InterfaceTable } from "../tracking/tracking.ts";

/** The changes of a new configuration. */
export interface AddressChanges {
  /** No longer configured, or configured with other attributes. */
  readonly gone: readonly VirtualAddress[];
  readonly added: readonly VirtualAddress[];
}

export class FloatingAddresses {
  #all: readonly VirtualAddress[] = [];
  /** The owner's own addresses, which existed before the start: no lease, never removed. */
  #standing: ReadonlySet<string> = new Set();
  /** Addresses that were ours at some time: if one of them exists, this node has set it. */
  readonly #wereOurs = new Map<string, VirtualAddress>();
  #isOwner = false;
  #ours: readonly VirtualAddress[] = [];
  /** Addresses with `no_track` that another program deleted: not set until this node becomes active again. */
  readonly #abandoned = new Set<string>();
  #byKey: ReadonlyMap<string, VirtualAddress> = new Map();
  #leaseSeconds: number | undefined;
  /** True if `#set` and `#renewal` are up to date. */
  #isComplete = false;
  #set: SetAddresses;
  #renewal: SetAddresses;
  readonly #putBacks = new RateLimit(5, 10 * SECOND);

  constructor(config: InstanceConfig, vipLease: VipLease, interfaces: InterfaceTable) {
    const nothing: SetAddresses = {
      kind: "setAddresses",
      instance: config.name,
      addresses: [],
      leaseSeconds: undefined,
      renewal: false,
    };
    this.#set = nothing;
    this.#renewal = nothing;
    this.reconfigure(config, vipLease, interfaces);
  }

  /** All addresses in the order of the configuration, excluded ones last. */
  get all(): readonly VirtualAddress[] {
    return this.#all;
  }

  /** All addresses except the owner's own. */
  get ours(): readonly VirtualAddress[] {
    return this.#ours;
  }

  /** True for an owner if all addresses are its own and existed before the start. */
  get isAllStanding(): boolean {
    return this.#all.length > 0 && this.#hasNone;
  }

  /** The lifetime of our addresses in seconds; undefined if they have none. */
  get leaseSeconds(): number | undefined {
    return this.#hasNone ? undefined : this.#leaseSeconds;
  }

  /** The same in microseconds. */
  get leaseMicros(): Micros | undefined {
    const { leaseSeconds: seconds } = this;
    return seconds === undefined ? undefined : seconds * SECOND;
  }

  /** The same object until the addresses change: the performer sends what several events ask for once. */
  get setAction(): SetAddresses {
    this.#complete();
    return this.#set;
  }

  get renewAction(): SetAddresses {
    this.#complete();
    return this.#renewal;
  }

  /** True if no address is ours. */
  get #hasNone(): boolean {
    return this.#standing.size === this.#byKey.size;
  }

  /** Those to announce: all except the abandoned ones, which another host may have by now. */
  get announced(): readonly VirtualAddress[] {
    if (this.#abandoned.size === 0) return this.#all;
    return this.#all.filter((entry) => !this.#abandoned.has(addressKey(entry)));
  }

  /** Our addresses that exist on their interface. */
  held(interfaces: InterfaceTable): readonly VirtualAddress[] {
    return this.heldOf(this.#ours, interfaces);
  }

  /** Those of `addresses` that exist on their interface. */
  heldOf(
    addresses: readonly VirtualAddress[],
    interfaces: InterfaceTable,
  ): readonly VirtualAddress[] {
    return addresses.filter(present(interfaces));
  }

  /** True if the kernel holds all our addresses, as left by an earlier process. Those with `no_track` may be missing. */
  isHeld(interfaces: InterfaceTable): boolean {
    return this.#missing(interfaces).every((entry) => entry.noTrack);
  }

  /** Abandons the missing addresses, which an earlier process has abandoned. */
  abandonMissing(interfaces: InterfaceTable): void {
    for (const entry of this.#missing(interfaces)) this.abandon(entry);
  }

  #missing(interfaces: InterfaceTable): readonly VirtualAddress[] {
    const held = new Set(this.held(interfaces));
    return this.#ours.filter((entry) => !held.has(entry));
  }

  /** Our addresses that can be removed: those whose interface exists. */
  removable(interfaces: InterfaceTable): readonly VirtualAddress[] {
    if (this.#ours.every((entry) => interfaces.has(entry.interface))) return this.#ours;
    return this.#ours.filter((entry) => interfaces.has(entry.interface));
  }

  /** The floating address on that interface with that prefix length, including the owner's own. */
  find(entry: Prefix & { readonly interface: string }): VirtualAddress | undefined {
    return this.#byKey.get(addressKey(entry));
  }

  /** Abandons an address with `no_track` that another program deleted. */
  abandon(entry: VirtualAddress): void {
    this.#abandoned.add(addressKey(entry));
    this.#isComplete = false;
  }

  /**
   * Prepares for becoming active. The interface of an owner may have appeared with its own addresses after the start:
   * those that exist there and were never ours count as the owner's own.
   */
  prepare(interfaces: InterfaceTable): void {
    const isUnmarked = presentUnmarked(interfaces);
    const own = this.#isOwner
      ? this.#ours.filter((entry) => !this.#wereOurs.has(addressKey(entry)) && isUnmarked(entry))
      : [];
    if (own.length > 0 || this.#abandoned.size > 0) {
      this.#standing = new Set([...this.#standing, ...own.map(addressKey)]);
      this.#abandoned.clear();
      this.#refresh();
    }
    for (const entry of this.#ours) this.#wereOurs.set(addressKey(entry), entry);
  }

  /** Forgets our addresses on missing interfaces: one that exists there later was set by another program. */
  forgetMissing(interfaces: InterfaceTable): void {
    for (const [key, { interface: name }] of this.#wereOurs) {
      if (!interfaces.has(name)) this.#wereOurs.delete(key);
    }
  }

  /** Counts a removed address that is restored at `now` and is ours from then on; false if that was too often. */
  takePutBack(entry: VirtualAddress, now: Micros): boolean {
    const key = addressKey(entry);
    if (this.#standing.has(key)) {
      this.#standing = new Set([...this.#standing].filter((other) => other !== key));
      this.#refresh();
    }
    return this.#putBacks.take(key, now);
  }

  /**
   * Applies a configuration. An existing address that no keepalived has marked is an owner's own and stays so. With any
   * other priority, an existing address was left by an earlier run and is ours.
   */
  reconfigure(
    config: InstanceConfig,
    vipLease: VipLease,
    interfaces: InterfaceTable,
  ): AddressChanges {
    const before = this.#byKey;
    const oursBefore = this.#ours;
    this.#isOwner = config.priority === OWNER_PRIORITY;
    this.#all = allAddresses(config);
    this.#byKey = new Map(this.#all.map((entry) => [addressKey(entry), entry]));
    const ownStanding = new Set<string>();
    const isUnmarked = presentUnmarked(interfaces);
    for (const [key, entry] of this.#byKey) {
      const isKnown = before.has(key);
      const isOwn = this.#isOwner && isUnmarked(entry);
      if (isKnown ? this.#standing.has(key) : isOwn) ownStanding.add(key);
    }
    this.#standing = ownStanding;
    this.#leaseSeconds = leaseSeconds(vipLease, config.advertIntMicros, config.downTimerAdverts);
    this.#set = { ...this.#set, instance: config.name };
    this.#refresh();
    this.#putBacks.keepOnly(new Set(this.#byKey.keys()));
    const isSame = (a: VirtualAddress, b: VirtualAddress | undefined): boolean =>
      JSON.stringify(a) === JSON.stringify({ ...b, noTrack: a.noTrack });
    return {
      gone: oursBefore.filter((entry) => !isSame(entry, this.#byKey.get(addressKey(entry)))),
      added: this.#ours.filter((entry) => !isSame(entry, before.get(addressKey(entry)))),
    };
  }

  #refresh(): void {
    this.#ours = this.#all.filter((entry) => !this.#standing.has(addressKey(entry)));
    this.#isComplete = false;
  }

  /** Builds the actions on demand, since thousands of addresses may be abandoned in a row. */
  #complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    const addresses = this.#ours.filter((entry) => !this.#abandoned.has(addressKey(entry)));
    this.#set = { ...this.#set, addresses, leaseSeconds: this.#leaseSeconds };
    this.#renewal = { ...this.#set, renewal: true };
  }
}

type Test = (entry: VirtualAddress) => boolean;

/** Tests whether an address exists on its interface. Reads the addresses of each interface once, since there may be thousands. */
function present(interfaces: InterfaceTable): Test {
  return among((name) => interfaces.get(name)?.addresses, prefixText);
}

/** Tests whether it exists there with any prefix length and without keepalived's mark. */
function presentUnmarked(interfaces: InterfaceTable): Test {
  return among(
    (name) => interfaces.get(name)?.addresses.filter(({ isMarked }) => !isMarked),
    ({ address }) => address,
  );
}

function among(
  heldOn: (interfaceName: string) => readonly Prefix[] | undefined,
  keyOf: (entry: Prefix) => string,
): Test {
  const held = new Map<string, ReadonlySet<string>>();
  return (entry) => {
    const keys = held.get(entry.interface) ?? new Set(heldOn(entry.interface)?.map(keyOf));
    held.set(entry.interface, keys);
    return keys.has(keyOf(entry));
  };
}
