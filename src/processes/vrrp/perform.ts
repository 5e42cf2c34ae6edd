// Performs what the engine asked for in one turn of the loop, in few system calls and in the order of the lanes.

import type { VirtualAddress } from "../../config/vrrp/types.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import { hostKey } from "../../lib/prefix.ts";
import {
  type Announcement,
  appendBatch,
  type Batch,
  type Notify,
  type SendAdvert,
  type SetAddresses,
} from "../../vrrp/action.ts";
import type { InstanceRecord } from "../../vrrp/event.ts";
import type { AddressOrder } from "./kernel-addresses.ts";

/** What the performer acts through; each call does all it is given in as few system calls as it can. */
export interface Ports {
  now(): Micros;
  record(instance: string, record: InstanceRecord): void;
  removeAddresses(addresses: readonly VirtualAddress[]): void;
  /** Returns the instances whose advert could not be sent, with the reason. */
  sendAdverts(adverts: readonly SendAdvert[]): ReadonlyMap<string, string>;
  addAddresses(orders: readonly AddressOrder[]): void;
  /** As far as the engine knows, the kernel holds all of them. */
  renewAddresses(orders: readonly AddressOrder[]): void;
  sendAnnouncements(announcements: readonly Announcement[]): void;
  /** Adverts or addresses of `instance` were skipped, or adverts can be sent again: the engine decides what to do now. */
  unclaimed(instance: string): void;
  /** These were skipped. */
  unannounced(announcements: readonly Announcement[]): void;
  runScript(script: string, run: Micros): void;
  /** Those of one turn together, in order. */
  notify(notifications: readonly Notify[]): void;
  stopped(): void;
  /** Calls `act`, which performs one round of a turn, and then does what follows each. */
  round(act: () => void): void;
  readonly log: Log;
  /** Log lines of detail too (-D). */
  readonly detail: boolean;
}

/**
 * Later than this after the beginning of their round, adverts, added or renewed addresses and announcements are skipped:
 * the process was delayed, and what it believes may be stale. The engine gets an event and decides. Resignations are
 * always sent.
 */
const LATEST_MICROS = 100 * MILLISECOND;

/**
 * Performing can raise new events (`unclaimed`), whose actions are another round of the same turn. After so many rounds
 * the rest is performed in the next turn.
 */
const MOST_ROUNDS = 10;

/** Performs turns. Remembers what could not be sent and was therefore not set, and what is left of a turn. */
export class Performer {
  readonly #ports: Ports;
  #batches: Batch[] = [];
  /** The beginning of the round in which `#batches` were added, if they wait for the next turn. */
  #leftAt: Micros | undefined;
  /** By instance: why its last advert could not be sent. */
  readonly #unsentReasons = new Map<string, string>();
  /** Addresses that were not added, since no advert could claim them: they are not announced either. */
  readonly #withheld = new Set<string>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Adds the actions of one event to the present round. */
  add(batch: Batch): void {
    appendBatch(this.#batches, batch);
  }

  /** When the next turn is due because of what the last one left: at once, or never. */
  deadline(): Micros {
    return this.#leftAt ?? Number.POSITIVE_INFINITY;
  }

  /** Performs what was added in the turn that began at `now`, in rounds. */
  performTurn(now: Micros): void {
    let startedAt = this.#leftAt ?? now;
    this.#leftAt = undefined;
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      const batches = this.#batches;
      if (batches.length === 0) return;
      this.#batches = [];
      this.#ports.round(() => this.perform(batches, startedAt));
      startedAt = this.#ports.now();
    }
    if (this.#batches.length > 0) this.#leftAt = startedAt;
  }

  /** Performs the batches of a round that began at `startedAt`: log lines and notifications after everything else. */
  perform(batches: readonly Batch[], startedAt: Micros): void {
    const isLate = (): boolean => this.#ports.now() - startedAt > LATEST_MICROS;
    for (const batch of batches) this.#act(batch, isLate);
    const { log, detail } = this.#ports;
    for (const { logLines } of batches) {
      for (const line of logLines) if (!line.detail || detail) log(line.level, line.text);
    }
    for (const { scriptRuns } of batches) {
      for (const { script, run } of scriptRuns) this.#ports.runScript(script, run);
    }
    const notifications = batches.flatMap((batch) => batch.notifications);
    if (notifications.length > 0) this.#ports.notify(notifications);
    if (batches.some(({ end }) => end.length > 0)) this.#ports.stopped();
  }

  #act(batch: Batch, isLate: () => boolean): void {
    for (const { instance, record } of batch.records) this.#ports.record(instance, record);
    this.#takeOut(batch.addressesOut);
    const skipped = new Set<string>();
    const unsent = this.#advertise(eachOnce(batch.adverts), isLate, skipped);
    this.#setAddresses(eachOnce(batch.addressesIn), isLate, unsent, skipped);
    const unannounced = this.#announce(batch.announcements, isLate);
    for (const instance of skipped) this.#ports.unclaimed(instance);
    if (unannounced.length > 0) this.#ports.unannounced(unannounced);
  }

