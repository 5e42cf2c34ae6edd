// The pair under soak: two nodes on one switch, what is expected of them now, and whether it is so.

import { sleep, until, wallMillis } from "../../lab/clock.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { NetworkSwitch } from "../../lab/switch.ts";
import { HolderBook } from "./book.ts";
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
 * What two holders at once mean from some instant on. `never`: FENCING allows none. `handOver`: the better node has
 * announced itself and the worse has still to hear it. `split`: they cannot hear each other, or the one that is dead
 * is a keepalived.
 */
export type Phase = "never" | "handOver" | "split";

/** How long what is quick may take. */
export interface SoakLimits {
  /**
   * At a hand-over both hold an address from the moment in which the new holder has set it until the old one has read
   * the advert that was sent just before and has removed it: one wake-up of a process and one turn of its loop.
   */
  readonly handOverMillis: number;
  /** What was deleted by hand is back (FENCING, put back). */
  readonly putBackMillis: number;
  /** Whether a process that was killed alone must be back before its leases end (FENCING, resume). */
  readonly mustResume: boolean;
}

/**
 * A hand-over lasts 1 to 4 ms on an idle machine; on two cores with five programs that want them it waits for its turn,
 * and for a collection of garbage on top: 41 ms were the longest of 200.
 */
export const STRICT_LIMITS: SoakLimits = {
  handOverMillis: 100,
  putBackMillis: 100,
  mustResume: true,
};

/** For a machine of which nothing is known. */
export const GENEROUS_LIMITS: SoakLimits = {
  handOverMillis: 1_500,
  putBackMillis: 1_500,
  mustResume: false,
};

/** Three adverts under 2 s: two holders are possible this long after a death or a freeze (docs/differences.md). */
const UNFENCED_LIMIT_MILLIS = 2_300;

const SETTLE_LIMIT_MILLIS = 60_000;
/** The longest delay of a respawn, and the start itself. */
const RESPAWN_LIMIT_MILLIS = 70_000;
/** How long it must stay as expected. */
const CALM_MILLIS = 300;

export class Stage {
  readonly lab: Lab;
  /** Which both nodes are on. */
  readonly network: NetworkSwitch;
  readonly book: HolderBook;
  readonly nodes: readonly [SoakNode, SoakNode];
  readonly limits: SoakLimits;
  readonly usage: UsageLog = new UsageLog();
  /** The longest hand-over so far. */
  longestHandOverMillis = 0;
  handOvers = 0;
  #phases: { readonly from: number; readonly phase: Phase }[] = [];

  private constructor(
    lab: Lab,
    network: NetworkSwitch,
    book: HolderBook,
    nodes: readonly [SoakNode, SoakNode],
    limits: SoakLimits,
  ) {
    this.lab = lab;
    this.network = network;
    this.limits = limits;
    this.book = book;
    this.nodes = nodes;
  }

