// What is done to a node under soak, each with its undoing and with what must be true in between.

import { sleep, until, wallMillis } from "../../lab/clock.ts";
import { send } from "../../lab/processes.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "./node.ts";
import type { Stage } from "./stage.ts";
import { requireNoTransition, requireStillness, transitionsOf } from "./stillness.ts";

/** One kind of fault. `play` leaves both nodes well; what it draws from `random` depends on nothing else. */
export interface Fault {
  readonly name: string;
  /** Every process lives on. */
  readonly isGentle: boolean;
  /** Not for a keepalived. */
  readonly isOurs?: boolean;
  /** Kills, freezes or unplugs without notice. */
  readonly isSudden?: boolean;
  /** Gives a word about what was drawn. Throws an Error when something is not as it must be. */
  readonly play: (stage: Stage, node: SoakNode, random: Prng) => Promise<string>;
}

/** FENCING, resume: at most twice in 60 s. One in this time is always due. */
const RESUME_WINDOW_MILLIS = 61_000;

function pick<T>(random: Prng, from: readonly T[]): T {
  const chosen = from[between(random, 0, from.length - 1)];
  if (chosen === undefined) throw new Error("there is nothing to pick from");
  return chosen;
}

async function startAgain(stage: Stage, node: SoakNode): Promise<void> {
  stage.enter(node.daemon === "keepalived" ? "split" : "handOver");
  node.start();
  await node.waitUntilContending();
  await stage.settle();
}

const pullCable: Fault = {
  name: "cable pulled",
  isGentle: true,
  isSudden: true,
  play: async (stage, node, random) => {
    const isLong = random() < 0.7;
    const millis = between(random, 10, 2_000);
    stage.enter("never");
    node.hasCable = false;
    await node.host.pullCable();
    if (isLong) await stage.settle();
    else await sleep(millis);
    stage.enter("handOver");
    node.hasCable = true;
    await node.host.plugCable();
    return isLong ? "until the other has it" : `for ${millis} ms`;
  },
};

const dropAdverts: Fault = {
  name: "protocol 112 dropped",
  isGentle: true,
  play: async (stage, node, random) => {
    const direction = pick(random, ["both", "in", "out"] as const);
    stage.enter("split");
    if (direction !== "in") node.speaks = false;
    if (direction !== "out") node.hears = false;
    await node.host.dropProtocol(112, direction);
    await stage.settle();
    node.speaks = true;
    node.hears = true;
    await node.host.liftDrops();
    return direction;
  },
};

const deleteAddress: Fault = {
  name: "address deleted by hand",
  isGentle: true,
  play: async (stage, node, random) => {
    const chance = random();
    const held = INSTANCES.flatMap(({ addresses }) => addresses).filter((address) =>
      stage.book.holders(bare(address)).includes(node.name),
    );
    const address = held[Math.floor(chance * held.length)];
    if (address === undefined) return "it holds none";
    const before = transitionsOf(stage);
    stage.enter(node.daemon === "keepalived" ? "handOver" : "never");
    await node.host.run(["ip", "address", "del", address, "dev", INTERFACE]);
    await until(`${address} to go`, () => {
      return stage.book.changes.some(({ kind }) => kind === "removed") ? true : undefined;
    });
    await stage.settle();
    if (node.daemon === "keepalived") return address;
    const gone = stage.book.changes.find(({ kind }) => kind === "removed")?.at ?? 0;
    const back = stage.book.changes.find(({ kind }) => kind === "added")?.at ?? Number.NaN;
    if (!(back - gone <= stage.limits.putBackMillis)) {
      throw new Error(`${address} was back only after ${back - gone} ms`);
    }
    requireNoTransition(stage, before, "an address was deleted");
    return `${address}, back after ${(back - gone).toFixed(1)} ms`;
  },
};

const changePriority: Fault = {
  name: "another priority by reload",
  isGentle: true,
  play: async (stage, node, random) => {
    const { name } = pick(random, INSTANCES);
    const drawn = between(random, 50, 199);
    const priority = drawn === stage.other(node).priorities.get(name) ? drawn + 1 : drawn;
    stage.enter("handOver");
    node.priorities.set(name, priority);
    node.writeConfig();
    await node.reload();
    return `${name} ${priority}`;
  },
};

const dropInstance: Fault = {
  name: "instance taken out and back by reload",
  isGentle: true,
  play: async (stage, node, random) => {
    const { name } = pick(random, INSTANCES);
    const priority = node.priorities.get(name) ?? 100;
    stage.enter("never");
    node.priorities.delete(name);
    node.writeConfig();
    await node.reload();
    await stage.settle();
    stage.enter("handOver");
    node.priorities.set(name, priority);
    node.writeConfig();
    await node.reload();
    return name;
  },
};

