// No descriptor that this folder opens reaches a script.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inNetworkNamespace } from "../../test/support/in-namespace.ts";
import { openArpSender } from "./arp-socket.ts";
import { Epoll } from "./epoll.ts";
import { createMemoryFile } from "./memory-file.ts";
import { duplicateDescriptor, duplicateFrom } from "./process-control.ts";
import { AF_INET, closeDescriptor, openSocket, SOCK_DGRAM } from "./socket.ts";
import { openTimer } from "./timer.ts";
import { adoptVrrpReceiver, openVrrpReceiver, openVrrpSender } from "./vrrp-socket.ts";

if (inNetworkNamespace(import.meta.url)) {
  test("a child has standard input, output and error, and nothing of ours", () => {
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
    // The descriptor beyond 2 is that of the folder that ls reads, the lowest one that was free.
    const { stdout } = spawnSync("ls", ["/proc/self/fd"], { encoding: "utf8" });
    assert.deepEqual(stdout.trim().split("\n"), ["0", "1", "2", "3"]);
    for (const fd of Object.values(opened)) closeDescriptor(fd);
  });
}
