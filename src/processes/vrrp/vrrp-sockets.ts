// The VRRP sockets: on each interface one that receives and one that sends.

import type { VrrpPart } from "../../config/config.ts";
import type { Ip } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { LinkState } from "../../netlink/monitor.ts";
import { realtime } from "../../os/loop/clock.ts";
import { ARRIVAL_CONTROL_OCTETS, arrivalOf } from "../../os/net/arrival-time.ts";
import { MessageReader } from "../../os/net/message-reader.ts";
import { closeDescriptor } from "../../os/net/socket.ts";
import {
  adoptVrrpReceiver,
  openVrrpReceiver,
  openVrrpSender,
  type VrrpReceiver,
  type VrrpSender,
} from "../../os/net/vrrp-socket.ts";
import type { Loop } from "../../process/loop.ts";
import type { KeptDescriptor } from "../../process/messages.ts";
import { type VrrpPacket, vrrpFromIpv4 } from "../../wire/vrrp.ts";
import type { Links } from "./send.ts";

/** Limits a turn during a flood; the next turn continues. */
const MOST_BATCHES_IN_A_TURN = 64;

/** An arrival time further in the future means that the clock was set back since. */
const CLOCK_STEP_MICROS: Micros = 50 * MILLISECOND;

interface OpenInterface {
  readonly index: number;
  readonly receiver: VrrpReceiver;
  readonly sender: VrrpSender;
  groups: ReadonlySet<Ip>;
}

/** The payload is a view of a buffer that is reused: valid only during the call. */
export type OnPacket = (
  interfaceName: string,
  packet: VrrpPacket,
  waitedMicros: Micros | undefined,
  now: Micros,
) => void;

/** Opens and closes sockets as interfaces come and go and the configuration changes. */
export class VrrpSockets {
  readonly #loop: Loop;
  readonly #onPacket: OnPacket;
  readonly #log: Log;
  readonly #reader = new MessageReader({ controlOctets: ARRIVAL_CONTROL_OCTETS });
  readonly #open = new Map<string, OpenInterface>();
  readonly #adoptable: Map<string, KeptDescriptor>;
  /** Existing interfaces whose sockets could not be opened, with the reason. */
  readonly #refused = new Map<string, string>();
  #groups: ReadonlyMap<string, ReadonlySet<Ip>> = new Map();

  constructor(loop: Loop, inherited: readonly KeptDescriptor[], log: Log, onPacket: OnPacket) {
    this.#loop = loop;
    this.#log = log;
    this.#onPacket = onPacket;
    this.#adoptable = new Map(inherited.map((kept) => [kept.label, kept]));
  }

  /** Opens sockets that instances of `config` need, and keeps all others. */
  widen(config: VrrpPart, links: Links): void {
    const groups = groupsOf(config);
    for (const [name, former] of this.#groups) {
      groups.set(name, new Set([...former, ...(groups.get(name) ?? [])]));
    }
    this.#groups = groups;
    for (const name of groups.keys()) this.follow(name, links(name));
  }

