// Signals at every moment of a start: they are obeyed or do nothing, and none does harm.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { describe } from "node:test";
import { sleep, until, wallMillis } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { argumentsOf, isAlive, send } from "../../lab/processes.ts";
import type { Program } from "../../lab/program.ts";
import { test } from "../support/timed-test.ts";
import { assertNotLogged, buildSingleNode, floatingAddress, startHoldfast } from "./daemons.ts";

interface Signal {
  readonly name: string;
  readonly number: number;
}

const { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT } = constants.signals;

/** What a running daemon takes and survives. */
const requests: readonly Signal[] = [
  { name: "SIGHUP", number: SIGHUP },
  { name: "SIGUSR1", number: SIGUSR1 },
  { name: "SIGUSR2", number: SIGUSR2 },
  { name: "SIGRTMAX-1", number: 63 },
  { name: "SIGRTMIN+2", number: 36 },
];

const ends: readonly Signal[] = [
  { name: "SIGTERM", number: SIGTERM },
  { name: "SIGINT", number: SIGINT },
];

/** After the process began, in milliseconds. */
const moments = [0, 50, 100, 150, 200];

/** Starts a daemon and waits until its process is there. */
async function begin(host: Host): Promise<{ program: Program; pid: number }> {
  const program = startHoldfast(host);
  const pid = await until("the process", () => program.pid, undefined, 1);
  return { program, pid };
}

/** The child of `pid` that has `role` among its arguments or in its title. */
function childWith(program: Program, pid: number, role: string): number | undefined {
  const children = program.processes().filter(({ parentPid }) => parentPid === pid);
  const isWanted = (child: number): boolean =>
    argumentsOf(child).some((word) => word.split(" ").includes(role));
  return children.find((child) => isWanted(child.pid))?.pid;
}

/** Whether a handler of `pid`, a process of `parent` or that itself, would take the signal. */
function catches(pid: number, signal: number, parent = pid): boolean {
  try {
    // Between its fork and its own program it looks like its parent, and loses the handlers with that.
    if (pid !== parent && argumentsOf(pid).join() === argumentsOf(parent).join()) return false;
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
    return ((caught >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** Waits until the daemon holds its address, or is gone; true in the first case. */
async function runsUp(lab: Lab, program: Program): Promise<boolean> {
  return until("the address or the end", () => {
    if (program.exit !== undefined) return false;
    return lab.holders(floatingAddress).length === 1 ? true : undefined;
  });
}

/** Nothing of it listens: Node's inspector would. */
function assertNoInspector(program: Program): void {
  for (const { pid } of program.processes()) {
    const sockets = readFileSync(`/proc/${pid}/net/tcp`, "latin1").split("\n").slice(1);
    assert.deepEqual(
      sockets.filter((line) => / 0A /.test(line)),
      [],
    );
  }
}

/** Ends a daemon in order and asserts that nothing of it is left. */
async function endInOrder(lab: Lab, program: Program): Promise<void> {
  assert.equal((await program.stop()).code, 0, program.text());
  await lab.waitForHolders(floatingAddress, []);
  assert.deepEqual(program.processes(), []);
}

/** Every 10 ms to every process of the daemon that catches it already, for 300 ms. */
async function storm(program: Program, pid: number, { number }: Signal): Promise<void> {
  await until("a handler", () => (catches(pid, number) ? true : undefined), undefined, 1);
  const end = wallMillis() + 300;
  while (wallMillis() < end) {
    for (const process of program.processes()) {
      if (catches(process.pid, number, pid)) send(process.pid, number);
    }
    await sleep(10);
  }
}

describe("signals of the first 200 ms", { concurrency: 3 }, () => {
  for (const signal of requests) {
    test(`${signal.name} does no harm`, async (t) => {
      const { lab, host } = await buildSingleNode(t, "signal-early");
      const gone: number[] = [];
      for (const moment of moments) {
        const { program, pid } = await begin(host);
        await sleep(moment);
        const wasReady = catches(pid, signal.number);
        assert.ok(program.signal(signal.number));
        const isUp = await runsUp(lab, program);
        if (isUp) {
          assertNotLogged(program, /died|refused|error/i);
          assertNoInspector(program);
          await endInOrder(lab, program);
          continue;
        }
        // Node takes some time before any program can catch signals; nothing has been done by then.
        assert.ok(!wasReady, `ended by ${signal.name} after ${moment} ms: ${program.text()}`);
        assert.deepEqual(program.lines, []);
        gone.push(moment);
      }
      if (gone.length > 0) t.diagnostic(`not yet begun after ${gone.join(", ")} ms`);

      const { program, pid } = await begin(host);
      await storm(program, pid, signal);
      assert.ok(await runsUp(lab, program), program.text());
      assert.ok(isAlive(pid));
      assertNotLogged(program, /died|refused|error/i);
      assertNoInspector(program);
      await endInOrder(lab, program);
    });
  }

  for (const signal of ends) {
    test(`${signal.name} ends it, and nothing is left`, async (t) => {
      const { lab, host } = await buildSingleNode(t, "signal-end");
      for (const moment of moments) {
        const { program } = await begin(host);
        await sleep(moment);
        program.signal(signal.number);
        const { code, signal: by } = await program.ended;
        assert.ok(code === 0 || by === signal.name, `${code} ${by}: ${program.text()}`);
        await until("the end of all", () => (program.processes().length === 0 ? true : undefined));
        await lab.waitForHolders(floatingAddress, []);
        if (by === null) continue;
        assert.doesNotMatch(program.text(), /Starting VRRP child/);
      }
    });
  }

  test("sent to the vrrp process they do no harm either", async (t) => {
    const { lab, host } = await buildSingleNode(t, "signal-child");
    for (const signal of [...requests, ...ends]) {
      for (const moment of [0, 100]) {
        const { program, pid } = await begin(host);
        const child = await until(
          "the vrrp process",
          () => childWith(program, pid, "vrrp"),
          undefined,
          1,
        );
        await sleep(moment);
        send(child, signal.number);
        assert.ok(await runsUp(lab, program), program.text());
        await endInOrder(lab, program);
      }
    }
  });
});

test("one that ends the process which reads the configuration does not end the start", async (t) => {
  const { lab, host } = await buildSingleNode(t, "signal-reader");
  const { program, pid } = await begin(host);
  const reader = await until(
    "the reading process",
    () => childWith(program, pid, "config-reader"),
    undefined,
    1,
  );
  send(reader, constants.signals.SIGHUP);
  assert.ok(await runsUp(lab, program), program.text());
  await endInOrder(lab, program);
});

test("what a terminal sends beside Ctrl-C, and stray signals, change nothing", async (t) => {
  const { lab, host } = await buildSingleNode(t, "signal-stray");
  const { program, pid } = await begin(host);
  assert.ok(await runsUp(lab, program), program.text());
  const before = program.processes().map((process) => process.pid);
  assert.equal(before.length, 2);
  const { SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM, SIGIO } = constants.signals;
  for (const number of [SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM, SIGIO]) {
    for (const process of before) send(process, number);
  }
  await sleep(100);
  assert.ok(isAlive(pid));
  assert.deepEqual(
    program.processes().map((process) => process.pid),
    before,
  );
  assertNotLogged(program, /died|stopped|error/i);
  await endInOrder(lab, program);
});
