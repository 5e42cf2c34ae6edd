// What leaves in a turn: adverts in one system call for each interface, announcements in one for all.

import { unreachable } from "../../lib/assert.ts";
import { counted } from "../../lib/counted.ts";
import type { Log } from "../../lib/log.ts";
import { type Mac, parseMac } from "../../lib/mac.ts";
import type { LinkState } from "../../netlink/monitor.ts";
import { errnoText } from "../../os/ffi/errno.ts";
import type { ArpSender } from "../../os/net/arp-socket.ts";
import type { VrrpSender } from "../../os/net/vrrp-socket.ts";
import type { Announcement, SendAdvert } from "../../vrrp/action.ts";
import { emitGratuitousArp } from "../../wire/arp.ts";

/** The present link with that name; undefined if there is none. */
export type Links = (name: string) => LinkState | undefined;

type Outgoing = Parameters<VrrpSender["send"]>[0][number];

/** The messages of `adverts`, one for each destination. */
export function messagesOf(adverts: readonly SendAdvert[]): Outgoing[] {
  return adverts.flatMap(({ source, destinations, ttl, bytes }) =>
    destinations.map((destination) => ({ source, destination, ttl, bytes })),
  );
}

/**
 * Sends each advert to each of its destinations. Returns the instances of which no message could be sent, with the
 * reason. One reachable unicast peer is enough.
 */
export function sendAdverts(
  adverts: readonly SendAdvert[],
  senderOf: (interfaceName: string) => VrrpSender | undefined,
): Map<string, string> {
  const failed = new Map<string, string>();
  const sent = new Set<string>();
  for (const [name, batch] of byInterface(adverts)) {
    const sender = senderOf(name);
    if (sender === undefined) {
      for (const { instance } of batch) failed.set(instance, `no interface ${name}`);
      continue;
    }
    const failures = sender.send(messagesOf(batch));
    if (failures.length === 0) continue;
    const errnos = new Map(failures.map(({ index, errno }) => [index, errno]));
    const instances = batch.flatMap(({ instance, destinations }) =>
      destinations.map(() => instance),
    );
    for (const [index, instance] of instances.entries()) {
      const errno = errnos.get(index);
      if (errno === undefined) sent.add(instance);
      else failed.set(instance, `${errnoText(errno)} on ${name}`);
    }
  }
  for (const instance of sent) failed.delete(instance);
  return failed;
}

function byInterface(adverts: readonly SendAdvert[]): Map<string, SendAdvert[]> {
  const batches = new Map<string, SendAdvert[]>();
  for (const advert of adverts) {
    const batch = batches.get(advert.interface);
    if (batch === undefined) batches.set(advert.interface, [advert]);
    else batch.push(advert);
  }
  return batches;
}

/** Sends each announcement whose interface exists and has a MAC address; failures are only logged. */
export function sendAnnouncements(
  announcements: readonly Announcement[],
  links: Links,
  sender: ArpSender,
  log: Log,
): void {
  const frames: { ifindex: number; bytes: Uint8Array }[] = [];
  for (const announcement of announcements) {
    const link = links(announcement.interface);
    const mac = link?.mac === undefined ? undefined : parseMac(link.mac);
    if (link === undefined || mac === undefined) continue;
    frames.push({ ifindex: link.index, bytes: frameOf(announcement, mac) });
  }
  const failures = sender.send(frames);
  const [first] = failures;
  if (first === undefined) return;
  const count = counted(failures.length, "gratuitous ARP");
  log("error", `Error sending ${count}: ${errnoText(first.errno)}`);
}

function frameOf(announcement: Announcement, sender: Mac): Uint8Array {
  switch (announcement.kind) {
    case "arp":
      return emitGratuitousArp(sender, announcement.address);
    default:
      return unreachable(announcement.kind);
  }
}
