import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inNetworkNamespace } from "../../../test/support/in-namespace.ts";
import { ip } from "../../lib/ip.ts";
import { SystemError } from "../ffi/errno.ts";
import { MessageBatch } from "./message-batch.ts";
import { MessageReader } from "./message-reader.ts";
import {
  AF_INET,
  attachFilter,
  bindAddress,
  bindToDevice,
  closeDescriptor,
  dropEverything,
  interfaceIndex,
  ipv4SocketAddress,
  openPreparedSocket,
  openSocket,
  SOCK_DGRAM,
  SOCK_RAW,
  setReceiveBuffer,
} from "./socket.ts";

const here = ip("127.0.0.1");

function openUdp(port: number): number {
  return openPreparedSocket(AF_INET, SOCK_DGRAM, 0, (fd) => {
    bindAddress(fd, ipv4SocketAddress(here, port));
  });
}

if (inNetworkNamespace(import.meta.url)) {
  test("a batch of datagrams arrives complete, in order, with its sender", () => {
    const sender = openUdp(5000);
    const receiver = openUdp(5001);
    assert.equal(setReceiveBuffer(receiver, 4 << 20), 8 << 20, "beyond the system's limit");
    const batch = new MessageBatch();
    const address = ipv4SocketAddress(here, 5001);
    for (let index = 0; index < 1500; index++) {
      batch.add(Uint8Array.of(index >> 8, index & 0xff, ...new Uint8Array(index % 60)), address);
    }
    assert.equal(batch.size, 1500);
    assert.deepEqual(batch.send(sender), []);
    assert.equal(batch.size, 0);

    const reader = new MessageReader();
    let seen = 0;
    for (;;) {
      const count = reader.receive(receiver, (bytes, meta) => {
        assert.equal(bytes.length, 2 + (seen % 60));
        assert.equal(((bytes[0] as number) << 8) | (bytes[1] as number), seen);
        assert.deepEqual(meta.sender, ipv4SocketAddress(here, 5000));
        assert.equal(meta.control.length, 0);
        assert.equal(meta.truncated, false);
        seen++;
      });
      if (count < reader.capacity) break;
    }
    assert.equal(seen, 1500);
    assert.equal(reader.receive(receiver, assert.fail), 0);
    closeDescriptor(sender);
    closeDescriptor(receiver);
  });

  test("a datagram longer than its buffer is marked as truncated, and the next one is complete", () => {
    const receiver = openUdp(5001);
    const batch = new MessageBatch();
    const address = ipv4SocketAddress(here, 5001);
    batch.add(new Uint8Array(100).fill(7), address);
    batch.add(new Uint8Array(16).fill(8), address);
    assert.deepEqual(batch.send(receiver), []);
    const got: [number, boolean][] = [];
    const reader = new MessageReader({ messages: 1, octets: 16 });
    while (reader.receive(receiver, ({ length }, { truncated }) => got.push([length, truncated])));
    assert.deepEqual(got, [
      [16, true],
      [16, false],
    ]);
    closeDescriptor(receiver);
  });

  test("one failed message does not stop the others", () => {
    const sender = openUdp(5000);
    const receiver = openUdp(5001);
    const batch = new MessageBatch();
    const good = ipv4SocketAddress(here, 5001);
    const unreachable = ipv4SocketAddress(ip("192.0.2.1"), 5001);
    for (const address of [unreachable, good, good, unreachable, good, unreachable]) {
      batch.add(Uint8Array.of(1), address);
    }
    const failures = batch.send(sender);
    assert.deepEqual(
      failures.map(({ index }) => index),
      [0, 3, 5],
    );
    for (const { errno } of failures) assert.ok([101, 22].includes(errno), String(errno));
    assert.equal(
      new MessageReader().receive(receiver, () => undefined),
      3,
    );
    closeDescriptor(sender);
    closeDescriptor(receiver);
  });

  test("a reader stays usable after an exception in its handler", () => {
    const receiver = openUdp(5001);
    const reader = new MessageReader();
    const batch = new MessageBatch();
    for (let round = 0; round < 2; round++) {
      batch.add(new Uint8Array(3000 * round + 1), ipv4SocketAddress(here, 5001));
      batch.send(receiver);
      assert.throws(() => {
        reader.receive(receiver, (_, meta) => {
          assert.equal(meta.sender.length, 16);
          throw new RangeError("wanted");
        });
      }, /wanted/);
    }
    closeDescriptor(receiver);
  });

  test("errors contain operation and code, and no descriptor is leaked", () => {
    const missing = (error: unknown): boolean =>
      error instanceof SystemError &&
      error.operation === "setsockopt SO_BINDTODEVICE nowhere0" &&
      error.code === "ENODEV";
    const before = openSocket(AF_INET, SOCK_DGRAM, 0);
    closeDescriptor(before);
    assert.throws(
      () => openPreparedSocket(AF_INET, SOCK_DGRAM, 0, (fd) => bindToDevice(fd, "nowhere0")),
      missing,
    );
    const after = openSocket(AF_INET, SOCK_DGRAM, 0);
    closeDescriptor(after);
    assert.equal(after, before);
    assert.throws(() => interfaceIndex("nowhere0"), { code: "ENODEV" });
    assert.throws(() => closeDescriptor(before), { code: "EBADF", operation: "close" });
    assert.equal(interfaceIndex("lo"), 1);
  });

  test("a raw socket without privilege is EPERM", () => {
    const module = new URL("./socket.js", import.meta.url).href;
    const program = `import(${JSON.stringify(module)}).then((socket) => {
      try { socket.openSocket(${AF_INET}, ${SOCK_RAW}, 112); }
      catch ({ operation, errno, code }) { console.log(JSON.stringify({ operation, errno, code })); }
    });`;
    const { stdout, stderr } = spawnSync(
      "setpriv",
      ["--bounding-set=-all", "--inh-caps=-all", process.execPath, "-e", program],
      { encoding: "utf8" },
    );
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), { operation: "socket", errno: 1, code: "EPERM" });
  });

  test("dropEverything keeps a receive queue empty", () => {
    const receiver = openUdp(5001);
    attachFilter(receiver, dropEverything);
    const batch = new MessageBatch();
    batch.add(new Uint8Array(8), ipv4SocketAddress(here, 5001));
    batch.send(receiver);
    assert.equal(new MessageReader().receive(receiver, assert.fail), 0);
    closeDescriptor(receiver);
  });
}
