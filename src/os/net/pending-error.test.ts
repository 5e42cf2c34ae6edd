// A pending socket error never counts as the result of a message.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inNetworkNamespace, sh, untilRuns } from "../../../test/support/in-namespace.ts";
import { openVethPeer, type VethPeer } from "../../../test/support/veth-peer.ts";
import { ip } from "../../lib/ip.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { isLittleEndian } from "../ffi/ffi.ts";
import { Epoll } from "../loop/epoll.ts";
import { IP_RECVERR, sendReportingDrops } from "./drop-reports.ts";
import { MessageBatch } from "./message-batch.ts";
import { MessageReader } from "./message-reader.ts";
import { NetlinkSocket } from "./netlink-socket.ts";
import { takePendingError } from "./pending-error.ts";
import {
  AF_INET,
  AF_PACKET,
  bindAddress,
  closeDescriptor,
  interfaceIndex,
  ipv4SocketAddress,
  openPreparedSocket,
  openSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_IP,
  setIntOption,
} from "./socket.ts";

const { ECONNREFUSED, EMSGSIZE, ENETDOWN, ENETUNREACH, EPERM } = errnoNumber;

/** linux/if_ether.h */
const ETH_P_ARP = 0x0806;

const here = ip("127.0.0.1");
const receiverPort = 5001;
const good = ipv4SocketAddress(here, receiverPort);
/** A datagram to it causes an ICMP error before the send returns. */
const closed = ipv4SocketAddress(here, 5999);
const forbidden = ipv4SocketAddress(here, 5998);
const unreachable = ipv4SocketAddress(ip("192.0.2.1"), receiverPort);

function openUdp(port: number): number {
  return openPreparedSocket(AF_INET, SOCK_DGRAM, 0, (fd) => {
    bindAddress(fd, ipv4SocketAddress(here, port));
  });
}

function batchTo(addresses: readonly Uint8Array[]): MessageBatch {
  const batch = new MessageBatch();
  for (const address of addresses) batch.add(Uint8Array.of(1), address);
  return batch;
}

/** A UDP socket with a pending ICMP error. */
function openRefused(port: number): number {
  const fd = openUdp(port);
  setIntOption(fd, SOL_IP, IP_RECVERR, 1, "IP_RECVERR");
  assert.deepEqual(batchTo([closed]).send(fd), []);
  return fd;
}

function countReceived(fd: number): number {
  return new MessageReader().receive(fd, () => undefined);
}

/** A socket for whole frames of one interface. */
function openFrames(interfaceName: string): number {
  return openPreparedSocket(AF_PACKET, SOCK_RAW, 0, (fd) => {
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, isLittleEndian);
    address.setUint16(2, ETH_P_ARP);
    address.setInt32(4, interfaceIndex(interfaceName), isLittleEndian);
    bindAddress(fd, new Uint8Array(address.buffer));
  });
}

