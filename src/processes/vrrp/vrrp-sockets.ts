// The VRRP sockets of a process: per interface one that receives and one that sends, and one for announcements.

import type { VrrpPart } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import { counted } from "../../lib/counted.ts";
import type { Ip } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import { type Mac, parseMac } from "../../lib/mac.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { LinkState } from "../../netlink/monitor.ts";
import { errnoText } from "../../os/ffi/errno.ts";
import { realtime } from "../../os/loop/clock.ts";
import { openArpSender } from "../../os/net/arp-socket.ts";
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
import type { Announcement, SendAdvert } from "../../vrrp/action.ts";
import { emitGratuitousArp } from "../../wire/arp.ts";
import { type VrrpPacket, vrrpFromIpv4 } from "../../wire/vrrp.ts";

/** A flood must not keep a turn from ending; what is left is read in the next one. */
const MOST_BATCHES_IN_A_TURN = 64;

/** A packet from further in the future than this came before the clock was set back. */
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
  readonly #arpSender = openArpSender();
  readonly #open = new Map<string, OpenInterface>();
  readonly #adoptable: Map<string, KeptDescriptor>;
  /** Interfaces that are there and whose sockets could not be opened, with the reason. */
  readonly #refused = new Map<string, string>();
  #groups: ReadonlyMap<string, ReadonlySet<Ip>> = new Map();

  constructor(loop: Loop, inherited: readonly KeptDescriptor[], log: Log, onPacket: OnPacket) {
    this.#loop = loop;
    this.#log = log;
    this.#onPacket = onPacket;
    this.#adoptable = new Map(inherited.map((kept) => [kept.label, kept]));
  }

  /** Opens what instances of `config` need, and keeps what others needed; `links` as they are. */
  widen(config: VrrpPart, links: Links): void {
    const groups = groupsOf(config);
    for (const [name, former] of this.#groups) {
      groups.set(name, new Set([...former, ...(groups.get(name) ?? [])]));
    }
    this.#groups = groups;
    for (const name of groups.keys()) this.follow(name, links(name));
  }

  /** Closes what the process before this one read and this one does not. */
  closeInherited(): void {
    for (const { fd } of this.#adoptable.values()) closeDescriptor(fd);
    this.#adoptable.clear();
  }

  /** Closes what no instance of `config` needs. */
  narrow(config: VrrpPart, links: Links): void {
    this.#groups = groupsOf(config);
    for (const name of [...this.#open.keys()]) {
      if (!this.#groups.has(name)) this.#close(name);
    }
    for (const name of this.#groups.keys()) this.follow(name, links(name));
  }

  /**
   * Follows what became of an interface: gone, new, or another one under the same name. Gives whether sockets were
   * opened or closed.
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

  /** Whether an interface that is there has no sockets: what the machine lacked it may have by now. */
  get isIncomplete(): boolean {
    return this.#refused.size > 0;
  }

  /** Tries once more to open what could not be opened. Whether something was. */
  complete(links: Links): boolean {
    return [...this.#refused.keys()].filter((name) => this.follow(name, links(name))).length > 0;
  }

  /** Joins every group anew: an interface that was away for a moment has forgotten who listens. */
  rejoin(): void {
    for (const open of this.#open.values()) {
      const { groups } = open;
      this.#changeGroups(open, new Set());
      this.#changeGroups(open, groups);
    }
  }

  /** What the parent should keep a handle on. */
  receivers(): KeptDescriptor[] {
    return [...this.#open].map(([name, { index, receiver }]) => {
      return { label: labelOf(name, index), fd: receiver.fd };
    });
  }

  /** Sends each advert to each of its destinations; gives the reasons of those instances whom none could be sent for. */
  sendAdverts(adverts: readonly SendAdvert[]): Map<string, string> {
    const failed = new Map<string, string>();
    const sent = new Set<string>();
    const batches = new Map<string, { instance: string; message: Outgoing }[]>();
    for (const advert of adverts) {
      const batch = batches.get(advert.interface) ?? [];
      batches.set(advert.interface, batch);
      for (const destination of advert.destinations) {
        const { source, ttl, bytes } = advert;
        batch.push({ instance: advert.instance, message: { source, destination, ttl, bytes } });
      }
    }
    for (const [name, batch] of batches) {
      const open = this.#open.get(name);
      if (open === undefined) {
        for (const { instance } of batch) failed.set(instance, `no interface ${name}`);
        continue;
      }
      const failures = open.sender.send(batch.map((entry) => entry.message));
      if (failures.length === 0) continue;
      const errnos = new Map(failures.map(({ index, errno }) => [index, errno]));
      for (const [index, { instance }] of batch.entries()) {
        const errno = errnos.get(index);
        if (errno === undefined) sent.add(instance);
        else failed.set(instance, `${errnoText(errno)} on ${name}`);
      }
    }
    // One of several unicast peers that cannot be reached is that peer's trouble.
    for (const instance of sent) failed.delete(instance);
    return failed;
  }

  /** Sends each announcement whose interface exists; failures are only counted in the log. */
  sendAnnouncements(announcements: readonly Announcement[], links: Links): void {
    const frames: { ifindex: number; bytes: Uint8Array }[] = [];
    for (const announcement of announcements) {
      const link = links(announcement.interface);
      const mac = link?.mac === undefined ? undefined : parseMac(link.mac);
      if (link === undefined || mac === undefined) continue;
      frames.push({ ifindex: link.index, bytes: frameOf(announcement, mac) });
    }
    const failures = this.#arpSender.send(frames);
    const [first] = failures;
    if (first === undefined) return;
    this.#log(
      "error",
      `Error sending ${counted(failures.length, "gratuitous ARP")}: ${errnoText(first.errno)}`,
    );
  }

  close(): void {
    for (const name of [...this.#open.keys()]) this.#close(name);
    this.#arpSender.close();
  }

  /** Gives whether that worked; the log says why not. */
  #openInterface(name: string, index: number, groups: ReadonlySet<Ip>): boolean {
    let receiver: VrrpReceiver | undefined;
    let sender: VrrpSender | undefined;
    try {
      const adopted = this.#adopt(name, index);
      // The interface may have been away meanwhile: it forgets who listens, the socket does not.
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

  /** The socket that the process before this one read, unless the interface is another one by now. */
  #adopt(name: string, index: number): VrrpReceiver | undefined {
    const label = labelOf(name, index);
    const kept = this.#adoptable.get(label);
    if (kept === undefined) return undefined;
    try {
      const receiver = adoptVrrpReceiver(kept.fd);
      this.#adoptable.delete(label);
      return receiver;
    } catch {
      // Its number stood for something else when the parent took it: what waited there is lost, no more.
      return undefined;
    }
  }

  /** One group that cannot be had (a limit, an interface that is just going) costs none of the others. */
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
    // The parent's handle lives on for a moment. With its last handle a socket leaves its groups by the interface's
    // number: it would take the next one's membership along where that has the same number.
    this.#changeGroups(open, new Set());
    open.receiver.close();
    open.sender.close();
  }
}

function frameOf(announcement: Announcement, sender: Mac): Uint8Array {
  switch (announcement.kind) {
    case "arp":
      return emitGratuitousArp(sender, announcement.address);
    default:
      return unreachable(announcement.kind);
  }
}

type Links = (name: string) => LinkState | undefined;

type Outgoing = Parameters<VrrpSender["send"]>[0][number];

/** What the parent knows a receive socket by. No name of an interface has a slash. */
function labelOf(interfaceName: string, index: number): string {
  return `${interfaceName}/${index}`;
}

/** How long a packet waited that was read at `readAt`; undefined if that cannot be known. */
function waitedMicros(arrivedAt: Micros | undefined, readAt: Micros): Micros | undefined {
  if (arrivedAt === undefined || arrivedAt > readAt + CLOCK_STEP_MICROS) return undefined;
  // It may have arrived between the look at the clock and the reading.
  return Math.max(0, readAt - arrivedAt);
}

/** The multicast groups to be heard on each interface that instances use. */
function groupsOf(config: VrrpPart): Map<string, Set<Ip>> {
  const groups = new Map<string, Set<Ip>>();
  for (const instance of config.instances) {
    const wanted = groups.get(instance.interface) ?? new Set<Ip>();
    if (instance.unicastPeers.length === 0) wanted.add(instance.mcastGroup);
    groups.set(instance.interface, wanted);
  }
  return groups;
}
