// No descriptor opened by src/os is inherited by a script.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inNetworkNamespace } from "../../../test/support/in-namespace.ts";
import { Epoll } from "../loop/epoll.ts";
import { openTimer } from "../loop/timer.ts";
import { openArpSender } from "../net/arp-socket.ts";
import { AF_INET, closeDescriptor, openSocket, SOCK_DGRAM } from "../net/socket.ts";
import { adoptVrrpReceiver, openVrrpReceiver, openVrrpSender } from "../net/vrrp-socket.ts";
import { createMemoryFile } from "./memory-file.ts";
import { duplicateDescriptor, duplicateFrom } from "./process-control.ts";

/** The open descriptors of a child, including that of /proc/self/fd. */
function readChildDescriptors(): string[] {
  const { stdout } = spawnSync("ls", ["/proc/self/fd"], { encoding: "utf8" });
  const numbers = stdout.trim().split("\n");
  assert.ok(numbers.length >= 4, stdout);
  return numbers;
}

if (inNetworkNamespace(import.meta.url)) {
  test("a child inherits none of our descriptors", () => {
    const before = readChildDescriptors();
    const receiver = openVrrpReceiver({ interface: "lo", groups: [] });
    const opened = {
      socket: openSocket(AF_INET, SOCK_DGRAM, 0),
      receiver: receiver.fd,
      adopted: adoptVrrpReceiver(duplicateDescriptor(receiver.fd)).fd,
      sender: openVrrpSender({ interface: "lo" }).fd,
      arpSender: openArpSender().fd,
      epoll: new Epoll().fd,
      timer: openTimer().fd,
      memoryFile: createMemoryFile("holdfast-test", 4096),
      duplicate: duplicateDescriptor(0),
      fromProcess: duplicateFrom(process.pid, receiver.fd),
    };
    assert.equal(new Set(Object.values(opened)).size, 10);
    assert.deepEqual(readChildDescriptors(), before);
    for (const fd of Object.values(opened)) closeDescriptor(fd);
  });
}
