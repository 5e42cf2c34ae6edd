// Fuzz target for netlink messages from the kernel: links, addresses, verdicts and the tables built from them.

import assert from "node:assert/strict";
import { ipFamily } from "../../src/lib/ip.ts";
import { type Address, decodeAddress, encodeNewAddress } from "../../src/netlink/address.ts";
import { decodeLink, type Link } from "../../src/netlink/link.ts";
import { decodeVerdict, type Message, splitMessages } from "../../src/netlink/message.ts";
import { NetworkMonitor } from "../../src/netlink/monitor.ts";
import { NETLINK_REFUSALS } from "../../src/netlink/refusal.ts";
import * as vectors from "../vectors/netlink.ts";
import type { FuzzTarget } from "./fuzz.ts";

const seeds: readonly Uint8Array[] = Object.values(vectors);

export const NETLINK_TARGETS: readonly FuzzTarget[] = [
  { name: "netlink", seeds, check: checkDatagram },
];

/** Handles the datagram twice, so that the second pass updates existing entries. */
function checkDatagram(bytes: Uint8Array): void {
  const monitor = new NetworkMonitor(new Set([1]));
  for (let round = 0; round < 2; round++) {
    const refusal = splitMessages(bytes, (message) => {
      checkMessage(message);
      const changes = monitor.handle(message);
      if (typeof changes === "string") assert.ok(changes in NETLINK_REFUSALS);
    });
    if (refusal !== undefined) assert.ok(refusal in NETLINK_REFUSALS);
  }
  for (const link of monitor.links()) assert.equal(monitor.linkByName(link.name), link);
}

function checkMessage(message: Message): void {
  const link = decodeLink(message);
  if (typeof link === "string") assert.ok(link in NETLINK_REFUSALS);
  else checkLink(link);
  const address = decodeAddress(message);
  if (typeof address === "string") assert.ok(address in NETLINK_REFUSALS);
  else checkAddress(address);
  const verdict = decodeVerdict(message);
  if (typeof verdict === "string") assert.ok(verdict in NETLINK_REFUSALS);
  else assert.ok(verdict.errno >= 0 && verdict.errno <= 4095);
}

function checkLink({ name, master, lower }: Link): void {
  assert.ok(name !== "" && !name.includes("\0"));
  assert.ok(master !== 0 && lower !== 0, "no link has index 0");
}

/** A decoded address can be encoded, and decodes to the same address. */
function checkAddress(address: Address): void {
  assert.ok(address.prefixLength <= (ipFamily(address.address) === 4 ? 32 : 128));
  const messages: Message[] = [];
  assert.equal(
    splitMessages(encodeNewAddress(address, "replace"), (message) => messages.push(message)),
    undefined,
  );
  const again = decodeAddress(messages[0] as Message);
  assert.ok(typeof again !== "string");
  for (const field of ["index", "address", "prefixLength", "peer", "label", "broadcast"] as const) {
    assert.equal(again[field], address[field]);
  }
}
