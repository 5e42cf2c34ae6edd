// Packet captures on a lab host: tcpdump's text output line by line, or a pcap file.

import { closeSync, openSync } from "node:fs";
import type { Host } from "./host.ts";
import type { Program } from "./program.ts";

export interface CaptureOptions {
  /** Default `any`. */
  readonly interface?: string;
  /** A pcap filter expression; default: VRRP over IPv4 and IPv6. */
  readonly filter?: string;
  /** Additional tcpdump arguments, e.g. `["-v"]`. */
  readonly words?: readonly string[];
}

function tcpdumpCommand(options: CaptureOptions, output: readonly string[]): string[] {
  // Stay root: in a user namespace that maps only root, tcpdump cannot drop its privileges.
  const words = ["tcpdump", "-Z", "root", "-nn", "-i", options.interface ?? "any"];
  const filter = options.filter ?? "ip proto 112 or ip6 proto 112";
  return [...words, ...output, ...(options.words ?? []), filter];
}

/** Starts `tcpdump -nn -l`. The packets are the program's stdout lines. End it with `program.stop()`. */
export async function startTcpdump(host: Host, options: CaptureOptions = {}): Promise<Program> {
  const program = host.spawn(tcpdumpCommand(options, ["-l"]));
  await program.waitForLine(/listening on/);
  return program;
}

/** Captures into `file`, a path outside the lab. The file is complete after `program.stop()`. */
export async function startPcap(
  host: Host,
  file: string,
  options: CaptureOptions = {},
): Promise<Program> {
  const descriptor = openSync(file, "w", 0o600);
  try {
    const command = tcpdumpCommand(options, ["-U", "-w", "-"]);
    const program = host.spawn(command, { stdoutTo: descriptor });
    await program.waitForLine(/listening on/);
    return program;
  } finally {
    closeSync(descriptor);
  }
}
