import assert from "node:assert/strict";
import { test } from "node:test";
import { inNetworkNamespace, sh } from "../../../test/support/in-namespace.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { MessageBatch } from "./message-batch.ts";
import { type NetlinkSocket, openNetlinkSocket } from "./netlink-socket.ts";
import { AF_NETLINK, closeDescriptor, openSocket, SOCK_RAW } from "./socket.ts";

// linux/netlink.h, linux/rtnetlink.h
const NETLINK_ROUTE = 0;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;

/** The type and the port of every queued message. */
function drain(socket: NetlinkSocket): { type: number; port: number }[] {
  const messages: { type: number; port: number }[] = [];
  for (;;) {
    const received = socket.receive((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      messages.push({ type: view.getUint16(4, true), port: view.getUint32(12, true) });
    });
    if (received === 0) return messages;
  }
}

/** RTM_NEWADDR or RTM_DELADDR of 192.0.2.N/32 on the loopback interface. */
function addressRequest(type: number, host: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  // NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
  view.setUint16(6, 0x405, true);
  bytes.set([2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 192, 0, 2, host], 16);
  return bytes;
}

if (inNetworkNamespace(import.meta.url)) {
  test("the reply to a request is queued when send returns, and the notification has the port of the sender", () => {
    const requests = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const announcements = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_IPV4_IFADDR],
    });
    assert.notEqual(requests.port, announcements.port);
    assert.equal(requests.receiveBufferOctets, 8 << 20);
    assert.equal(requests.send(addressRequest(RTM_NEWADDR, 1)), 0);
    assert.deepEqual(drain(requests), [{ type: 2, port: requests.port }]);
    assert.deepEqual(drain(announcements), [{ type: RTM_NEWADDR, port: requests.port }]);
    assert.deepEqual(drain(announcements), []);
    requests.close();
    announcements.close();
  });

  test("datagrams from other processes are dropped and counted", () => {
    const socket = openNetlinkSocket({ protocol: NETLINK_ROUTE, groups: [RTNLGRP_LINK] });
    const batch = new MessageBatch();
    const forger = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    for (const [port, groups] of [
      [socket.port, 0],
      [0, 1],
    ] as const) {
      const address = new DataView(new ArrayBuffer(12));
      address.setUint16(0, AF_NETLINK, true);
      address.setUint32(4, port, true);
      address.setUint32(8, groups, true);
      const forged = addressRequest(RTM_NEWADDR, 9);
      // A message to the group also goes to the kernel, which does not know its type.
      forged[4] = 200;
      batch.add(forged, new Uint8Array(address.buffer));
      assert.deepEqual(batch.send(forger), []);
    }
    assert.deepEqual(drain(socket), []);
    assert.equal(socket.foreignDatagrams, 2);
    closeDescriptor(forger);
    socket.close();
  });

  test("notifications of one type caused by one socket can be ignored", () => {
    const renewals = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const requests = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const announcements = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_IPV4_IFADDR],
    });
    announcements.ignore(RTM_NEWADDR, renewals.port);
    renewals.send(addressRequest(RTM_NEWADDR, 2));
    requests.send(addressRequest(RTM_NEWADDR, 3));
    renewals.send(addressRequest(RTM_DELADDR, 2));
    assert.deepEqual(drain(announcements), [
      { type: RTM_NEWADDR, port: requests.port },
      { type: RTM_DELADDR, port: renewals.port },
    ]);
    for (const socket of [renewals, requests, announcements]) socket.close();
  });

  test("an overrun is reported once, then the queued datagrams", () => {
    const requests = openNetlinkSocket({ protocol: NETLINK_ROUTE });
    const announcements = openNetlinkSocket({
      protocol: NETLINK_ROUTE,
      groups: [RTNLGRP_IPV4_IFADDR],
      receiveBufferOctets: 4096,
    });
    for (let host = 10; host < 60; host++) requests.send(addressRequest(RTM_NEWADDR, host));
    let left = 0;
    const first = announcements.receive(() => {
      left++;
    });
    assert.equal(first, "overrun");
    left += drain(announcements).length;
    assert.equal(left > 0 && left < 50, true, `${left} announcements had room`);
    requests.send(addressRequest(RTM_DELADDR, 10));
    assert.equal(drain(announcements).length, 1);
    requests.close();
    announcements.close();
  });

  test("a datagram longer than the buffer is an overrun", () => {
    // A link is described in one datagram: alternative names make it long.
    sh("ip link add hf0 type veth peer name hf1");
    for (let batch = 0; batch < 4; batch++) {
      const names = Array.from({ length: 100 }, (_, n) => `${"x".repeat(120)}${batch}-${n}`);
      sh(names.map((name) => `ip link property add dev hf0 altname ${name}`).join("\n"));
    }
    const socket = openNetlinkSocket({ protocol: NETLINK_ROUTE, groups: [RTNLGRP_LINK] });
    sh("ip link set hf0 mtu 1400");
    assert.equal(
      socket.receive(() => {}),
      "overrun",
    );
    sh("ip link del hf0");
    socket.close();
  });

  test("an unsupported protocol throws a SystemError", () => {
    assert.throws(
      () => openNetlinkSocket({ protocol: 31 }),
      (error) => error instanceof SystemError && error.errno === errnoNumber.EPROTONOSUPPORT,
    );
  });
}
