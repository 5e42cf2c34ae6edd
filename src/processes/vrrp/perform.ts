// Carries out what the engine asked for in one turn of the loop, in few system calls and in the order that fences.

import type { VirtualAddress } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Ip } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { Notification } from "../../process/ipc.ts";
import type { NodeAction } from "../../vrrp/action.ts";
import type { InstanceRecord } from "../../vrrp/event.ts";
import type { AddressOrder } from "./kernel-addresses.ts";

export type AdvertAction = Extract<NodeAction, { kind: "sendAdvert" }>;

/** What the performer acts through; each call does all it is given in as few system calls as it can. */
export interface Ports {
  now(): Micros;
  record(instance: string, record: InstanceRecord): void;
  /** Gives the instances whose advert could not be sent, with the reason. */
  sendAdverts(adverts: readonly AdvertAction[]): ReadonlyMap<string, string>;
  /** `renewals`: all of them are there already, as far as the engine knows. */
  setAddresses(orders: readonly AddressOrder[], renewals: boolean): void;
  /** What `instance` wanted to send or set was left out, since the process was held up. */
  heldUp(instance: string): void;
  removeAddresses(addresses: readonly VirtualAddress[]): void;
  sendGratuitousArps(arps: readonly { interface: string; address: Ip }[]): void;
  runScript(script: string, run: Micros): void;
  /** Those of one turn together, in order. */
  notify(notifications: readonly Notification[]): void;
  stopped(): void;
  readonly log: Log;
  /** -D: lines of detail are wanted. */
  readonly detail: boolean;
}

/**
 * Adverts, addresses and ARPs that come later than this after their turn began are left out: the process was held
 * up, and what it believes may be stale. The engine is told, and looks first. To give up is never too late.
 */
const LATEST_MICROS = 100 * MILLISECOND;

type SetAddresses = Extract<NodeAction, { kind: "setAddresses" }>;

