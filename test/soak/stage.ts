// The pair under soak: two nodes on one switch, with the checks of what they hold.

import { sleep, until, wallMillis } from "../../lab/clock.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { NetworkSwitch } from "../../lab/switch.ts";
import { HolderTracker } from "./holder-tracker.ts";
import { expectedHolders, isExpected } from "./model.ts";
import {
  bare,
  type DaemonName,
  INSTANCES,
  INTERFACE,
  instanceOf,
  isFenced,
  SoakNode,
} from "./node.ts";
import { UsageLog } from "./usage.ts";

/**
 * Whether both nodes may hold an address. `never`: not at all. `handOver`: briefly, until the former holder has received
 * the new one's advert. `split`: for any time, because adverts are dropped or a keepalived is dead or frozen.
 */
export type Phase = "never" | "handOver" | "split";

/** Time limits. */
export interface SoakLimits {
  /**
   * How long both nodes may hold an address at a handover: from its addition by the new holder until the former one has
   * read the advert sent just before and removed it.
   */
  readonly handOverMillis: number;
  /** How long a deleted address may be missing. */
  readonly putBackMillis: number;
  /** Whether a vrrp process that was killed alone must be resumed before its leases end. */
  readonly mustResume: boolean;
}

/**
 * A handover takes 1 to 4 ms on an idle machine. On two busy cores, with a garbage collection on top, the longest of 200
 * took 41 ms.
 */
export const STRICT_LIMITS: SoakLimits = {
  handOverMillis: 100,
  putBackMillis: 100,
  mustResume: true,
};

/** For unknown machines. */
export const GENEROUS_LIMITS: SoakLimits = {
  handOverMillis: 1_500,
  putBackMillis: 1_500,
  mustResume: false,
};

/** With three advert intervals below 2 s both may hold an address this long after a death or a freeze. */
const UNFENCED_LIMIT_MILLIS = 2_300;

const SETTLE_LIMIT_MILLIS = 60_000;
/** The longest delay of a respawn, plus the start. */
const RESPAWN_LIMIT_MILLIS = 70_000;
/** How long the holders must be as expected. */
const CALM_MILLIS = 300;

export class Stage {
  readonly lab: Lab;
  /** The switch of both nodes. */
  readonly network: NetworkSwitch;
  readonly tracker: HolderTracker;
  readonly nodes: readonly [SoakNode, SoakNode];
  readonly limits: SoakLimits;
  readonly usage: UsageLog = new UsageLog();
  /** The longest handover since `clearHandOvers`. */
  longestHandOverMillis = 0;
  handOvers = 0;
  #phases: { readonly from: number; readonly phase: Phase }[] = [];

  private constructor(
    lab: Lab,
    network: NetworkSwitch,
    tracker: HolderTracker,
    nodes: readonly [SoakNode, SoakNode],
    limits: SoakLimits,
  ) {
    this.lab = lab;
    this.network = network;
    this.limits = limits;
    this.tracker = tracker;
    this.nodes = nodes;
  }

  /** Builds the pair and starts both daemons. The caller closes `lab`. */
  static async open(
    daemons: readonly [DaemonName, DaemonName],
    limits: SoakLimits,
    takeLab: (lab: Lab) => void = () => undefined,
  ): Promise<Stage> {
    const tracker = new HolderTracker();
    const lab = await createLab({
      name: "soak",
      handleSignals: false,
      onAddressChange: (change) => tracker.apply(change),
    });
    takeLab(lab);
    const network = await lab.addSwitch();
    const addNode = async (
      name: string,
      [own, peer]: readonly [string, string],
      daemon: DaemonName,
      isFirst: boolean,
    ): Promise<SoakNode> => {
      const host = await lab.addHost(name);
      await host.connect(network, { interface: INTERFACE, address: `${own}/24` });
      const priorities = new Map(
        INSTANCES.map(({ name }, index) => [name, (index % 2 === 0) === isFirst ? 110 : 100]),
      );
      return new SoakNode({ host, daemon, own, peer, priorities });
    };
    const first = await addNode("n1", ["192.0.2.1", "192.0.2.2"], daemons[0], true);
    const second = await addNode("n2", ["192.0.2.2", "192.0.2.1"], daemons[1], false);
    const stage = new Stage(lab, network, tracker, [first, second], limits);
    for (const node of stage.nodes) node.start();
    for (const node of stage.nodes) await node.waitUntilContending();
    return stage;
  }

  /** The other node. */
  other(node: SoakNode): SoakNode {
    return this.nodes[0] === node ? this.nodes[1] : this.nodes[0];
  }

  /** Starts a phase. */
  enter(phase: Phase): void {
    this.#phases.push({ from: wallMillis(), phase });
  }

  /** Starts the phase for the death or freeze of a whole daemon. */
  enterDeathOf(node: SoakNode): void {
    this.enter(node.daemon === "keepalived" ? "split" : "never");
  }

