// Signals at any time of a start take effect or are ignored, without harm.

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
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  startHoldfast,
  waitUntilGone,
} from "./daemons.ts";

interface Signal {
  readonly name: string;
  readonly number: number;
}

const { SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGINT } = constants.signals;

/** Signals that a running daemon handles without ending. */
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

/** Milliseconds after the start of the process. */
const moments = [0, 50, 100, 150, 200];

/** Starts a daemon and waits until its process exists. */
async function startProcess(host: Host): Promise<{ program: Program; pid: number }> {
  const program = startHoldfast(host);
  const pid = await until("the process", () => program.pid, undefined, 1);
  return { program, pid };
}

/** The child of `pid` with `role` among its arguments or in its title. */
function childWith(program: Program, pid: number, role: string): number | undefined {
  const children = program.processes().filter(({ parentPid }) => parentPid === pid);
  const isWanted = (child: number): boolean =>
    argumentsOf(child).some((word) => word.split(" ").includes(role));
  return children.find((child) => isWanted(child.pid))?.pid;
}

/** Whether `pid`, which is `parent` or a child of it, has a handler for the signal. */
function catches(pid: number, signal: number, parent = pid): boolean {
  try {
    // Between fork and exec a child looks like its parent; exec resets the handlers.
    if (pid !== parent && argumentsOf(pid).join() === argumentsOf(parent).join()) return false;
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
    return ((caught >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** Waits until the daemon holds its address (true) or has exited (false). */
async function waitUntilUp(lab: Lab, program: Program): Promise<boolean> {
  return until("the address or the exit", () => {
    if (program.exit !== undefined) return false;
    return lab.holders(floatingAddress).length === 1 ? true : undefined;
  });
}

/** Asserts that no process listens on TCP, as Node's inspector would. */
function assertNoInspector(program: Program): void {
  for (const { pid } of program.processes()) {
    const sockets = readFileSync(`/proc/${pid}/net/tcp`, "latin1").split("\n").slice(1);
    assert.deepEqual(
      sockets.filter((line) => / 0A /.test(line)),
      [],
    );
  }
}

/** Stops a daemon and asserts that no process or address is left. */
async function stopCleanly(lab: Lab, program: Program): Promise<void> {
  assert.equal((await program.stop()).code, 0, program.text());
  await lab.waitForHolders(floatingAddress, []);
  assert.deepEqual(program.processes(), []);
}

/** Sends a signal every 10 ms for 300 ms to all processes of the daemon that have a handler for it. */
async function sendRepeatedly(program: Program, pid: number, { number }: Signal): Promise<void> {
  await until("a handler", () => (catches(pid, number) ? true : undefined), undefined, 1);
  const end = wallMillis() + 300;
  while (wallMillis() < end) {
    for (const process of program.processes()) {
      if (catches(process.pid, number, pid)) send(process.pid, number);
    }
    await sleep(10);
  }
}

describe("signals in the first 200 ms", { concurrency: 3 }, () => {
  for (const signal of requests) {
    test(`${signal.name} does not disturb the start`, async (t) => {
      const { lab, host } = await buildSingleNode(t, "signal-early");
      const gone: number[] = [];
      for (const moment of moments) {
        const { program, pid } = await startProcess(host);
        await sleep(moment);
        const wasReady = catches(pid, signal.number);
        assert.ok(program.signal(signal.number));
        const isUp = await waitUntilUp(lab, program);
        if (isUp) {
          assertNotLogged(program, /died|refused|error/i);
          assertNoInspector(program);
          await stopCleanly(lab, program);
          continue;
        }
        // Until Node has started, no program can install handlers; the daemon has done nothing by then.
        assert.ok(!wasReady, `ended by ${signal.name} after ${moment} ms: ${program.text()}`);
        assert.deepEqual(program.lines, []);
        gone.push(moment);
      }
      if (gone.length > 0) t.diagnostic(`no handler yet after ${gone.join(", ")} ms`);

      const { program, pid } = await startProcess(host);
      await sendRepeatedly(program, pid, signal);
      assert.ok(await waitUntilUp(lab, program), program.text());
      assert.ok(isAlive(pid));
      assertNotLogged(program, /died|refused|error/i);
      assertNoInspector(program);
      await stopCleanly(lab, program);
    });
  }

  for (const signal of ends) {
    test(`${signal.name} ends it and leaves nothing behind`, async (t) => {
      const { lab, host } = await buildSingleNode(t, "signal-end");
      for (const moment of moments) {
        const { program } = await startProcess(host);
        await sleep(moment);
        program.signal(signal.number);
        const { code, signal: by } = await program.ended;
        assert.ok(code === 0 || by === signal.name, `${code} ${by}: ${program.text()}`);
        await waitUntilGone(program);
        await lab.waitForHolders(floatingAddress, []);
        if (by === null) continue;
        assert.doesNotMatch(program.text(), /Starting VRRP child/);
      }
    });
  }

  test("sent to the vrrp process do not disturb the start either", async (t) => {
    const { lab, host } = await buildSingleNode(t, "signal-child");
    for (const signal of [...requests, ...ends]) {
      for (const moment of [0, 100]) {
        const { program, pid } = await startProcess(host);
        const child = await until(
          "the vrrp process",
          () => childWith(program, pid, "vrrp"),
          undefined,
          1,
        );
        await sleep(moment);
        send(child, signal.number);
        assert.ok(await waitUntilUp(lab, program), program.text());
        await stopCleanly(lab, program);
      }
    }
  });
});

test("a signal that kills the configuration reader does not prevent the start", async (t) => {
  const { lab, host } = await buildSingleNode(t, "signal-reader");
  const { program, pid } = await startProcess(host);
  const reader = await until(
    "the configuration reader",
    () => childWith(program, pid, "config-reader"),
    undefined,
    1,
  );
  send(reader, constants.signals.SIGHUP);
  assert.ok(await waitUntilUp(lab, program), program.text());
  await stopCleanly(lab, program);
});

test("terminal signals other than SIGINT, and stray signals, are ignored", async (t) => {
  const { lab, host } = await buildSingleNode(t, "signal-stray");
  const { program, pid } = await startProcess(host);
  assert.ok(await waitUntilUp(lab, program), program.text());
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
  await stopCleanly(lab, program);
});
