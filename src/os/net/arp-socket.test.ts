import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inNetworkNamespace, sh, untilRuns } from "../../../test/support/in-namespace.ts";
import { openVethPeer, type VethPeer } from "../../../test/support/veth-peer.ts";
import { SECOND } from "../../lib/micros.ts";
import { boottime } from "../loop/clock.ts";
import { openArpSender } from "./arp-socket.ts";
import { MessageReader } from "./message-reader.ts";
import {
  AF_PACKET,
  bindAddress,
  closeDescriptor,
  interfaceIndex,
  openSocket,
  SOCK_RAW,
} from "./socket.ts";

const ETH_P_ARP = 0x0806;

/** A socket that receives every ARP frame of `interfaceName`. */
function openArpWatch(interfaceName: string): number {
  const fd = openSocket(AF_PACKET, SOCK_RAW, 0);
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ARP);
  address.setInt32(4, interfaceIndex(interfaceName), true);
  bindAddress(fd, new Uint8Array(address.buffer));
  return fd;
}

/** A broadcast ARP request for 203.0.113.`last`, sender and target the same. */
function gratuitousArp(last: number): Uint8Array {
  const source = [0x02, 0, 0, 0, 0, 9];
  const address = [203, 0, 113, last];
  const fixed = [0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1];
  return Uint8Array.from([
    ...new Array(6).fill(0xff),
    ...source,
    ...fixed,
    ...source,
    ...address,
    ...new Array(6).fill(0xff),
    ...address,
  ]);
}

function receiveAll(fd: number, count: number): Uint8Array[] {
  const reader = new MessageReader();
  const frames: Uint8Array[] = [];
  const end = boottime() + 60 * SECOND;
  while (frames.length < count && boottime() < end) {
    reader.receive(fd, (bytes) => frames.push(bytes.slice()));
  }
  return frames;
}

if (inNetworkNamespace(import.meta.url)) {
  let peer: VethPeer;

  before(async () => {
    peer = await openVethPeer("near0", "192.0.2.1/24", "far0", "192.0.2.2/24");
  });
  after(() => peer.close());

  test("frames for several interfaces are sent in one batch, unchanged and in order", () => {
    sh(`ip link add near1 type veth peer name far1 netns ${peer.pid}; ip link set near1 up`);
    peer.sh(`ip link set far1 up; ${untilRuns("far1")}`);
    sh(untilRuns("near1"));
    const watches = peer.within(() => ["far0", "far1"].map(openArpWatch));
    const indexes = ["near0", "near1"].map(interfaceIndex);
    const frames = Array.from({ length: 250 }, (_, index) => ({
      ifindex: indexes[index % 2] as number,
      bytes: gratuitousArp(index),
    }));
    const sender = openArpSender();
    assert.deepEqual(sender.send(frames), []);
    for (const [which, watch] of watches.entries()) {
      const wanted = frames.filter((_, index) => index % 2 === which).map(({ bytes }) => bytes);
      assert.deepEqual(receiveAll(watch, wanted.length), wanted);
      closeDescriptor(watch);
    }
    sender.close();
  });

  test("a neighbour's kernel learns the address from a gratuitous ARP", () => {
    peer.sh(
      "ip address add 203.0.113.200/24 dev far0; echo 1 > /proc/sys/net/ipv4/conf/far0/arp_accept",
    );
    const sender = openArpSender();
    assert.deepEqual(
      sender.send([{ ifindex: interfaceIndex("near0"), bytes: gratuitousArp(7) }]),
      [],
    );
    const end = boottime() + 60 * SECOND;
    let table = "";
    while (!table.includes("203.0.113.7 ") && boottime() < end) {
      table = readFileSync(`/proc/${peer.pid}/net/arp`, "utf8");
    }
    assert.match(table, /^203\.0\.113\.7 .* 02:00:00:00:00:09 .* far0$/m);
    sender.close();
  });

  test("a missing interface, one that is down and a truncated frame fail; the rest is sent", () => {
    sh("ip link add down0 type veth peer name down1");
    const watch = peer.within(() => openArpWatch("far0"));
    const near = interfaceIndex("near0");
    const sender = openArpSender();
    const failures = sender.send([
      { ifindex: 9999, bytes: gratuitousArp(1) },
      { ifindex: near, bytes: gratuitousArp(2) },
      { ifindex: interfaceIndex("down0"), bytes: gratuitousArp(3) },
      { ifindex: near, bytes: new Uint8Array(5) },
      { ifindex: near, bytes: gratuitousArp(4) },
    ]);
    assert.deepEqual(failures, [
      { index: 0, errno: 6 },
      { index: 2, errno: 100 },
      { index: 3, errno: 22 },
    ]);
    assert.deepEqual(receiveAll(watch, 2), [gratuitousArp(2), gratuitousArp(4)]);
    closeDescriptor(watch);
    sender.close();
  });

  test("the sender receives nothing", () => {
    const sender = openArpSender();
    const distant = peer.within(openArpSender);
    const far = peer.within(() => interfaceIndex("far0"));
    const watch = openArpWatch("near0");
    distant.send([{ ifindex: far, bytes: gratuitousArp(1) }]);
    assert.equal(receiveAll(watch, 1).length, 1);
    assert.equal(new MessageReader().receive(sender.fd, assert.fail), 0);
    closeDescriptor(watch);
    sender.close();
    distant.close();
  });
}
