// A process that hangs: it does nothing any more, and no signal stopped it, so the kernel tells nobody.

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

/** Holds the first thread of `pid` up until somebody kills it, what this gives is called, or `t` is done. */
export function hang(t: Cleanup, pid: number): Promise<() => void> {
  return hold(t, pid, true);
}

/** The same, but not even its death is reported to its parent before what this gives is called. */
export function hangForGood(t: Cleanup, pid: number): Promise<() => void> {
  return hold(t, pid, false);
}

async function hold(t: Cleanup, pid: number, reportsDeath: boolean): Promise<() => void> {
  const ffi = JSON.stringify(pathToFileURL(join(projectRoot, "dist/src/os/ffi/ffi.js")).href);
  // One that is traced is a zombie until its tracer has taken note of its death.
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
  assert.fail("the process could not be held up");
}
