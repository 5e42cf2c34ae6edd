// Runs on the attacker's host: sends frames in turn at a steady rate for a limited time and reports their number.
// Argument: the path of a FloodOrder as JSON.

import { readFileSync } from "node:fs";
import { openArpSender } from "../../../src/os/net/arp-socket.ts";
import { interfaceIndex } from "../../../src/os/net/socket.ts";
import type { FloodOrder, FloodReport } from "./flood-order.ts";

/** Time between two batches. */
const PACE_MILLIS = 2;
/** Limits the batch after a stall. */
const MOST_IN_BATCH = 1_000;

async function flood(order: FloodOrder): Promise<FloodReport> {
  const ifindex = interfaceIndex(order.interface);
  const frames = order.frames.map((hex) => ({ ifindex, bytes: Buffer.from(hex, "hex") }));
  const sender = openArpSender();
  let sent = 0;
  let refused = 0;
  const begin = performance.now();
  for (;;) {
    const elapsed = performance.now() - begin;
    if (elapsed >= order.seconds * 1_000) break;
    const due = Math.floor((elapsed / 1_000) * order.perSecond) - sent - refused;
    const batch = Array.from(
      { length: Math.min(due, MOST_IN_BATCH) },
      (_, index) => frames[(sent + refused + index) % frames.length] as (typeof frames)[number],
    );
    const failures = sender.send(batch).length;
    sent += batch.length - failures;
    refused += failures;
    await new Promise((resolve) => setTimeout(resolve, PACE_MILLIS));
  }
  sender.close();
  return { sent, refused, seconds: (performance.now() - begin) / 1_000 };
}

const [path = ""] = process.argv.slice(2);
const report = await flood(JSON.parse(readFileSync(path, "utf8")) as FloodOrder);
process.stdout.write(`${JSON.stringify(report)}\n`);
