import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { inNetworkNamespace, sh, untilRuns } from "../../../test/support/in-namespace.ts";
import { processorMicros } from "../../../test/support/processor-time.ts";
import { receivePackets } from "../../../test/support/receive-packets.ts";
import { openVethPeer, type VethPeer } from "../../../test/support/veth-peer.ts";
import { type Ip, ip, ipv4FromBytes } from "../../lib/ip.ts";
import { MILLISECOND } from "../../lib/micros.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { boottime, realtime } from "../loop/clock.ts";
import { ARRIVAL_CONTROL_OCTETS, arrivalOf } from "./arrival-time.ts";
import { MessageBatch } from "./message-batch.ts";
import { MessageReader } from "./message-reader.ts";
import {
  AF_INET,
  bindToDevice,
  closeDescriptor,
  getIntOption,
  ipv4SocketAddress,
  openPreparedSocket,
  openSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_IP,
  SOL_SOCKET,
  setIntOption,
} from "./socket.ts";
import {
  adoptVrrpReceiver,
  type OutgoingVrrp,
  openVrrpReceiver,
  openVrrpSender,
} from "./vrrp-socket.ts";

const group = ip("224.0.0.18");
const otherGroup = ip("224.0.0.33");
const near = ip("192.0.2.1");
const far = ip("192.0.2.2");
const text = new TextEncoder();

/** Copies of the packets queued in a receiver: the next `count`, or, for 0, any within 30 ms. */
function receiveAll(fd: number, count: number): Uint8Array[] {
  return count === 0 ? receivePackets(fd, 1, 30 * MILLISECOND) : receivePackets(fd, count);
}

function message(fields: Partial<OutgoingVrrp> & { payload: string }): OutgoingVrrp {
  const { payload, ...rest } = fields;
  const bytes = text.encode(payload);
  return { source: near, destination: group, ttl: 255, bytes, ...rest };
}

function payloads(packets: Uint8Array[]): string[] {
  return packets.map((packet) => new TextDecoder().decode(packet.subarray(20)));
}

/** Zero if the checksum of an IPv4 header is correct (RFC 791 3.1). */
function headerChecksumError(packet: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < 20; at += 2) {
    sum += ((packet[at] as number) << 8) | (packet[at + 1] as number);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum ^ 0xffff;
}

function sendPlainly(fd: number, destination: Ip): void {
  const batch = new MessageBatch();
  batch.add(text.encode("looped"), ipv4SocketAddress(destination));
  assert.deepEqual(batch.send(fd), []);
}

function within(peer: VethPeer, groups: readonly Ip[]): ReturnType<typeof openVrrpReceiver> {
  return peer.within(() => openVrrpReceiver({ interface: "far0", groups }));
}