if (inNetworkNamespace(import.meta.url)) {
  let peer: VethPeer;

  before(async () => {
    peer = await openVethPeer("near0", "198.51.100.1/24", "far0", "198.51.100.2/24");
  });
  after(() => peer.close());

  test("takePendingError clears a pending ICMP error", () => {
    const fd = openRefused(5000);
    assert.equal(takePendingError(fd), ECONNREFUSED);
    assert.equal(takePendingError(fd), 0);
    closeDescriptor(fd);
  });

  test("a pending ICMP error is not the result of the next message", () => {
    const receiver = openUdp(receiverPort);
    const sender = openRefused(5000);
    assert.deepEqual(batchTo([good, good, good]).send(sender), []);
    assert.equal(countReceived(receiver), 3);
    closeDescriptor(sender);
    closeDescriptor(receiver);
  });

  test("every message has its own result while ICMP errors arrive between them", () => {
    sh("nft 'add table ip t; add chain ip t out { type filter hook output priority 0; }'");
    sh("nft add rule ip t out udp dport 5998 drop");
    const receiver = openUdp(receiverPort);
    for (const send of [
      (fd: number, batch: MessageBatch) => batch.send(fd),
      (fd: number, batch: MessageBatch) => sendReportingDrops(fd, batch),
    ]) {
      const sender = openRefused(5000);
      const batch = batchTo([closed, good, closed, unreachable, closed, good, closed, forbidden]);
      batch.add(new Uint8Array(0xffff), good);
      batch.add(Uint8Array.of(1), good);
      assert.deepEqual(send(sender, batch), [
        { index: 3, errno: ENETUNREACH },
        { index: 7, errno: EPERM },
        { index: 8, errno: EMSGSIZE },
      ]);
      assert.equal(countReceived(receiver), 3);
      closeDescriptor(sender);
    }
    closeDescriptor(receiver);
    sh("nft delete table ip t");
  });

  test("a thousand messages are sent although each but the first meets an ICMP error", () => {
    const sender = openRefused(5000);
    assert.deepEqual(sendReportingDrops(sender, batchTo(new Array(1_000).fill(closed))), []);
    closeDescriptor(sender);
  });

  test("a socket that reports drops has no pending ICMP errors", () => {
    const sender = openRefused(5000);
    const epoll = new Epoll();
    epoll.add(sender);
    assert.deepEqual([...epoll.ready()], [sender]);
    assert.deepEqual(sendReportingDrops(sender, batchTo([closed, closed])), []);
    takePendingError(sender);
    assert.deepEqual([...epoll.ready()], [], "the error queue is empty");
    // And it gets none between two calls.
    assert.deepEqual(batchTo([closed]).send(sender), []);
    assert.deepEqual([...epoll.ready()], []);
    epoll.close();
    closeDescriptor(sender);
  });

  test("a reader gets the datagram and the pending error", () => {
    const receiver = openRefused(receiverPort);
    const sender = openUdp(5000);
    assert.deepEqual(batchTo([good, good]).send(sender), []);
    const errors: number[] = [];
    const count = new MessageReader().receive(
      receiver,
      () => undefined,
      (errno) => errors.push(errno),
    );
    assert.deepEqual([count, errors], [2, [ECONNREFUSED]]);
    closeDescriptor(sender);
    closeDescriptor(receiver);
  });

  test("a reader survives a link that goes down and gets every frame once it is up again", () => {
    const frame = Uint8Array.from([...new Array(12).fill(0xff), 0x08, 0x06, ...new Array(46)]);
    const send = (fd: number): unknown => {
      const batch = new MessageBatch();
      batch.add(frame);
      return batch.send(fd);
    };
    const reading = openFrames("near0");
    const sending = openFrames("near0");
    assert.deepEqual(send(sending), []);
    sh("ip link set near0 down");
    const errors: number[] = [];
    const reader = new MessageReader();
    reader.receive(
      reading,
      () => undefined,
      (errno) => errors.push(errno),
    );
    assert.deepEqual(errors, [ENETDOWN]);
    sh(`ip link set near0 up\n${untilRuns("near0")}`);
    assert.deepEqual(send(sending), [], "ENETDOWN is still pending");
    sh("ip link set near0 down");
    assert.deepEqual(send(sending), [{ index: 0, errno: ENETDOWN }], "it is down");
    sh(`ip link set near0 up\n${untilRuns("near0")}`);
    closeDescriptor(reading);
    closeDescriptor(sending);
  });

  test("any pending error of a netlink socket is an overrun", () => {
    const fd = openRefused(5000);
    const socket = new NetlinkSocket(fd, 0, 0);
    assert.equal(
      socket.receive(() => assert.fail()),
      "overrun",
    );
    assert.equal(
      socket.receive(() => assert.fail()),
      0,
    );
    socket.close();
  });

  test("a descriptor that is not a socket throws", () => {
    const fd = openSocket(AF_INET, SOCK_DGRAM, 0);
    closeDescriptor(fd);
    assert.throws(() => countReceived(fd), { code: "EBADF", operation: "recvmmsg" });
    assert.deepEqual(batchTo([good]).send(fd), [{ index: 0, errno: errnoNumber.EBADF }]);
  });
}