  /** Closes the previous process's sockets that were not adopted. */
  closeInherited(): void {
    for (const { fd } of this.#adoptable.values()) closeDescriptor(fd);
    this.#adoptable.clear();
  }

  /** Closes sockets that no instance of `config` needs. */
  narrow(config: VrrpPart, links: Links): void {
    this.#groups = groupsOf(config);
    for (const name of [...this.#open.keys()]) {
      if (!this.#groups.has(name)) this.#close(name);
    }
    for (const name of this.#groups.keys()) this.follow(name, links(name));
  }

  /**
   * Opens and closes sockets for an interface that is gone, new, or replaced by another of the same name. Returns
   * whether any sockets changed.
   */
  follow(name: string, link: LinkState | undefined): boolean {
    const wanted = this.#groups.get(name);
    if (wanted === undefined || link === undefined) this.#refused.delete(name);
    if (wanted === undefined) return false;
    const open = this.#open.get(name);
    if (open !== undefined && open.index === link?.index) {
      this.#changeGroups(open, wanted);
      return false;
    }
    if (open !== undefined) this.#close(name);
    if (link === undefined) return open !== undefined;
    return this.#openInterface(name, link.index, wanted) || open !== undefined;
  }

  /** Whether an existing interface has no sockets. */
  get isIncomplete(): boolean {
    return this.#refused.size > 0;
  }

  /** Retries interfaces whose sockets could not be opened. Returns whether any sockets changed. */
  complete(links: Links): boolean {
    return [...this.#refused.keys()].filter((name) => this.follow(name, links(name))).length > 0;
  }

  /** Joins every group again, since an interface that was briefly gone has lost its memberships. */
  rejoin(): void {
    for (const open of this.#open.values()) {
      const { groups } = open;
      this.#changeGroups(open, new Set());
      this.#changeGroups(open, groups);
    }
  }

  /** The sockets that the parent keeps open for a process that resumes. */
  receivers(): KeptDescriptor[] {
    return [...this.#open].map(([name, { index, receiver }]) => {
      return { label: labelOf(name, index), fd: receiver.fd };
    });
  }

  /** The socket that sends on an interface; undefined if the interface is gone or its sockets could not be opened. */
  sender(interfaceName: string): VrrpSender | undefined {
    return this.#open.get(interfaceName)?.sender;
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.#close(name);
  }

  /** Returns whether it succeeded; logs a failure once per reason. */
  #openInterface(name: string, index: number, groups: ReadonlySet<Ip>): boolean {
    let receiver: VrrpReceiver | undefined;
    let sender: VrrpSender | undefined;
    try {
      const adopted = this.#adopt(name, index);
      // The interface may have been gone meanwhile and lost memberships that the socket still has.
      for (const group of groups) adopted?.leave(group);
      receiver = adopted ?? openVrrpReceiver({ interface: name, groups: [] });
      sender = openVrrpSender({ interface: name });
      const open: OpenInterface = { index, receiver, sender, groups: new Set() };
      this.#loop.add(receiver.fd, "packets", (now) => this.#read(name, open.receiver, now));
      this.#open.set(name, open);
      this.#changeGroups(open, groups);
      this.#refused.delete(name);
      return true;
    } catch (error) {
      receiver?.close();
      sender?.close();
      const reason = (error as Error).message;
      if (this.#refused.get(name) !== reason) {
        this.#log("error", `Cannot open VRRP sockets on ${name}: ${reason}`);
      }
      this.#refused.set(name, reason);
      return false;
    }
  }

  /** The previous process's socket; undefined if there is none for this interface. */
  #adopt(name: string, index: number): VrrpReceiver | undefined {
    const label = labelOf(name, index);
    const kept = this.#adoptable.get(label);
    if (kept === undefined) return undefined;
    try {
      const receiver = adoptVrrpReceiver(kept.fd);
      this.#adoptable.delete(label);
      return receiver;
    } catch {
      // The parent's duplicate is another file. Only its queued packets are lost.
      return undefined;
    }
  }

  /** Leaves and joins groups; a failure (a limit, a disappearing interface) does not affect the other groups. */
  #changeGroups(open: OpenInterface, wanted: ReadonlySet<Ip>): void {
    const attempt = (operation: () => void): boolean => {
      try {
        operation();
        return true;
      } catch (error) {
        this.#log("error", `${open.receiver.interface}: ${(error as Error).message}`);
        return false;
      }
    };
    for (const group of open.groups) {
      if (!wanted.has(group)) attempt(() => open.receiver.leave(group));
    }
    const joined = [...wanted].filter(
      (group) => open.groups.has(group) || attempt(() => open.receiver.join(group)),
    );
    open.groups = new Set(joined);
  }

  #read(name: string, receiver: VrrpReceiver, now: Micros): void {
    for (let batch = 0; batch < MOST_BATCHES_IN_A_TURN; batch++) {
      const readAt = realtime();
      const count = this.#reader.receive(receiver.fd, (bytes, { control }) => {
        const packet = vrrpFromIpv4(bytes);
        if (packet === undefined) return;
        this.#onPacket(name, packet, waitedMicros(arrivalOf(control), readAt), now);
      });
      if (count < this.#reader.capacity) return;
    }
  }

  #close(name: string): void {
    const open = this.#open.get(name);
    if (open === undefined) return;
    this.#open.delete(name);
    this.#loop.remove(open.receiver.fd);
    // Leave now: when the parent closes its duplicate later, the kernel leaves the groups by the interface's index, which
    // a new interface may have by then.
    this.#changeGroups(open, new Set());
    open.receiver.close();
    open.sender.close();
  }
}

/** Identifies a receive socket that the parent keeps. Names of interfaces have no slash. */
function labelOf(interfaceName: string, index: number): string {
  return `${interfaceName}/${index}`;
}

/** How long a packet read at `readAt` was queued; undefined if unknown. */
function waitedMicros(arrivedAt: Micros | undefined, readAt: Micros): Micros | undefined {
  if (arrivedAt === undefined || arrivedAt > readAt + CLOCK_STEP_MICROS) return undefined;
  // It may have arrived after `readAt`.
  return Math.max(0, readAt - arrivedAt);
}

/** The multicast groups to join on each interface that instances use. */
function groupsOf(config: VrrpPart): Map<string, Set<Ip>> {
  const groups = new Map<string, Set<Ip>>();
  for (const instance of config.instances) {
    const wanted = groups.get(instance.interface) ?? new Set<Ip>();
    if (instance.unicastPeers.length === 0) wanted.add(instance.mcastGroup);
    groups.set(instance.interface, wanted);
  }
  return groups;
}
