// Two nodes on as many switches as they have interfaces, and one side's daemons on them.

import { sleep, until, wallMillis } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";
import { MILLISECOND, SECOND } from "../src/lib/micros.ts";
import { activeDownInterval } from "../src/vrrp/router/timing.ts";
import {
  interfaceOf,
  makeRouters,
  type Node,
  type Router,
  renderConfig,
  routersPerInterface,
  type Side,
  startDaemon,
  writeConfig,
} from "./sides.ts";

const downTimerAdverts = 3;
const priorities = { high: 200, low: 100 } as const;

/** The lower node is started this much later. */
const headStartMillis = 500;

/** The client's address is on the first network. */
export const clientAddress = "10.100.0.100/16";

/** The hosts of a pair. */
export interface PairHosts {
  readonly high: Host;
  readonly low: Host;
  readonly networks: number;
}

export interface PairPlan {
  readonly routers: number;
  readonly addressesEach?: number;
  readonly advertSeconds: number;
}

/** Hosts with a configuration. */
export interface Pair extends PairHosts {
  readonly routers: readonly Router[];
  readonly advertMillis: number;
  /** How long the lower node waits for an advert before it takes over (RFC 9568 6.1). */
  readonly downIntervalMillis: number;
}

/** A pair on which the daemons of one side were started. */
export interface RunningPair extends Pair {
  readonly side: Side;
  /** When the first daemon was started, wall-clock milliseconds. */
  readonly startedAt: number;
  readonly high: Host;
  nodeHigh: Node;
  nodeLow: Node;
}

/** Builds the two hosts, with a cable each to every one of `networks` switches, and one to the first for `client`. */
export async function buildHosts(lab: Lab, networks: number, client?: Host): Promise<PairHosts> {
  const high = await lab.addHost("high");
  const low = await lab.addHost("low");
  for (let network = 0; network < networks; network += 1) {
    const lan = await lab.addSwitch(`net${network}`);
    const cable = { interface: interfaceOf(network * routersPerInterface) };
    await high.connect(lan, { ...cable, address: baseAddress(network, 1) });
    await low.connect(lan, { ...cable, address: baseAddress(network, 2) });
    if (network === 0) await client?.connect(lan, { ...cable, address: clientAddress });
  }
  return { high, low, networks };
}

function baseAddress(network: number, host: number): string {
  return `10.${100 + network}.0.${host}/16`;
}

/** Gives both hosts their configurations. */
export function configurePair(hosts: PairHosts, plan: PairPlan): Pair {
  const { advertSeconds } = plan;
  const routers = makeRouters(plan.routers, plan.addressesEach);
  for (const name of ["high", "low"] as const) {
    const node = { name, priority: priorities[name], advertSeconds, routers };
    writeConfig(hosts[name], renderConfig(node));
  }
  const advertMillis = advertSeconds * 1000;
  const downIntervalMillis =
    activeDownInterval(3, priorities.low, advertSeconds * SECOND, downTimerAdverts) / MILLISECOND;
  return { ...hosts, routers, advertMillis, downIntervalMillis };
}

/** Starts the daemons of `side`, the higher node first. */
export async function startPair(pair: Pair, side: Side): Promise<RunningPair> {
  const startedAt = wallMillis();
  const nodeHigh = startDaemon(pair.high, side);
  await sleep(headStartMillis);
  const nodeLow = startDaemon(pair.low, side);
  return { ...pair, side, startedAt, nodeHigh, nodeLow };
}

/** Starts the higher node's daemon again, after it has ended. */
export function restartHigh(running: RunningPair): void {
  running.nodeHigh.log.close();
  running.nodeHigh = startDaemon(running.high, running.side);
}

/**
 * Waits until the higher node is MASTER of everything and the lower of nothing, and that for long enough for the
 * lower to have heard it. Throws when that takes longer than `timeoutMillis`.
 */
export async function waitSettled(running: RunningPair, timeoutMillis: number): Promise<void> {
  const { routers, nodeHigh, nodeLow, advertMillis } = running;
  const calmMillis = 200 + 1.2 * advertMillis;
  await until(
    `${running.side} to settle`,
    () => {
      expectRunning(running);
      const changedAt = Math.max(nodeHigh.elections.changedAt, nodeLow.elections.changedAt);
      const isElected =
        nodeHigh.elections.count("MASTER") === routers.length &&
        nodeLow.elections.count("BACKUP") === routers.length;
      return isElected && wallMillis() - changedAt > calmMillis ? true : undefined;
    },
    timeoutMillis,
  );
}

/** Throws with its last words when one of the daemons has ended. */
export function expectRunning({ side, nodeHigh, nodeLow }: RunningPair): void {
  for (const { program, log } of [nodeHigh, nodeLow]) {
    if (program.exit !== undefined) throw new Error(`${side} ended by itself:\n${log.tail(5)}`);
  }
}

/** Ends both daemons, however they are, and takes away what they left behind. */
export async function stopPair(running: RunningPair): Promise<void> {
  const { nodeHigh, nodeLow } = running;
  await Promise.all([endDaemon(nodeHigh), endDaemon(nodeLow)]);
  await Promise.all([clearAddresses(running, "high", 1), clearAddresses(running, "low", 2)]);
}

async function endDaemon({ program, log }: Node): Promise<void> {
  if (program.exit === undefined) await program.stop(3_000);
  await program.killAll();
  log.close();
}

async function clearAddresses(
  pair: PairHosts,
  name: "high" | "low",
  hostNumber: number,
): Promise<void> {
  const commands = [];
  for (let network = 0; network < pair.networks; network += 1) {
    const device = interfaceOf(network * routersPerInterface);
    commands.push(`address flush dev ${device}`);
    commands.push(`address add ${baseAddress(network, hostNumber)} dev ${device}`);
  }
  await pair[name].ipBatch(commands);
}