/** Performs the actions of one turn. Keeps nothing between turns but what cannot be sent or set. */
export class Performer {
  readonly #ports: Ports;
  readonly #cannotSend = new Map<string, string>();
  /** Addresses that were not set, since no advert could tell peers of it. */
  readonly #withheld = new Set<string>();
  #removals: VirtualAddress[] = [];
  /** Each once, where it was asked for last: a thousand events of a turn may ask for the same. */
  readonly #adverts = new Set<AdvertAction>();
  readonly #sets = new Set<SetAddresses>();
  #arps: { interface: string; address: Ip }[] = [];
  #notifications: Notification[] = [];

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /**
   * Performs `actions` of the turn that began at `turnStartedAt`. Records are written before anything else happens;
   * addresses leave before any advert of the turn, and come after it; ARP, scripts and words wait for all of that.
   */
  perform(actions: readonly NodeAction[], turnStartedAt: Micros): void {
    const words: NodeAction[] = [];
    for (const action of actions) {
      switch (action.kind) {
        case "record":
          this.#ports.record(action.instance, action.record);
          break;
        case "removeAddresses":
          // An address that is on its way in must be in before it can leave.
          if (this.#sets.size > 0) this.#flush(turnStartedAt);
          for (const address of action.addresses) this.#removals.push(address);
          break;
        case "sendAdvert":
          askLast(this.#adverts, action);
          break;
        case "setAddresses":
          askLast(this.#sets, action);
          break;
        case "sendGratuitousArp":
          this.#arps.push(action);
          break;
        case "runScript":
        case "notify":
        case "log":
        case "stopped":
          words.push(action);
          break;
        default:
          unreachable(action);
      }
    }
    this.#flush(turnStartedAt);
    for (const action of words) this.#tell(action);
    this.#notify();
  }

  #flush(turnStartedAt: Micros): void {
    if (this.#removals.length > 0) {
      this.#ports.removeAddresses(this.#removals);
      for (const address of this.#removals) this.#withheld.delete(keyOf(address));
      this.#removals = [];
    }
    const left = new Set<string>();
    let unsent: ReadonlyMap<string, string> | undefined;
    if (this.#adverts.size > 0) {
      let adverts = [...this.#adverts];
      if (this.#isLate(turnStartedAt)) {
        for (const advert of adverts) if (!isResignation(advert)) left.add(advert.instance);
        adverts = adverts.filter(isResignation);
      }
      if (adverts.length > 0) {
        unsent = this.#ports.sendAdverts(adverts);
        this.#tellUnsent(adverts, unsent);
      }
      this.#adverts.clear();
    }
    if (this.#sets.size > 0) {
      const isLate = this.#isLate(turnStartedAt);
      const additions: AddressOrder[] = [];
      const renewals: AddressOrder[] = [];
      for (const set of this.#sets) {
        // Those stay behind when the process ends: late is better than never.
        const staysBehind = set.renewal && set.leaseSeconds === undefined;
        if (isLate && !staysBehind) {
          left.add(set.instance);
          continue;
        }
        if (!staysBehind && unsent?.has(set.instance)) {
          if (!set.renewal) this.#withhold(set.addresses);
          continue;
        }
        const orders = set.renewal ? renewals : additions;
        for (const address of set.addresses) {
          orders.push({ address, leaseSeconds: set.leaseSeconds });
        }
      }
      for (const { address } of additions) this.#withheld.delete(keyOf(address));
      if (additions.length > 0) this.#ports.setAddresses(additions, false);
      if (renewals.length > 0) this.#ports.setAddresses(renewals, true);
      this.#sets.clear();
    }
    if (this.#arps.length > 0) {
      // Repeats follow, or the engine announces anew.
      if (!this.#isLate(turnStartedAt)) this.#announce();
      this.#arps = [];
    }
    for (const instance of left) this.#ports.heldUp(instance);
  }

  /** Peers that hear no advert of ours may hold these: they are neither set nor announced. */
  #withhold(addresses: readonly VirtualAddress[]): void {
    for (const address of addresses) this.#withheld.add(keyOf(address));
  }

  #announce(): void {
    const arps =
      this.#withheld.size === 0
        ? this.#arps
        : this.#arps.filter((arp) => !this.#withheld.has(keyOf(arp)));
    if (arps.length > 0) this.#ports.sendGratuitousArps(arps);
  }

  #isLate(turnStartedAt: Micros): boolean {
    return this.#ports.now() - turnStartedAt > LATEST_MICROS;
  }

  /** One line when an instance's adverts begin to fail for a reason, one when they leave again. */
  #tellUnsent(adverts: readonly AdvertAction[], unsent: ReadonlyMap<string, string>): void {
    if (unsent.size === 0 && this.#cannotSend.size === 0) return;
    for (const [instance, reason] of unsent) {
      if (this.#cannotSend.get(instance) === reason) continue;
      this.#cannotSend.set(instance, reason);
      this.#ports.log("error", `(${instance}): send advert error: ${reason}`);
    }
    for (const { instance } of adverts) {
      if (unsent.has(instance) || !this.#cannotSend.delete(instance)) continue;
      this.#ports.log("info", `(${instance}): adverts can be sent again`);
      // What was withheld meanwhile is set and announced behind another advert.
      this.#ports.heldUp(instance);
    }
  }

  #tell(action: NodeAction): void {
    switch (action.kind) {
      case "log":
        if (!action.detail || this.#ports.detail) this.#ports.log(action.level, action.text);
        break;
      case "runScript":
        this.#ports.runScript(action.script, action.run);
        break;
      case "notify":
        this.#notifications.push(action);
        break;
      case "stopped":
        this.#notify();
        this.#ports.stopped();
        break;
      default:
        break;
    }
  }

  #notify(): void {
    if (this.#notifications.length === 0) return;
    this.#ports.notify(this.#notifications);
    this.#notifications = [];
  }
}

function askLast<T>(set: Set<T>, item: T): void {
  set.delete(item);
  set.add(item);
}

/** RFC 9568 5.2.4: priority 0, the third octet of both versions, says that its sender gives up. */
function isResignation({ bytes }: AdvertAction): boolean {
  return bytes[2] === 0;
}

function keyOf({ interface: name, address }: { interface: string; address: Ip }): string {
  return `${name} ${address}`;
}