  /** Waits until the holders are as expected and stay so for a moment. */
  async settle(): Promise<void> {
    let calmSince: number | undefined;
    const isSettled = (): true | undefined => {
      const now = wallMillis();
      calmSince = this.findMisplaced() === undefined ? (calmSince ?? now) : undefined;
      return calmSince !== undefined && now - calmSince >= CALM_MILLIS ? true : undefined;
    };
    try {
      await until("the pair to settle", isSettled, SETTLE_LIMIT_MILLIS, 20);
    } catch {
      throw new Error(
        `not settled in ${SETTLE_LIMIT_MILLIS} ms: ${this.findMisplaced() ?? "still changing"}`,
      );
    }
  }

  /** Waits until both daemons have two processes: a child that dies often is restarted after a delay. */
  async waitForProcesses(): Promise<void> {
    for (const { name, program } of this.nodes) {
      await until(
        `both processes of ${name}`,
        () => (program.processes().length === 2 ? true : undefined),
        RESPAWN_LIMIT_MILLIS,
        100,
      );
    }
  }

  /** Describes the first address with unexpected holders, if any. */
  findMisplaced(): string | undefined {
    for (const instance of INSTANCES) {
      const expected = expectedHolders(instance.name, this.nodes);
      for (const address of instance.addresses.map(bare)) {
        const holders = this.tracker.holders(address);
        if (isExpected(expected, holders)) continue;
        const wanted = [...expected.must, ...expected.may.map((name) => `possibly ${name}`)];
        return `${address} is on ${joinNames(holders)}, expected on ${joinNames(wanted)}`;
      }
    }
    return undefined;
  }

  /** Describes the overlaps since `startRound` that their phase does not allow. */
  findForbiddenOverlaps(): string[] {
    return this.tracker.overlaps.flatMap(({ address, from, to }) => {
      const phase = this.#phases.findLast((entry) => entry.from <= from)?.phase ?? "handOver";
      const millis = (to ?? wallMillis()) - from;
      const instance = instanceOf(address);
      if (instance === undefined || phase === "split") return [];
      const limit =
        phase === "handOver"
          ? this.limits.handOverMillis
          : isFenced(instance)
            ? 0
            : UNFENCED_LIMIT_MILLIS;
      if (phase === "handOver") {
        this.handOvers += 1;
        this.longestHandOverMillis = Math.max(this.longestHandOverMillis, millis);
      }
      if (limit > 0 && millis <= limit) return [];
      return [
        `${address} was held by both for ${millis.toFixed(1)} ms, allowed are ${limit} (${phase})`,
      ];
    });
  }

  /** Compares the kernels' addresses with the tracked holders, to check the address watch itself. */
  async findWatchErrors(): Promise<string[]> {
    const found: string[] = [];
    for (const node of this.nodes) {
      const there = new Set((await node.host.addressesOf(INTERFACE)).map(bare));
      for (const address of INSTANCES.flatMap(({ addresses }) => addresses.map(bare))) {
        const isTracked = this.tracker.holders(address).includes(node.name);
        if (isTracked !== there.has(address)) {
          found.push(
            `${address} is ${isTracked ? "not " : ""}on ${node.name}, contrary to the address watch`,
          );
        }
      }
    }
    return found;
  }

  /** Describes missing and extra processes, growing ones, and crashes. */
  findProcessProblems(): string[] {
    return this.nodes.flatMap((node) => {
      const processes = node.program.processes();
      const found: string[] = [];
      if (processes.length !== 2) {
        found.push(
          `${node.name} has ${processes.length} processes: ${processes.map(({ comm }) => comm)}`,
        );
      }
      for (const entry of processes) {
        const role = entry.parentPid === node.program.pid ? "vrrp" : "parent";
        const growth = this.usage.sample(entry, `${node.name} ${node.daemon} ${role}`);
        if (growth !== undefined) found.push(growth);
      }
      const bug = node.program.lines.find(({ text }) => BUG.test(text));
      if (bug !== undefined) found.push(`${node.name} logged: ${bug.text}`);
      return found;
    });
  }

  /** Checks a settled pair. Throws an Error with all problems found. */
  async check(): Promise<void> {
    const problems = [
      ...this.findForbiddenOverlaps(),
      ...this.findProcessProblems(),
      ...(await this.findWatchErrors()),
    ];
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  /** Resets the handover statistics. */
  clearHandOvers(): void {
    this.handOvers = 0;
    this.longestHandOverMillis = 0;
  }

  /** Discards the changes and phases of the last round. */
  startRound(): void {
    this.tracker.clear();
    this.#phases = [];
  }

  /** Stops both daemons and checks that they leave no address. */
  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await sleep(CALM_MILLIS);
    for (const { addresses } of INSTANCES) {
      for (const address of addresses.map(bare)) {
        const holders = this.tracker.holders(address);
        if (holders.length > 0) throw new Error(`${address} is left on ${joinNames(holders)}`);
      }
    }
  }
}

/** Log lines that always show a bug in the daemon. */
const BUG = /\b(?:AssertionError|TypeError|RangeError|ReferenceError)\b|exited with status [1-9]/;

function joinNames(names: readonly string[]): string {
  return names.join(" and ") || "no node";
}