  #takeOut(actions: Batch["addressesOut"]): void {
    const removed: VirtualAddress[] = [];
    const kept: AddressOrder[] = [];
    for (const action of actions) {
      switch (action.kind) {
        case "removeAddresses":
          for (const address of action.addresses) removed.push(address);
          break;
        case "keepAddresses":
          for (const address of action.addresses) kept.push({ address, leaseSeconds: undefined });
          break;
        default:
          unreachable(action);
      }
    }
    if (removed.length > 0) this.#ports.removeAddresses(removed);
    for (const address of removed) this.#withheld.delete(hostKey(address));
    if (kept.length > 0) this.#ports.renewAddresses(kept);
  }

  /** Returns the instances whose advert could not be sent, and adds those whose advert is skipped to `skipped`. */
  #advertise(
    adverts: readonly SendAdvert[],
    isLate: () => boolean,
    skipped: Set<string>,
  ): ReadonlyMap<string, string> {
    const late = adverts.length > 0 && isLate() ? adverts.filter(isNoResignation) : [];
    for (const { instance } of late) skipped.add(instance);
    const sent = late.length === 0 ? adverts : adverts.filter(isResignation);
    if (sent.length === 0) return NONE_UNSENT;
    const unsent = this.#ports.sendAdverts(sent);
    this.#logUnsent(sent, unsent);
    return unsent;
  }

  /** Adds and renews addresses, but not those of `unsent` instances: their peers may hold them. */
  #setAddresses(
    actions: readonly SetAddresses[],
    isLate: () => boolean,
    unsent: ReadonlyMap<string, string>,
    skipped: Set<string>,
  ): void {
    if (actions.length === 0) return;
    if (isLate()) {
      for (const { instance } of actions) skipped.add(instance);
      return;
    }
    for (const { instance, addresses, renewal } of actions) {
      if (renewal || !unsent.has(instance)) continue;
      for (const address of addresses) this.#withheld.add(hostKey(address));
    }
    const claimed = actions.filter(({ instance }) => !unsent.has(instance));
    const additions = ordersOf(claimed.filter(({ renewal }) => !renewal));
    const renewals = claimed.filter(({ renewal }) => renewal);
    for (const { address } of additions) this.#withheld.delete(hostKey(address));
    if (additions.length > 0) this.#ports.addAddresses(additions);
    if (renewals.length === 0) return;
    // Adding may have taken long.
    if (additions.length > 0 && isLate())
      for (const { instance } of renewals) skipped.add(instance);
    else this.#ports.renewAddresses(ordersOf(renewals));
  }

  /**
   * Announces the addresses that are not withheld. If the turn is late by now, sends nothing and returns them, so that
   * the engine tries again. Withheld addresses are not returned: the engine announces them when it adds them.
   */
  #announce(
    announcements: readonly Announcement[],
    isLate: () => boolean,
  ): readonly Announcement[] {
    const wanted = announcements.filter((each) => !this.#withheld.has(hostKey(each)));
    if (wanted.length === 0 || isLate()) return wanted;
    this.#ports.sendAnnouncements(wanted);
    return [];
  }

  /** Logs when an instance's adverts begin to fail for a reason, and when they can be sent again. */
  #logUnsent(adverts: readonly SendAdvert[], unsent: ReadonlyMap<string, string>): void {
    if (unsent.size === 0 && this.#unsentReasons.size === 0) return;
    for (const [instance, reason] of unsent) {
      if (this.#unsentReasons.get(instance) === reason) continue;
      this.#unsentReasons.set(instance, reason);
      this.#ports.log("error", `(${instance}): send advert error: ${reason}`);
    }
    for (const { instance } of adverts) {
      if (unsent.has(instance) || !this.#unsentReasons.delete(instance)) continue;
      this.#ports.log("info", `(${instance}): adverts can be sent again`);
      // What was withheld meanwhile is added and announced after the next advert.
      this.#ports.unclaimed(instance);
    }
  }
}

function ordersOf(actions: readonly SetAddresses[]): AddressOrder[] {
  return actions.flatMap(({ addresses, leaseSeconds }) =>
    addresses.map((address) => ({ address, leaseSeconds })),
  );
}

const NONE_UNSENT: ReadonlyMap<string, string> = new Map();

/** Each object once, at the place of the last: a thousand events of a turn may ask for the same action of an instance. */
function eachOnce<T>(items: readonly T[]): readonly T[] {
  if (items.length < 2) return items;
  const once = new Set<T>();
  for (const item of items) {
    once.delete(item);
    once.add(item);
  }
  return once.size === items.length ? items : [...once];
}

/** RFC 9568 5.2.4: priority 0, the third octet of both versions, resigns. */
function isResignation({ bytes }: SendAdvert): boolean {
  return bytes[2] === 0;
}

function isNoResignation(advert: SendAdvert): boolean {
  return !isResignation(advert);
}
