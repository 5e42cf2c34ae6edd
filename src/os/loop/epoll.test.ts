import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { MILLISECOND } from "../../lib/micros.ts";
import { boottime } from "./clock.ts";
import { Epoll } from "./epoll.ts";
import { openTimer, type Timer } from "./timer.ts";

/** Timers that have expired: descriptors that are readable until drained. */
function openExpiredTimers(count: number): Timer[] {
  return Array.from({ length: count }, () => {
    const timer = openTimer();
    timer.arm(1);
    return timer;
  });
}

test("one call reports every readable descriptor until it is drained", () => {
  const epoll = new Epoll();
  const timers = openExpiredTimers(100);
  for (const { fd } of timers) epoll.add(fd);
  assert.deepEqual(new Set(epoll.ready()), new Set(timers.map(({ fd }) => fd)));
  const [first, second, ...rest] = timers;
  assert.ok(first !== undefined && second !== undefined);
  for (const timer of rest) timer.drain();
  epoll.remove(second.fd);
  epoll.remove(second.fd);
  assert.deepEqual([...epoll.ready()], [first.fd]);
  epoll.close();
  for (const timer of timers) timer.close();
});

test("adding a closed descriptor throws EBADF", () => {
  const epoll = new Epoll();
  assert.throws(() => epoll.add(999_999), { operation: "epoll_ctl add", code: "EBADF" });
  epoll.close();
});

test("a watch wakes Node's loop repeatedly and survives garbage collection", async () => {
  const epoll = new Epoll();
  const timer = openTimer();
  epoll.add(timer.fd);
  let wakes = 0;
  await new Promise<void>((resolve, reject) => {
    epoll.watch(() => {
      assert.deepEqual([...epoll.ready()], [timer.fd]);
      timer.drain();
      wakes++;
      if (wakes === 20) return resolve();
      // Promises settle between two wakes, as in any Node callback.
      void Promise.resolve().then(() => {
        new Array(100_000).fill({});
        timer.arm(boottime() + MILLISECOND);
      });
    }, reject);
    timer.arm(boottime() + MILLISECOND);
  });
  assert.equal(wakes, 20);
  epoll.close();
  timer.close();
});

test("an exception in onWake is passed to onFatal", async () => {
  const epoll = new Epoll();
  const [timer] = openExpiredTimers(1);
  assert.ok(timer !== undefined);
  epoll.add(timer.fd);
  const error = await new Promise((resolve) => {
    epoll.watch(() => {
      timer.drain();
      throw new RangeError("a bug");
    }, resolve);
  });
  assert.ok(error instanceof RangeError);
  epoll.close();
  timer.close();
});

test("a watch keeps the process alive until it is closed, even after a forced garbage collection", () => {
  const folder = new URL(".", import.meta.url).href;
  const program = `
    const { Epoll } = await import("${folder}epoll.js");
    const { openTimer } = await import("${folder}timer.js");
    const { boottime } = await import("${folder}clock.js");
    function start() {
      const epoll = new Epoll();
      const timer = openTimer();
      epoll.add(timer.fd);
      let left = 10;
      epoll.watch(() => {
        timer.drain();
        gc();
        if (--left > 0) timer.arm(boottime() + 2000);
        else { epoll.close(); timer.close(); console.log("closed"); }
      }, (error) => { console.error(error); process.exit(1); });
      timer.arm(boottime() + 2000);
    }
    start();
    gc();
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--input-type=module", "-e", program],
    { encoding: "utf8", timeout: 120_000 },
  );
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "closed\n", stderr: "" });
});
