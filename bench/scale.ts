// Measures how long many virtual routers take to settle, and needless takeovers by the lower node.

import { sleep, until, wallMillis } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import { createLab } from "../lab/lab.ts";
import {
  buildHosts,
  configurePair,
  expectRunning,
  type PairHosts,
  type RunningPair,
  startPair,
  stopPair,
} from "./pair.ts";
import type { Report } from "./report.ts";
import { routersPerInterface, type Side, sides } from "./sides.ts";
import { atMost, type Row } from "./table.ts";

const counts = [500, 1000, 2000] as const;
const largest = 2000;
/** A pair counts as settled after this time without a transition. */
const calmMillis = 3_000;
/** After this time a pair is reported as never settled. */
const settleTimeoutMillis = 45_000;
const settleLimitSeconds = 6;

interface Settling {
  /** From the start of the higher node to the last transition; infinite if it never settled. */
  readonly seconds: number;
  readonly needless: number;
}

/** Measures each number of virtual routers once on each side. */
export async function measureScale(report: Report): Promise<void> {
  const lab = await createLab({ name: "scale", watchAddresses: false });
  try {
    const hosts = await buildHosts(lab, largest / routersPerInterface);
    for (const count of counts) {
      const results: { [side in Side]?: Settling } = {};
      for (const side of sides) {
        report.progress(`scale: ${count} virtual routers, ${side}`);
        try {
          results[side] = await settle(hosts, count, side);
        } catch (error) {
          report.note(`scale, ${count}, ${side}: ${(error as Error).message}`);
        }
      }
      for (const row of rowsOf(count, results)) report.row(row);
    }
  } finally {
    await lab.close();
  }
}

async function settle(hosts: PairHosts, count: number, side: Side): Promise<Settling> {
  const pair = configurePair(hosts, { routers: count, advertSeconds: 1 });
  const running = await startPair(pair, side);
  try {
    const end = wallMillis() + settleTimeoutMillis;
    const changedAt = await until(
      `${side} to settle`,
      () => {
        if (wallMillis() > end) return "never" as const;
        return calmSince(running);
      },
      settleTimeoutMillis + 5_000,
      50,
    );
    const needless = running.nodeLow.elections.disturbances;
    if (changedAt === "never") return { seconds: Number.POSITIVE_INFINITY, needless };
    await expectHeld(running);
    return { seconds: (changedAt - running.startedAt) / 1000, needless };
  } finally {
    await stopPair(running);
    await sleep(500);
  }
}

/** Time of the last transition, once every virtual router is MASTER on exactly one node and settled. */
function calmSince(running: RunningPair): number | undefined {
  expectRunning(running);
  const { nodeHigh, nodeLow, routers } = running;
  const changedAt = Math.max(nodeHigh.elections.changedAt, nodeLow.elections.changedAt);
  if (wallMillis() - changedAt < calmMillis) return undefined;
  const states = [nodeHigh.elections, nodeLow.elections];
  const isEachHeldOnce = routers.every(
    ({ name }) => states.filter((elections) => elections.stateOf(name) === "MASTER").length === 1,
  );
  return isEachHeldOnce ? changedAt : undefined;
}

/** Compares the logged states with the kernel's addresses. */
async function expectHeld({ high, low, nodeHigh, nodeLow, side }: RunningPair): Promise<void> {
  for (const [host, node] of [
    [high, nodeHigh],
    [low, nodeLow],
  ] as const) {
    const held = await countFloating(host);
    const expected = node.elections.count("MASTER");
    if (held !== expected) {
      throw new Error(
        `${side} is MASTER of ${expected} on ${host.name}, which holds ${held} addresses`,
      );
    }
  }
}

async function countFloating(host: Host): Promise<number> {
  const { stdout } = await host.run(["ip", "-o", "-4", "address", "show"]);
  return [...stdout.matchAll(/inet 10\.\d+\.\d+\.\d+\/32 /g)].length;
}

function rowsOf(count: number, results: { readonly [side in Side]?: Settling }): Row[] {
  const { holdfast, keepalived } = results;
  const isAsserted = count === largest;
  return [
    {
      part: "scale",
      label: `${count} at 1 s: settled after`,
      unit: "s",
      digits: 1,
      holdfast: holdfast?.seconds,
      keepalived: keepalived?.seconds,
      endless: `over ${settleTimeoutMillis / 1000} s`,
      target: isAsserted ? atMost(settleLimitSeconds, `${settleLimitSeconds} s`) : undefined,
    },
    {
      part: "scale",
      label: `${count} at 1 s: needless takeovers by the lower node`,
      unit: "",
      digits: 0,
      holdfast: holdfast?.needless,
      keepalived: keepalived?.needless,
      target: isAsserted ? atMost(0, "none") : undefined,
    },
  ];
}
