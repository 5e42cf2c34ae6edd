// Starts a flood of frames on a host.

import { fileURLToPath } from "node:url";
import type { Host } from "../../../lab/host.ts";

/** The arguments of the flood program. */
export interface FloodOrder {
  readonly interface: string;
  /** In hexadecimal; sent in turn. */
  readonly frames: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

/** The result of a flood. */
export interface FloodReport {
  readonly sent: number;
  /** Frames refused by the kernel because of full queues. */
  readonly refused: number;
  readonly seconds: number;
}

const ORDER_PATH = "/run/flood.json";
const PROGRAM = fileURLToPath(new URL("./flood.js", import.meta.url));

/** Sends `frames` from `host`. Throws an Error if less than a tenth of the requested number was sent. */
export async function floodFrom(
  host: Host,
  frames: readonly Uint8Array[],
  order: Omit<FloodOrder, "frames">,
): Promise<FloodReport> {
  const hex = frames.map((frame) => Buffer.from(frame).toString("hex"));
  host.write(ORDER_PATH, JSON.stringify({ ...order, frames: hex } satisfies FloodOrder));
  const { stdout } = await host.run([process.execPath, PROGRAM, ORDER_PATH]);
  const report = JSON.parse(stdout) as FloodReport;
  const wanted = order.perSecond * order.seconds;
  if (report.sent < wanted / 10) throw new Error(`sent only ${report.sent} of ${wanted} frames`);
  return report;
}
