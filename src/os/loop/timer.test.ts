import assert from "node:assert/strict";
import { test } from "node:test";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { boottime } from "./clock.ts";
import { Epoll } from "./epoll.ts";
import { openTimer } from "./timer.ts";

/** Polls until the timer expires; the time at which that was seen, or undefined after `limit`. */
function waitFor(epoll: Epoll, fd: number, limit: number): number | undefined {
  const end = boottime() + limit;
  for (;;) {
    const isOver = boottime() > end;
    if (epoll.ready().includes(fd)) return boottime();
    if (isOver) return undefined;
  }
}

test("a timer expires at its deadline, not before, and not when drained or disarmed", () => {
  const epoll = new Epoll();
  const timer = openTimer();
  epoll.add(timer.fd);
  try {
    assert.equal(waitFor(epoll, timer.fd, 2 * MILLISECOND), undefined);
    const at = boottime() + 5 * MILLISECOND;
    timer.arm(at);
    const fired = waitFor(epoll, timer.fd, SECOND);
    assert.ok(fired !== undefined && fired >= at, `fired at ${fired}, wanted ${at}`);
    timer.drain();
    assert.deepEqual([...epoll.ready()], []);

    timer.arm(boottime() + 2 * MILLISECOND);
    timer.disarm();
    assert.equal(waitFor(epoll, timer.fd, 10 * MILLISECOND), undefined);
  } finally {
    epoll.close();
    timer.close();
  }
});

test("a past deadline expires at once, even if it equals the previous one", () => {
  const epoll = new Epoll();
  const timer = openTimer();
  epoll.add(timer.fd);
  try {
    for (const at of [0, 1, boottime() - SECOND, -5]) {
      for (let round = 0; round < 2; round++) {
        timer.arm(at);
        assert.notEqual(waitFor(epoll, timer.fd, SECOND), undefined, `armed at ${at}`);
        timer.drain();
      }
    }
  } finally {
    epoll.close();
    timer.close();
  }
});

test("a later deadline replaces one that has expired but was not drained", () => {
  const epoll = new Epoll();
  const timer = openTimer();
  epoll.add(timer.fd);
  try {
    timer.arm(1);
    assert.notEqual(waitFor(epoll, timer.fd, SECOND), undefined);
    timer.arm(boottime() + 60 * SECOND);
    assert.deepEqual([...epoll.ready()], []);
    timer.drain();
    assert.deepEqual([...epoll.ready()], []);
  } finally {
    epoll.close();
    timer.close();
  }
});

test("the clock and the timer count suspended time", (context) => {
  // A time namespace that simulates a million seconds of suspend: CLOCK_BOOTTIME runs ahead of CLOCK_MONOTONIC.
  const slept = 1_000_000;
  const wrapper = ["unshare", "--time", "--boottime", String(slept), "--fork", "--kill-child"];
  const program = `
    const { boottime } = await import(${beside(import.meta.url, "clock.js")});
    const { Epoll } = await import(${beside(import.meta.url, "epoll.js")});
    const { openTimer } = await import(${beside(import.meta.url, "timer.js")});
    const epoll = new Epoll();
    const timer = openTimer();
    epoll.add(timer.fd);
    const awake = Number(process.hrtime.bigint() / 1_000n);
    const at = boottime() + 20_000;
    timer.arm(at);
    let fired;
    while (fired === undefined && boottime() < at + 10_000_000) {
      if (epoll.ready().includes(timer.fd)) fired = boottime();
    }
    console.log(Math.round((at - awake) / 60_000_000), fired >= at);
  `;
  const { status, stdout, stderr } = runNodeProgram(program, { wrapper });
  if (status !== 0 && stderr.startsWith("unshare:")) return context.skip(stderr.trim());
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "16667 true\n", stderr: "" });
});
