// The faults injected into a node under soak. Each is undone, and checks what must hold meanwhile.

import { sleep, until, wallMillis } from "../../lab/clock.ts";
import { send } from "../../lab/processes.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "./node.ts";
import type { Stage } from "./stage.ts";
import { requireNoTransition, requireStillness, transitionsOf } from "./stillness.ts";

/** A kind of fault. `play` draws the same numbers from `random` whatever happens, and leaves both nodes working. */
export interface Fault {
  readonly name: string;
  /** Kills no process. */
  readonly isGentle: boolean;
  /** Applies to holdfast only. */
  readonly isOurs?: boolean;
  /** Kills, freezes or unplugs without warning. */
  readonly isSudden?: boolean;
  /** Describes what was drawn. Throws an Error if a check fails. */
  readonly play: (stage: Stage, node: SoakNode, random: Prng) => Promise<string>;
}

/** A process is resumed at most twice in 60 s, so the first death in this time must be resumed. */
const RESUME_WINDOW_MILLIS = 61_000;

function pick<T>(random: Prng, from: readonly T[]): T {
  const chosen = from[between(random, 0, from.length - 1)];
  if (chosen === undefined) throw new Error("cannot pick from an empty list");
  return chosen;
}

async function restart(stage: Stage, node: SoakNode): Promise<void> {
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
    return isLong ? "until the takeover" : `for ${millis} ms`;
  },
};

const dropAdverts: Fault = {
  name: "protocol 112 dropped",
  isGentle: true,
  play: async (stage, node, random) => {
    const direction = pick(random, ["both", "in", "out"] as const);
    stage.enter("split");
    if (direction !== "in") node.canSend = false;
    if (direction !== "out") node.canReceive = false;
    await node.host.dropProtocol(112, direction);
    await stage.settle();
    node.canSend = true;
    node.canReceive = true;
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
      stage.tracker.holders(bare(address)).includes(node.name),
    );
    const address = held[Math.floor(chance * held.length)];
    if (address === undefined) return "holds no address";
    const before = transitionsOf(stage);
    stage.enter(node.daemon === "keepalived" ? "handOver" : "never");
    await node.host.run(["ip", "address", "del", address, "dev", INTERFACE]);
    await until(`the removal of ${address}`, () => {
      return stage.tracker.changes.some(({ kind }) => kind === "removed") ? true : undefined;
    });
    await stage.settle();
    if (node.daemon === "keepalived") return address;
    const gone = stage.tracker.changes.find(({ kind }) => kind === "removed")?.at ?? 0;
    const back = stage.tracker.changes.find(({ kind }) => kind === "added")?.at ?? Number.NaN;
    if (!(back - gone <= stage.limits.putBackMillis)) {
      throw new Error(`${address} was restored only after ${back - gone} ms`);
    }
    requireNoTransition(stage, before, "after the deletion of an address");
    return `${address}, restored after ${(back - gone).toFixed(1)} ms`;
  },
};

const changePriority: Fault = {
  name: "priority changed by reload",
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
  name: "instance removed and re-added by reload",
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
  name: "reload with an invalid file",
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
    requireStillness(stage, before, "after a refused reload");
    return extra.trim().split("\n")[0] ?? "";
  },
};

const freeze: Fault = {
  name: "all processes frozen",
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
    await restart(stage, node);
    return isLong ? "restarted after the takeover" : "restarted at once";
  },
};

const killAll: Fault = {
  name: "all processes killed",
  isGentle: false,
  isSudden: true,
  play: async (stage, node, random) => {
    const isLong = random() < 0.7;
    stage.enterDeathOf(node);
    node.isAlive = false;
    await node.program.killAll();
    await node.waitUntilGone();
    if (isLong) await stage.settle();
    await restart(stage, node);
    return isLong ? "restarted after the takeover" : "restarted at once";
  },
};

const killParent: Fault = {
  name: "parent killed",
  isGentle: false,
  isSudden: true,
  play: async (stage, node) => {
    stage.enterDeathOf(node);
    node.program.signal("SIGKILL");
    // keepalived refuses to start while the old child is running.
    if (node.daemon === "keepalived") await node.waitUntilGone();
    await restart(stage, node);
    return "restarted";
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
    await waitForExit(node, dead);
    if (!isDue) return "restarted";
    await sleep(2_500);
    requireStillness(stage, before, "after the death of the vrrp process");
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
    requireStillness(stage, before, "with the parent frozen");
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
    // Its parent may have killed it by now.
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

async function waitForExit(node: SoakNode, dead: number): Promise<void> {
  await until(`the exit of ${node.name}'s vrrp process`, () =>
    node.program.processes().some(({ pid }) => pid === dead) ? undefined : true,
  );
}
