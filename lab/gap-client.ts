// The client that measures what users lose: it probes an address through the echoes on the lab's hosts.

import { fileURLToPath } from "node:url";
import { until } from "./clock.ts";
import type { Host } from "./host.ts";
import type { Gap, ProbeReport } from "./probe-message.ts";
import type { Program } from "./program.ts";

function programPath(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

/** Starts the echo on `host`; it answers for every address that the host holds. */
export async function startEcho(host: Host): Promise<Program> {
  const program = host.spawn([process.execPath, programPath("echo"), host.name]);
  await program.waitForLine(/^ready$/);
  return program;
}

export interface GapClientOptions {
  /** What to probe, without prefix length. */
  readonly address: string;
  /** Between two probes; default 5. */
  readonly intervalMillis?: number;
  readonly onReport?: (report: ProbeReport) => void;
}

/** A running client. */
export interface GapClient {
  /** Every gap that has ended so far. */
  readonly gaps: readonly Gap[];
  /** Who answered last; undefined before the first answer and while a gap lasts. */
  readonly answeredBy: () => string | undefined;
  /** Waits until `host` (or anyone) answers. */
  readonly waitForAnswer: (host?: Host | string, timeoutMillis?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts to probe `options.address` from `host`. The hosts that may hold it need `startEcho`. */
export async function startGapClient(host: Host, options: GapClientOptions): Promise<GapClient> {
  const gaps: Gap[] = [];
  let answeredBy: string | undefined;
  const take = (report: ProbeReport): void => {
    if (report.kind === "answered") answeredBy = report.by;
    if (report.kind === "lost") answeredBy = undefined;
    if (report.kind === "gap") {
      const { kind: _kind, ...gap } = report;
      gaps.push(gap);
      answeredBy = report.after;
    }
    options.onReport?.(report);
  };
  const pace = String(options.intervalMillis ?? 5);
  const program = host.spawn([process.execPath, programPath("probe"), options.address, pace], {
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
        `an answer from ${name ?? "anyone"}`,
        () => (answeredBy !== undefined && (name ?? answeredBy) === answeredBy ? true : undefined),
        timeoutMillis,
      );
    },
    stop: async () => {
      await program.stop();
    },
  };
}
