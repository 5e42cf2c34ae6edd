// Captures on a lab host's interface: tcpdump's lines as they come, or a pcap file for tshark and decoders.

import { closeSync, openSync } from "node:fs";
import type { Host } from "./host.ts";
import type { Program } from "./program.ts";

export interface CaptureOptions {
  /** Default `any`. */
  readonly interface?: string;
  /** tcpdump's words; default: VRRP over IPv4 and IPv6. */
  readonly filter?: string;
  /** More words for tcpdump: `["-v"]`. */
  readonly words?: readonly string[];
}

function command(options: CaptureOptions, how: readonly string[]): string[] {
  // As root to the end: where only root is mapped tcpdump could not become anyone else.
  const words = ["tcpdump", "-Z", "root", "-nn", "-i", options.interface ?? "any"];
  const filter = options.filter ?? "ip proto 112 or ip6 proto 112";
  return [...words, ...how, ...(options.words ?? []), filter];
}

/** Starts `tcpdump -nn -l`; `program.lines` on stdout are the packets. Ends with `program.stop()`. */
export async function startTcpdump(host: Host, options: CaptureOptions = {}): Promise<Program> {
  const program = host.spawn(command(options, ["-l"]));
  await program.waitForLine(/listening on/);
  return program;
}

/** Captures into `file`, a path on the machine. After `program.stop()` it is complete. */
export async function startPcap(
  host: Host,
  file: string,
  options: CaptureOptions = {},
): Promise<Program> {
  const descriptor = openSync(file, "w", 0o600);
  try {
    const program = host.spawn(command(options, ["-U", "-w", "-"]), { stdoutTo: descriptor });
    await program.waitForLine(/listening on/);
    return program;
  } finally {
    closeSync(descriptor);
  }
}
