// Measures outages as a client sees them: probes an address that the echoes on the lab's hosts answer.

import { fileURLToPath } from "node:url";
import { until } from "./clock.ts";
import type { Host } from "./host.ts";
import type { Gap, ProbeReport } from "./probe-message.ts";
import type { Program } from "./program.ts";

function programPath(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

/** Starts the echo on `host`. It answers on every address of the host. */
export async function startEcho(host: Host): Promise<Program> {
  const program = host.spawn([process.execPath, programPath("echo"), host.name]);
  await program.waitForLine(/^ready$/);
  return program;
}

export interface GapClientOptions {
  /** The address to probe, without prefix length. */
  readonly address: string;
  /** Time between probes; default 5. */
  readonly intervalMillis?: number;
  readonly onReport?: (report: ProbeReport) => void;
}

/** A running client. */
export interface GapClient {
  /** All gaps that have ended. */
  readonly gaps: readonly Gap[];
  /** The host that answered last; undefined before the first answer and during a gap. */
  readonly answeredBy: () => string | undefined;
  /** Waits until `host` (default: any host) answers. */
  readonly waitForAnswer: (host?: Host | string, timeoutMillis?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts probing `options.address` from `host`. Run `startEcho` on the hosts that may hold the address. */
export async function startGapClient(host: Host, options: GapClientOptions): Promise<GapClient> {
  const gaps: Gap[] = [];
  let answeredBy: string | undefined;
  const take = (report: ProbeReport): void => {
    switch (report.kind) {
      case "ready":
        break;
      case "answered":
        answeredBy = report.by;
        break;
      case "lost":
        answeredBy = undefined;
        break;
      case "gap": {
        const { kind: _kind, ...gap } = report;
        gaps.push(gap);
        answeredBy = report.after;
      }
    }
    options.onReport?.(report);
  };
  const interval = String(options.intervalMillis ?? 5);
  const program = host.spawn([process.execPath, programPath("probe"), options.address, interval], {
    onLine: (line) => {
      if (line.stream === "stdout") take(JSON.parse(line.text) as ProbeReport);
    },
  });
  await program.waitForLine(/"ready"/);
  return {
    gaps,
    answeredBy: () => answeredBy,
    waitForAnswer: async (wanted, timeoutMillis) => {
      const name = typeof wanted === "string" ? wanted : wanted?.name;
      await until(
        `an answer from ${name ?? "any host"}`,
        () => (answeredBy !== undefined && (name ?? answeredBy) === answeredBy ? true : undefined),
        timeoutMillis,
      );
    },
    stop: async () => {
      await program.stop();
    },
  };
}
