// Two nodes connected by one switch for each interface, running one side's daemons.

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

/** The lower node is started with this delay. */
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

/** A configured pair. */
export interface Pair extends PairHosts {
  readonly routers: readonly Router[];
  readonly advertMillis: number;
  /** The down interval of the lower node (RFC 9568 6.1). */
  readonly downIntervalMillis: number;
}

/** A pair running the daemons of one side. */
export interface RunningPair extends Pair {
  readonly side: Side;
  /** When the first daemon was started, in wall-clock milliseconds. */
  readonly startedAt: number;
  readonly high: Host;
  nodeHigh: Node;
  nodeLow: Node;
}

/** Builds two hosts connected by `networks` switches, and connects `client` to the first switch. */
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

/** Writes the configurations of both hosts. */
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

/** Starts the daemons of `side`, first on the higher node. */
export async function startPair(pair: Pair, side: Side): Promise<RunningPair> {
  const startedAt = wallMillis();
  const nodeHigh = startDaemon(pair.high, side);
  await sleep(headStartMillis);
  const nodeLow = startDaemon(pair.low, side);
  return { ...pair, side, startedAt, nodeHigh, nodeLow };
}

/** Restarts the higher node's daemon after it has exited. */
export function restartHigh(running: RunningPair): void {
  running.nodeHigh.log.close();
  running.nodeHigh = startDaemon(running.high, running.side);
}

/**
 * Waits until the higher node is MASTER of everything and has been so for more than an advert interval.
 * Throws an Error after `timeoutMillis`.
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

/** Throws an Error with the last log lines if a daemon has exited. */
export function expectRunning({ side, nodeHigh, nodeLow }: RunningPair): void {
  for (const { program, log } of [nodeHigh, nodeLow]) {
    if (program.exit !== undefined) throw new Error(`${side} exited:\n${log.tail(5)}`);
  }
}

/** Stops or kills both daemons and removes addresses they left behind. */
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
