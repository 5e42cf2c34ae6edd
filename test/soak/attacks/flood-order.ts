// Starting a flood of frames on a host.

import { fileURLToPath } from "node:url";
import type { Host } from "../../../lab/host.ts";

/** What the flood program is asked to do. */
export interface FloodOrder {
  readonly interface: string;
  /** In hexadecimal digits; sent in turn, again and again. */
  readonly frames: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** What it did. */
export interface FloodReport {
  readonly sent: number;
  /** By the kernel: full queues. */
  readonly refused: number;
  readonly seconds: number;
}

const ORDER_PATH = "/run/flood.json";
const PROGRAM = fileURLToPath(new URL("./flood.js", import.meta.url));

/** Sends `frames` from `host` and gives what left. Throws an Error when less than a tenth of what was asked for did. */
export async function floodFrom(
  host: Host,
  frames: readonly Uint8Array[],
  order: Omit<FloodOrder, "frames">,
): Promise<FloodReport> {
  const hex = frames.map((frame) => Buffer.from(frame).toString("hex"));
  host.write(ORDER_PATH, JSON.stringify({ ...order, frames: hex } satisfies FloodOrder));
  const { stdout } = await host.run([process.execPath, PROGRAM, ORDER_PATH]);
  const report = JSON.parse(stdout) as FloodReport;
  const asked = order.perSecond * order.seconds;
  if (report.sent < asked / 10) throw new Error(`only ${report.sent} of ${asked} frames were sent`);
  return report;
}