if (inNetworkNamespace(import.meta.url)) {
  let peer: VethPeer;

  before(async () => {
    peer = await openVethPeer("near0", `${near}/24`, "far0", `${far}/24`);
  });
  after(() => peer.close());

  test("an advert arrives with the requested header", () => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    const strange = ip("198.51.100.7");
    const sent = [
      message({ payload: "multicast" }),
      message({ payload: "unicast", destination: far, ttl: 254 }),
      message({ payload: "not our address", source: strange }),
    ];
    assert.deepEqual(sender.send(sent), []);
    const packets = receiveAll(receiver.fd, 3);
    assert.deepEqual(payloads(packets), ["multicast", "unicast", "not our address"]);
    for (const [index, packet] of packets.entries()) {
      const { source, destination, ttl, bytes } = sent[index] as OutgoingVrrp;
      assert.equal(packet[0], 0x45);
      assert.equal(packet[1], 0xc0, "type of service");
      assert.equal(((packet[2] as number) << 8) | (packet[3] as number), 20 + bytes.length);
      assert.equal(packet[8], ttl);
      assert.equal(packet[9], 112);
      assert.equal(headerChecksumError(packet), 0);
      assert.equal(ipv4FromBytes(packet, 12), source);
      assert.equal(ipv4FromBytes(packet, 16), destination);
    }
    receiver.close();
    sender.close();
  });

  test("a packet has its arrival time even if it is read late", () => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    const sentFrom = realtime();
    assert.deepEqual(sender.send([message({ payload: "early" })]), []);
    const sentBy = realtime();
    const pause = boottime() + 50 * MILLISECOND;
    while (boottime() < pause);
    const reader = new MessageReader({ controlOctets: ARRIVAL_CONTROL_OCTETS });
    const arrivals: (number | undefined)[] = [];
    reader.receive(receiver.fd, (_bytes, { control }) => arrivals.push(arrivalOf(control)));
    const [arrival] = arrivals;
    assert.equal(arrivals.length, 1);
    assert.ok(arrival !== undefined && arrival >= sentFrom - 1 && arrival <= sentBy, `${arrival}`);
    assert.equal(arrivalOf(new Uint8Array(0)), undefined, "nothing was asked for");
    assert.equal(arrivalOf(new Uint8Array(32)), undefined, "something else");
    receiver.close();
    sender.close();
  });

  test("the adverts of 250 instances are sent and received in one batch, in order", () => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    const names = Array.from({ length: 250 }, (_, index) => `instance ${index}`);
    assert.deepEqual(sender.send(names.map((payload) => message({ payload }))), []);
    assert.deepEqual(payloads(receiveAll(receiver.fd, 250)), names);
    receiver.close();
    sender.close();
  });

  test("two thousand adverts are sent at once by a slow interface", () => {
    const sender = openVrrpSender({ interface: "near0" });
    sh("tc qdisc add dev near0 root tbf rate 1mbit burst 1600 limit 10000000");
    const advert = { ...message({ payload: "" }), bytes: new Uint8Array(40) };
    assert.deepEqual(sender.send(new Array<OutgoingVrrp>(2_000).fill(advert)), []);
    sh("tc qdisc del dev near0 root");
    sender.close();
  });

  test("adverts dropped by the interface's full queue are failures", () => {
    const sender = openVrrpSender({ interface: "near0" });
    sh("tc qdisc add dev near0 root tbf rate 1kbit burst 1600 limit 2000");
    const advert = { ...message({ payload: "" }), bytes: new Uint8Array(40) };
    const failures = sender.send(new Array<OutgoingVrrp>(100).fill(advert));
    assert.ok(failures.length > 40 && failures.length < 100, `${failures.length} of 100`);
    assert.ok(failures.every(({ errno }) => errno === errnoNumber.ENOBUFS));
    sh("tc qdisc del dev near0 root");
    assert.deepEqual(sender.send([advert]), []);
    sender.close();
  });

  test("a receiver queues two thousand adverts", () => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    const advert = { ...message({ payload: "" }), bytes: new Uint8Array(40) };
    for (let round = 0; round < 8; round++) {
      assert.deepEqual(sender.send(new Array<OutgoingVrrp>(250).fill(advert)), []);
    }
    assert.equal(receiveAll(receiver.fd, 2000).length, 2000);
    receiver.close();
    sender.close();
  });

  test("a receiver gets only the groups that it joined, on its interface", () => {
    const receiver = within(peer, [group]);
    // A membership of another socket must not affect the others.
    const member = within(peer, [otherGroup]);
    const elsewhere = peer.within(() => openVrrpReceiver({ interface: "lo", groups: [group] }));
    const sender = openVrrpSender({ interface: "near0" });
    const both = [
      message({ payload: "one" }),
      message({ payload: "two", destination: otherGroup }),
      message({ payload: "end", destination: far }),
    ];
    sender.send(both);
    assert.deepEqual(payloads(receiveAll(receiver.fd, 2)), ["one", "end"]);
    assert.deepEqual(payloads(receiveAll(member.fd, 2)), ["two", "end"]);

    receiver.join(otherGroup);
    receiver.join(otherGroup);
    sender.send(both);
    assert.deepEqual(payloads(receiveAll(receiver.fd, 3)), ["one", "two", "end"]);
    receiver.leave(group);
    receiver.leave(group);
    sender.send(both);
    assert.deepEqual(payloads(receiveAll(receiver.fd, 2)), ["two", "end"]);
    assert.deepEqual(receiveAll(elsewhere.fd, 0), []);
    for (const each of [receiver, member, elsewhere, sender]) each.close();
  });

  test("multicast is not looped back to its sender", () => {
    const receiver = openVrrpReceiver({ interface: "near0", groups: [group] });
    const sender = openVrrpSender({ interface: "near0" });
    sender.send([message({ payload: "own" })]);
    assert.deepEqual(receiveAll(receiver.fd, 0), []);

    // The filter drops looped packets of another program…
    const looping = openPreparedSocket(AF_INET, SOCK_RAW, 112, (fd) => {
      bindToDevice(fd, "near0");
    });
    const IP_MULTICAST_LOOP = 34;
    assert.equal(getIntOption(looping, SOL_IP, IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP"), 1);
    sendPlainly(looping, group);
    assert.deepEqual(receiveAll(receiver.fd, 0), []);
    // …which are received without the filter.
    const SO_DETACH_FILTER = 27;
    setIntOption(receiver.fd, SOL_SOCKET, SO_DETACH_FILTER, 0, "SO_DETACH_FILTER");
    sendPlainly(looping, group);
    assert.equal(receiveAll(receiver.fd, 1).length, 1);
    closeDescriptor(looping);
    receiver.close();
    sender.close();
  });

  test("a sender's receive queue stays empty", () => {
    const sender = openVrrpSender({ interface: "near0" });
    const distant = peer.within(() => openVrrpSender({ interface: "far0" }));
    const receiver = openVrrpReceiver({ interface: "near0", groups: [group] });
    distant.send([
      message({ payload: "in", source: far }),
      message({ payload: "in", source: far }),
    ]);
    assert.equal(receiveAll(receiver.fd, 2).length, 2);
    assert.deepEqual(receiveAll(sender.fd, 0), []);
    for (const each of [sender, distant, receiver]) each.close();
  });

  test("adverts are sent and received on an interface without routes and addresses", () => {
    sh(`ip link add bare0 type veth peer name bare1 netns ${peer.pid}; ip link set bare0 up`);
    peer.sh("ip link set bare1 up; echo 0 > /proc/sys/net/ipv4/conf/bare1/rp_filter");
    peer.sh(untilRuns("bare1"));
    sh(untilRuns("bare0"));
    peer.sh("echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter");
    const receiver = peer.within(() => openVrrpReceiver({ interface: "bare1", groups: [group] }));
    const sender = openVrrpSender({ interface: "bare0" });
    assert.deepEqual(sender.send([message({ payload: "bare" })]), []);
    assert.deepEqual(payloads(receiveAll(receiver.fd, 1)), ["bare"]);
    receiver.close();
    sender.close();
  });

  test("each message that cannot be sent is a failure", () => {
    sh("ip link add down0 type veth peer name down1");
    const sender = openVrrpSender({ interface: "down0" });
    const failures = sender.send([message({ payload: "a" }), message({ payload: "b" })]);
    assert.deepEqual(
      failures.map(({ index }) => index),
      [0, 1],
    );
    for (const { errno } of failures) assert.ok([100, 101].includes(errno), String(errno));
    sender.close();
    const wide = openVrrpSender({ interface: "near0" });
    const long = { ...message({ payload: "" }), bytes: new Uint8Array(1600) };
    assert.deepEqual(wide.send([message({ payload: "a" }), long, message({ payload: "b" })]), [
      { index: 1, errno: 90 },
    ]);
    wide.close();
  });

  test("a missing interface is ENODEV for receiver and sender", () => {
    const refusal = { code: "ENODEV", operation: "setsockopt SO_BINDTODEVICE gone0" };
    assert.throws(() => openVrrpReceiver({ interface: "gone0", groups: [] }), refusal);
    assert.throws(() => openVrrpSender({ interface: "gone0" }), refusal);
  });

  test("an adopted receiver has its queued packets and groups; other descriptors are refused", () => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    sender.send([message({ payload: "while nobody read" })]);
    const folder = new URL(".", import.meta.url).href;
    const program = `
      const { adoptVrrpReceiver } = await import("${folder}vrrp-socket.js");
      const { MessageReader } = await import("${folder}message-reader.js");
      const receiver = adoptVrrpReceiver(3);
      const got = [];
      new MessageReader().receive(receiver.fd, (bytes) => got.push(String.fromCharCode(...bytes.subarray(20))));
      console.log(JSON.stringify([receiver.interface, got]));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", receiver.fd],
    });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), ["far0", ["while nobody read"]]);

    const udp = openSocket(AF_INET, SOCK_DGRAM, 0);
    for (const fd of [udp, sender.fd]) {
      assert.throws(() => adoptVrrpReceiver(fd), { code: "EINVAL" });
    }
    closeDescriptor(udp);
    receiver.close();
    sender.close();
  });

  test("a packet costs a few microseconds", (context) => {
    const receiver = within(peer, [group]);
    const sender = openVrrpSender({ interface: "near0" });
    const batch = Array.from({ length: 64 }, (_, index) => message({ payload: `cost ${index}` }));
    const reader = new MessageReader();
    let sending = 0;
    let receiving = 0;
    let received = 0;
    const rounds = 200;
    for (let round = 0; round < rounds; round++) {
      const start = processorMicros();
      sender.send(batch);
      const sent = processorMicros();
      received += reader.receive(receiver.fd, () => undefined);
      receiving += processorMicros() - sent;
      sending += sent - start;
    }
    assert.equal(received, rounds * batch.length);
    const sendMicros = sending / received;
    const receiveMicros = receiving / received;
    // Sending through a veth pair includes the receiving kernel's work.
    context.diagnostic(
      `${sendMicros.toFixed(2)} µs a packet sent, ${receiveMicros.toFixed(2)} µs received`,
    );
    assert.ok(sendMicros < 100 && receiveMicros < 100);
    receiver.close();
    sender.close();
  });
}