const refusedReload: Fault = {
  name: "reload with a broken file",
  isGentle: true,
  isOurs: true,
  play: async (stage, node, random) => {
    const extra = pick(random, ["vrrp_instance {", "vrp_instance VI_9 {\n}\n", "virtual_server 1"]);
    const before = transitionsOf(stage);
    stage.enter("never");
    const from = node.program.lines.length;
    node.writeConfig(extra);
    node.program.signal("SIGHUP");
    await node.program.waitForLine(/Reload refused/, undefined, from);
    node.writeConfig();
    await sleep(1_500);
    requireStillness(stage, before, "a reload was refused");
    return extra.trim().split("\n")[0] ?? "";
  },
};

const freeze: Fault = {
  name: "everything frozen",
  isGentle: true,
  isSudden: true,
  play: async (stage, node, random) => {
    const millis = between(random, 20, 6_000);
    stage.enterDeathOf(node);
    await node.program.freeze();
    await sleep(millis);
    if (node.daemon === "holdfast") stage.enter("handOver");
    node.program.thaw();
    return `for ${millis} ms`;
  },
};

const stop: Fault = {
  name: "stopped",
  isGentle: false,
  play: async (stage, node, random) => {
    const isLong = random() < 0.7;
    stage.enter("never");
    await node.stop();
    if (isLong) await stage.settle();
    await startAgain(stage, node);
    return isLong ? "until the other has it" : "and started at once";
  },
};

const killAll: Fault = {
  name: "everything killed",
  isGentle: false,
  isSudden: true,
  play: async (stage, node, random) => {
    const isLong = random() < 0.7;
    stage.enterDeathOf(node);
    node.isAlive = false;
    await node.program.killAll();
    await node.waitUntilGone();
    if (isLong) await stage.settle();
    await startAgain(stage, node);
    return isLong ? "until the other has it" : "and started at once";
  },
};

const killParent: Fault = {
  name: "parent killed",
  isGentle: false,
  isSudden: true,
  play: async (stage, node) => {
    stage.enterDeathOf(node);
    node.program.signal("SIGKILL");
    // A keepalived would say that it is running already, until its child has stopped too.
    if (node.daemon === "keepalived") await node.waitUntilGone();
    await startAgain(stage, node);
    return "and started again";
  },
};

const killChild: Fault = {
  name: "vrrp process killed",
  isGentle: false,
  isSudden: true,
  play: async (stage, node) => {
    const isDue =
      stage.limits.mustResume &&
      node.daemon === "holdfast" &&
      wallMillis() - (node.childDiedAt ?? 0) > RESUME_WINDOW_MILLIS;
    const before = transitionsOf(stage);
    node.childDiedAt = wallMillis();
    if (node.daemon === "keepalived") stage.enter("split");
    else stage.enter(isDue ? "never" : "handOver");
    const dead = node.childPid();
    send(dead, "SIGKILL");
    await waitForEnd(node, dead);
    if (!isDue) return "again";
    await sleep(2_500);
    requireStillness(stage, before, "the vrrp process alone was killed");
    return "resumed";
  },
};

const freezeParent: Fault = {
  name: "parent frozen",
  isGentle: true,
  isOurs: true,
  isSudden: true,
  play: async (stage, node, random) => {
    const millis = between(random, 50, 4_000);
    const before = transitionsOf(stage);
    stage.enter("never");
    node.program.signal("SIGSTOP");
    await sleep(millis);
    node.program.signal("SIGCONT");
    requireStillness(stage, before, "the parent alone was frozen");
    return `for ${millis} ms`;
  },
};

const freezeChild: Fault = {
  name: "vrrp process frozen",
  isGentle: false,
  isSudden: true,
  play: async (stage, node, random) => {
    const millis = between(random, 50, 4_000);
    stage.enter(node.daemon === "keepalived" ? "split" : "handOver");
    node.childDiedAt = wallMillis();
    const pid = node.childPid();
    send(pid, "SIGSTOP");
    await sleep(millis);
    // Gone by then, where its parent saw it.
    send(pid, "SIGCONT");
    return `for ${millis} ms`;
  },
};

/** Every kind of fault. */
export const FAULTS: readonly Fault[] = [
  pullCable,
  dropAdverts,
  deleteAddress,
  changePriority,
  dropInstance,
  refusedReload,
  freeze,
  stop,
  killAll,
  killParent,
  killChild,
  freezeParent,
  freezeChild,
];

async function waitForEnd(node: SoakNode, dead: number): Promise<void> {
  await until(`the end of ${node.name}'s vrrp process`, () =>
    node.program.processes().some(({ pid }) => pid === dead) ? undefined : true,
  );
}
