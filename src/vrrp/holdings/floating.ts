// The floating addresses of one instance: which of them are ours to add, renew, put back and remove, and how long the
// kernel lets us hold them.

import {
  allAddresses,
  type InstanceConfig,
  OWNER_PRIORITY,
  type VipLease,
  type VirtualAddress,
} from "../../config/config.ts";
import { leaseSeconds } from "../../config/vrrp/lease.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import { addressKey, type Prefix, prefixText } from "../../lib/prefix.ts";
import type { SetAddresses } from "../action.ts";
import type { InterfaceTable } from "../tracking/tracking.ts";
import { PutBackLimit } from "./put-back-limit.ts";

/** What a new configuration changes. */
export interface AddressChanges {
  /** Ours no more, or to be set anew with other attributes. */
  readonly gone: readonly VirtualAddress[];
  readonly added: readonly VirtualAddress[];
}

export class FloatingAddresses {
  #all: readonly VirtualAddress[] = [];
  /** The owner's own, that stood on the interface before: no lease, never removed. */
  #standing: ReadonlySet<string> = new Set();
  /** Those that were ours once: where one of them stands, we set it. */
  readonly #wereOurs = new Map<string, VirtualAddress>();
  #isOwner = false;
  #ours: readonly VirtualAddress[] = [];
  /** Those with `no_track` that another program deleted: they stay away until this node becomes active anew. */
  readonly #abandoned = new Set<string>();
  #byKey: ReadonlyMap<string, VirtualAddress> = new Map();
  #leaseSeconds: number | undefined;
  /** Whether the actions are of what is known now. */
  #isComplete = false;
  #set: SetAddresses;
  #renewal: SetAddresses;
  readonly #putBacks = new PutBackLimit();

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

  /** In the order of the configuration, excluded ones last. */
  get all(): readonly VirtualAddress[] {
    return this.#all;
  }

  /** Without those that stood there before. */
  get ours(): readonly VirtualAddress[] {
    return this.#ours;
  }

  /** Addresses, but none that is ours: an owner whose own addresses all stand on the interface anyway. */
  get isAllStanding(): boolean {
    return this.#all.length > 0 && this.#hasNone;
  }

  /** Seconds that the kernel lets what is set stand, or undefined when nothing of ours has a lifetime. */
  get lease(): number | undefined {
    return this.#hasNone ? undefined : this.#leaseSeconds;
  }

  /** The same in microseconds. */
  get leaseMicros(): Micros | undefined {
    const { lease } = this;
    return lease === undefined ? undefined : lease * SECOND;
  }

  get setAction(): SetAddresses {
    this.#complete();
    return this.#set;
  }

  get renewAction(): SetAddresses {
    this.#complete();
    return this.#renewal;
  }

  /** None is ours. */
  get #hasNone(): boolean {
    return this.#standing.size === this.#byKey.size;
  }

  /** All but those that another program may have given to another host since. */
  get announced(): readonly VirtualAddress[] {
    if (this.#abandoned.size === 0) return this.#all;
    return this.#all.filter((entry) => !this.#abandoned.has(addressKey(entry)));
  }

  /** Those of ours that stand on an interface that is there. */
  held(interfaces: InterfaceTable): readonly VirtualAddress[] {
    return this.heldOf(this.#ours, interfaces);
  }

  /** Those of `addresses` that stand on an interface that is there. */
  heldOf(
    addresses: readonly VirtualAddress[],
    interfaces: InterfaceTable,
  ): readonly VirtualAddress[] {
    return addresses.filter(standing(interfaces));
  }

  /** Whether the kernel holds all of ours, as an earlier process left them. One with `no_track` may be missing. */
  isHeld(interfaces: InterfaceTable): boolean {
    return this.#missing(interfaces).every((entry) => entry.noTrack);
  }

  /** An earlier process abandoned those that the kernel does not hold, and they stay abandoned. */
  abandonMissing(interfaces: InterfaceTable): void {
    for (const entry of this.#missing(interfaces)) this.abandon(entry);
  }

  #missing(interfaces: InterfaceTable): readonly VirtualAddress[] {
    const held = new Set(this.held(interfaces));
    return this.#ours.filter((entry) => !held.has(entry));
  }

  /** Those of ours that can be removed: the others went with their interface. */
  removable(interfaces: InterfaceTable): readonly VirtualAddress[] {
    if (this.#ours.every((entry) => interfaces.has(entry.interface))) return this.#ours;
    return this.#ours.filter((entry) => interfaces.has(entry.interface));
  }

  /** The floating address on that interface with that prefix length, standing ones too. */
  find(entry: Prefix & { readonly interface: string }): VirtualAddress | undefined {
    return this.#byKey.get(addressKey(entry));
  }

  /** An address with `no_track` was deleted by another program: it is left alone from now on. */
  abandon(entry: VirtualAddress): void {
    this.#abandoned.add(addressKey(entry));
    this.#isComplete = false;
  }

  /**
   * Becoming active: every address is taken. But an owner's interface may have come, and got its own addresses, after
   * the start: what stands there and never was ours stays as it is.
   */
  prepare(interfaces: InterfaceTable): void {
    const isUnmarked = standingUnmarked(interfaces);
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

  /** An interface that is gone took its addresses along: one that is found there later was set by someone else. */
  forgetMissing(interfaces: InterfaceTable): void {
    for (const [key, { interface: name }] of this.#wereOurs) {
      if (!interfaces.has(name)) this.#wereOurs.delete(key);
    }
  }

  /** Counts that something removed is put back at `now`, from when on it is ours; false if that was too often. */
  takePutBack(entry: VirtualAddress, now: Micros): boolean {
    const key = addressKey(entry);
    if (this.#standing.has(key)) {
      this.#standing = new Set([...this.#standing].filter((other) => other !== key));
      this.#refresh();
    }
    return this.#putBacks.take(key, now);
  }

  /**
   * Takes note of a configuration. An owner's address that stands on its interface and that no keepalived marked was
   * there before and stays so; with any other priority an address that stands there was left behind, and is ours.
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
    const standing = new Set<string>();
    const isUnmarked = standingUnmarked(interfaces);
    for (const [key, entry] of this.#byKey) {
      const isKnown = before.has(key);
      const isOwn = this.#isOwner && isUnmarked(entry);
      if (isKnown ? this.#standing.has(key) : isOwn) standing.add(key);
    }
    this.#standing = standing;
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

  /** Makes the actions when they are asked for: thousands of addresses may be abandoned in a row. */
  #complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    const addresses = this.#ours.filter((entry) => !this.#abandoned.has(addressKey(entry)));
    this.#set = { ...this.#set, addresses, leaseSeconds: this.#leaseSeconds };
    this.#renewal = { ...this.#set, renewal: true };
  }
}

type Test = (entry: VirtualAddress) => boolean;

/** Whether an address stands on its interface. Each interface's addresses are read once: there may be thousands. */
function standing(interfaces: InterfaceTable): Test {
  return among((name) => interfaces.get(name)?.addresses, prefixText);
}

/** Whether it stands there, with whatever prefix length, and no keepalived marked it. */
function standingUnmarked(interfaces: InterfaceTable): Test {
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
