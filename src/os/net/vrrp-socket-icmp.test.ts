// Forged ICMP errors do not affect adverts. Kernels before 2026 deliver some of them to a socket that only sends:
// `npm run test:vm` runs this file on such a kernel.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { FloodOrder } from "../../../test/soak/attacks/flood-order.ts";
import {
  everyForgedIcmp,
  forgedIcmpFrame,
  forgedIcmpPacket,
  IPPROTO_RAW,
} from "../../../test/support/forged-icmp.ts";
import { inNetworkNamespace, sh } from "../../../test/support/in-namespace.ts";
import { receivePackets } from "../../../test/support/receive-packets.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { openVethPeer, type VethPeer } from "../../../test/support/veth-peer.ts";
import { type Ip, ip } from "../../lib/ip.ts";
import { MessageBatch } from "./message-batch.ts";
import { AF_INET, closeDescriptor, ipv4SocketAddress, openSocket, SOCK_RAW } from "./socket.ts";
import { type OutgoingVrrp, openVrrpReceiver, openVrrpSender } from "./vrrp-socket.ts";

const group = ip("224.0.0.18");
const near = ip("192.0.2.1");
const far = ip("192.0.2.2");

function advert(destination: Ip, octets: number): OutgoingVrrp {
  return { source: near, destination, ttl: 255, bytes: new Uint8Array(octets) };
}

if (inNetworkNamespace(import.meta.url)) {
  const folder = temporaryFolder("icmp");
  let peer: VethPeer;

  before(async () => {
    peer = await openVethPeer("near0", `${near}/24`, "far0", `${far}/24`);
  });
  after(() => peer.close());

  test("a forged ICMP error is never the result of an advert", async () => {
    const sender = openVrrpSender({ interface: "near0" });
    const destinations = [group, far];
    const forger = peer.within(() => openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    const forged = everyForgedIcmp(far, near, destinations);
    const adverts = destinations.map((destination) => advert(destination, 40));
    const batch = new MessageBatch();
    for (const each of forged) {
      batch.add(forgedIcmpPacket(each), ipv4SocketAddress(near));
      assert.deepEqual(batch.send(forger), []);
      assert.deepEqual(sender.send(adverts), []);
    }
    closeDescriptor(forger);

    const order: FloodOrder = {
      interface: "far0",
      frames: forged.map((each) => Buffer.from(forgedIcmpFrame(each)).toString("hex")),
      perSecond: 10_000,
      seconds: 3,
    };
    const orderPath = join(folder, "flood.json");
    writeFileSync(orderPath, JSON.stringify(order));
    const program = fileURLToPath(new URL("../../../test/soak/attacks/flood.js", import.meta.url));
    const words = ["-t", `${peer.pid}`, "-n", process.execPath, program, orderPath];
    const attacker = spawn("nsenter", words, { stdio: ["ignore", "ignore", "inherit"] });
    let sent = 0;
    while (attacker.exitCode === null) {
      for (; sent % 1000 !== 999; sent++) assert.deepEqual(sender.send(adverts), []);
      sent++;
      await sleep(1);
    }
    assert.equal(attacker.exitCode, 0);
    sender.close();
  });

  test("forged ICMP errors do not make the kernel fragment adverts", () => {
    const receiver = openVrrpReceiver({ interface: "near0", groups: [group] });
    const distant = peer.within(() => openVrrpReceiver({ interface: "far0", groups: [] }));
    const sender = openVrrpSender({ interface: "near0" });
    const forger = peer.within(() => openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    const batch = new MessageBatch();
    for (const forged of everyForgedIcmp(far, near, [far])) {
      batch.add(forgedIcmpPacket(forged), ipv4SocketAddress(near));
    }
    assert.deepEqual(batch.send(forger), []);
    assert.match(sh(`ip route get ${far}`), /mtu 576/, "the kernel believes it");
    assert.deepEqual(sender.send([advert(far, 1000)]), []);
    assert.equal(receivePackets(distant.fd, 1)[0]?.length, 1020);
    assert.match(sh("nstat -asz IpFragCreates"), /IpFragCreates +0 /);
    sh("ip route flush cache");
    closeDescriptor(forger);
    for (const each of [receiver, distant, sender]) each.close();
  });
}
