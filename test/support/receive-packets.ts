// Reads packets from a socket in tests.

import { SECOND } from "../../src/lib/micros.ts";
import { boottime } from "../../src/os/loop/clock.ts";
import { MessageReader } from "../../src/os/net/message-reader.ts";

/** Waits until `count` packets were received from `fd`, or `timeoutMicros` have passed; returns copies of them. */
export function receivePackets(
  fd: number,
  count: number,
  timeoutMicros: number = 60 * SECOND,
): Uint8Array[] {
  const reader = new MessageReader();
  const packets: Uint8Array[] = [];
  const end = boottime() + timeoutMicros;
  while (packets.length < count && boottime() < end) {
    reader.receive(fd, (bytes) => packets.push(bytes.slice()));
  }
  return packets;
}
