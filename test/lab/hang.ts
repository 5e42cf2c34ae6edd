// Makes a process hang. Unlike with SIGSTOP, the kernel does not report it to the parent.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../lab/anchor.ts";
import type { TimedTest } from "../support/timed-test.ts";

/** linux/ptrace.h, linux/wait.h */
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const WALL = 0x40000000;

type Cleanup = Pick<TimedTest, "after">;

/** Hangs the main thread of `pid` until it is killed, the returned function is called, or the test ends. */
export function hang(t: Cleanup, pid: number): Promise<() => void> {
  return hold(t, pid, true);
}

/** As `hang`, but the process's death is not reported to its parent until the returned function is called. */
export function hangForGood(t: Cleanup, pid: number): Promise<() => void> {
  return hold(t, pid, false);
}

async function hold(t: Cleanup, pid: number, reportsDeath: boolean): Promise<() => void> {
  const ffi = JSON.stringify(pathToFileURL(join(projectRoot, "dist/src/os/ffi/ffi.js")).href);
  // A traced process stays a zombie, and its parent is not notified, until the tracer has waited for it.
  const program = `
    const { call, declare } = await import(${ffi});
    const ptrace = declare("long ptrace(long, int, long, long)");
    const wait = declare("int waitpid(int, void *, int)");
    call("seize", ptrace(${PTRACE_SEIZE}, ${pid}, 0, 0));
    call("interrupt", ptrace(${PTRACE_INTERRUPT}, ${pid}, 0, 0));
    call("wait", wait(${pid}, null, ${WALL}));
    console.log("hangs");
    if (${reportsDeath}) setImmediate(() => call("wait", wait(${pid}, null, ${WALL})));
    else setInterval(() => {}, 1_000);
  `;
  const words = ["--input-type=module", "-e", program];
  const tracer = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void tracer.kill("SIGKILL"));
  for await (const line of createInterface({ input: tracer.stdout })) {
    assert.equal(line, "hangs");
    return () => void tracer.kill("SIGKILL");
  }
  assert.fail("cannot trace the process");
}
