// The actions of one turn of a node, put in the order that is part of their contract.

import type { VirtualAddress } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { LogLevel } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { NodeAction } from "./action.ts";
import type { InstanceRecord } from "./event.ts";

const NOTHING: readonly NodeAction[] = [];

/**
 * Lanes in the order in which they are performed. Whoever leaves takes its addresses out before it says so; whoever
 * comes says so before it takes them; all adverts of a turn stand together, so that one system call sends them; no
 * gratuitous ARP delays an advert; people are told last.
 */
const LANES = [
  "record",
  "leaving",
  "advert",
  "log",
  "addresses",
  "arp",
  "script",
  "notify",
  "end",
] as const;

type Lane = (typeof LANES)[number];

/** Collects what the engines of a node want done. One object serves all turns. */
export class Turn {
  /** The instant of this turn. */
  now: Micros = 0;
  /** Whether lines that only `-D` shows are wanted at all. */
  readonly detailed: boolean;
  readonly #lanes: { readonly [lane in Lane]: NodeAction[] };
  #count = 0;
  #adverts = 0;

  constructor(detailed: boolean) {
    this.detailed = detailed;
    this.#lanes = {
      record: [],
      leaving: [],
      advert: [],
      log: [],
      addresses: [],
      arp: [],
      script: [],
      notify: [],
      end: [],
    };
  }

  /** How many advert actions this turn holds. */
  get adverts(): number {
    return this.#adverts;
  }

  record(instance: string, record: InstanceRecord): void {
    this.#add("record", { kind: "record", instance, record });
  }

  removeAddresses(instance: string, addresses: readonly VirtualAddress[]): void {
    if (addresses.length > 0)
      this.#add("leaving", { kind: "removeAddresses", instance, addresses });
  }

  /** Takes the lifetime off addresses that stay behind. */
  makePermanent(instance: string, addresses: readonly VirtualAddress[]): void {
    if (addresses.length === 0) return;
    this.#add("leaving", {
      kind: "setAddresses",
      instance,
      addresses,
      leaseSeconds: undefined,
      renewal: true,
    });
  }

  advert(actions: readonly NodeAction[]): void {
    for (const action of actions) this.#add("advert", action);
    this.#adverts += actions.length;
  }

  log(level: LogLevel, text: string): void {
    this.#add("log", { kind: "log", level, text, detail: false });
  }

  /** A line that only `-D` shows. */
  detail(text: string): void {
    if (this.detailed) this.#add("log", { kind: "log", level: "info", text, detail: true });
  }

  setAddresses(action: NodeAction & { readonly kind: "setAddresses" }): void {
    if (action.addresses.length > 0) this.#add("addresses", action);
  }

  gratuitousArp(interfaceName: string, address: Ip): void {
    this.#add("arp", { kind: "sendGratuitousArp", interface: interfaceName, address });
  }

  runScript(script: string, run: Micros): void {
    this.#add("script", { kind: "runScript", script, run });
  }

  notify(
    instance: string,
    event: (NodeAction & { readonly kind: "notify" })["event"],
    state: string,
    priority: number,
  ): void {
    this.#add("notify", { kind: "notify", instance, event, state, priority });
  }

  stopped(): void {
    this.#add("end", { kind: "stopped" });
  }

  /** All actions in order; the turn is empty afterwards. */
  finish(): readonly NodeAction[] {
    if (this.#count === 0) return NOTHING;
    const actions: NodeAction[] = [];
    for (const lane of LANES) {
      const part = this.#lanes[lane];
      for (const action of part) actions.push(action);
      part.length = 0;
    }
    this.#count = 0;
    this.#adverts = 0;
    return actions;
  }

  #add(lane: Lane, action: NodeAction): void {
    this.#lanes[lane].push(action);
    this.#count++;
  }
}