  /** Builds the pair and starts both daemons. The caller closes `lab`. */
  static async open(
    daemons: readonly [DaemonName, DaemonName],
    limits: SoakLimits,
    takeLab: (lab: Lab) => void = () => undefined,
  ): Promise<Stage> {
    const book = new HolderBook();
    const lab = await createLab({
      name: "soak",
      handleSignals: false,
      onAddressChange: (change) => book.take(change),
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
    const stage = new Stage(lab, network, book, [first, second], limits);
    for (const node of stage.nodes) node.start();
    for (const node of stage.nodes) await node.waitUntilContending();
    return stage;
  }

  other(node: SoakNode): SoakNode {
    return this.nodes[0] === node ? this.nodes[1] : this.nodes[0];
  }

  /** Says what two holders at once mean from now on. */
  enter(phase: Phase): void {
    this.#phases.push({ from: wallMillis(), phase });
  }

  /** The same, for what a keepalived that dies, or is frozen, leaves behind. */
  enterDeathOf(node: SoakNode): void {
    this.enter(node.daemon === "keepalived" ? "split" : "never");
  }

  /** Waits until everyone holds what they should, and goes on holding it. */
  async settle(): Promise<void> {
    let calmSince: number | undefined;
    const look = (): true | undefined => {
      const now = wallMillis();
      calmSince = this.wrong() === undefined ? (calmSince ?? now) : undefined;
      return calmSince !== undefined && now - calmSince >= CALM_MILLIS ? true : undefined;
    };
    try {
      await until("it", look, SETTLE_LIMIT_MILLIS, 20);
    } catch {
      throw new Error(`not settled in ${SETTLE_LIMIT_MILLIS} ms: ${this.wrong() ?? "restless"}`);
    }
  }

  /** Waits until both daemons have their two processes: a parent starts one that dies often only after a while. */
  async waitUntilWhole(): Promise<void> {
    for (const { name, program } of this.nodes) {
      await until(
        `both processes of ${name}`,
        () => (program.processes().length === 2 ? true : undefined),
        RESPAWN_LIMIT_MILLIS,
        100,
      );
    }
  }

  /** The first address that is not where it should be. */
  wrong(): string | undefined {
    for (const instance of INSTANCES) {
      const expected = expectedHolders(instance.name, this.nodes);
      for (const address of instance.addresses.map(bare)) {
        const holders = this.book.holders(address);
        if (isExpected(expected, holders)) continue;
        const wanted = [...expected.must, ...expected.may.map((name) => `perhaps ${name}`)];
        return `${address} is on ${say(holders)} and should be on ${say(wanted)}`;
      }
    }
    return undefined;
  }

  /** Holds the page since the last `turnPage` against the phases. Gives what FENCING does not allow. */
  findDoubled(): string[] {
    return this.book.doubled.flatMap(({ address, from, to }) => {
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
        `${address} was held twice for ${millis.toFixed(1)} ms, allowed are ${limit} (${phase})`,
      ];
    });
  }

  /** What the kernels hold against what the watch has told: a check of the check. */
  async findMiscounted(): Promise<string[]> {
    const found: string[] = [];
    for (const node of this.nodes) {
      const there = new Set((await node.host.addressesOf(INTERFACE)).map(bare));
      for (const address of INSTANCES.flatMap(({ addresses }) => addresses.map(bare))) {
        const isTold = this.book.holders(address).includes(node.name);
        if (isTold !== there.has(address)) {
          found.push(
            `${address} is ${isTold ? "not " : ""}on ${node.name}, the watch says otherwise`,
          );
        }
      }
    }
    return found;
  }

  /** Both daemons run with the processes that they should have, and those do not grow. */
  findUnsound(): string[] {
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
        const growth = this.usage.look(entry, `${node.name} ${node.daemon} ${role}`);
        if (growth !== undefined) found.push(growth);
      }
      const bug = node.program.lines.find(({ text }) => BUG.test(text));
      if (bug !== undefined) found.push(`${node.name} says: ${bug.text}`);
      return found;
    });
  }

  /** Throws an Error unless everything holds that must hold for a pair that has settled. */
  async judge(): Promise<void> {
    const complaints = [
      ...this.findDoubled(),
      ...this.findUnsound(),
      ...(await this.findMiscounted()),
    ];
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  /** Begins to count hand-overs anew. */
  forgetHandOvers(): void {
    this.handOvers = 0;
    this.longestHandOverMillis = 0;
  }

  /** Forgets what has been judged. */
  turnPage(): void {
    this.book.forget();
    this.#phases = [];
  }

  /** Ends both daemons in good order, and sees that nothing is left of them. */
  async end(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await sleep(CALM_MILLIS);
    for (const { addresses } of INSTANCES) {
      for (const address of addresses.map(bare)) {
        const holders = this.book.holders(address);
        if (holders.length > 0) throw new Error(`${address} stays on ${say(holders)} at the end`);
      }
    }
  }
}

/** Words of a bug in a daemon, whatever was done to it. */
const BUG = /\b(?:AssertionError|TypeError|RangeError|ReferenceError)\b|exited with status [1-9]/;

function say(names: readonly string[]): string {
  return names.join(" and ") || "nobody";
}
