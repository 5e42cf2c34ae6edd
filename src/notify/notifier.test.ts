import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { COMMAND, config, instanceConfig } from "../../test/support/vrrp-config.ts";
import type { Fifo } from "../config/global/global-config.ts";
import { SECOND } from "../lib/micros.ts";
import type { Command } from "../lib/script.ts";
import { createScriptRunner } from "../os/script/child-process.ts";
import type { Notification } from "./notifications.ts";
import { createNotifier } from "./notifier.ts";

const folder = temporaryFolder("notify");

const self = {
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  supplementaryGroups: process.getgroups?.() ?? [],
};

/** A shell script as a command, with arguments. */
function shell(name: string, text: string, ...words: string[]): Command {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  const argv = [path, ...words];
  return { ...COMMAND, ...self, text: argv.join(" "), argv };
}

function event(instance: string, name: Notification["event"], state: string): Notification {
  return { kind: "notify", instance, event: name, state, priority: 100 };
}

function setUp() {
  const lines: string[] = [];
  const runner = createScriptRunner();
  const log = (level: string, text: string): void => {
    lines.push(`${level}: ${text}`);
  };
  return { lines, runner, notifier: createNotifier({ runner, log, logDetail: () => undefined }) };
}

async function until(condition: () => boolean, millis = 60_000): Promise<void> {
  for (const end = Date.now() + millis; !condition() && Date.now() < end; ) await delay(10);
  assert.ok(condition(), String(condition));
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

test("FIFO lines do not wait for slow scripts, and both keep their order over a reload", async () => {
  const output = join(folder, "output");
  const received = join(folder, "received");
  const slow = shell("notify", `sleep 0.2; echo "$@" >> ${output}`);
  const reader = shell("reader", `while read line; do echo "$line" >> ${received}; done < "$1"`);
  const fifo: Fifo = { path: join(folder, "fifo"), uid: self.uid, gid: self.gid, script: reader };
  const one = instanceConfig({
    name: "A",
    notify: { master: { ...slow, argv: [...slow.argv, "master"] } },
    notifyAny: { ...slow, argv: [...slow.argv, "any"] },
  });
  const first = config([one], { global: { vrrpNotifyFifo: fifo } });
  const { notifier, runner, lines } = setUp();
  notifier.configure(first);
  notifier.notify(event("A", "backup", "BACKUP"));
  notifier.notify(event("A", "master", "MASTER"));
  await until(() => read(received) === 'INSTANCE "A" BACKUP 100\nINSTANCE "A" MASTER 100\n');
  notifier.configure(config([], { global: { vrrpNotifyFifo: fifo } }));
  // Notifications of an instance that the reload removed.
  notifier.notify(event("A", "fault", "FAULT"));
  notifier.notify(event("B", "fault", "FAULT"));
  await until(() => notifier.waiting() === 0);
  assert.equal(await notifier.drain(60 * SECOND), 0);
  assert.equal(
    read(output),
    [
      "any INSTANCE A BACKUP 100",
      "master",
      "any INSTANCE A MASTER 100",
      "any INSTANCE A FAULT 100",
      "",
    ].join("\n"),
  );
  await until(() => read(received).endsWith('MASTER 100\nINSTANCE "A" FAULT 100\n'));
  assert.deepEqual(lines, ["warning: (B) FAULT not notified: unknown instance"]);
  notifier.close();
  assert.equal(existsSync(fifo.path), false);
  await until(() => runner.running() === 0);
});

test("a reader that ends is restarted", async () => {
  const received = join(folder, "received-once");
  const reader = shell("read-once", `read line < "$1"; echo "$line" >> ${received}`);
  const fifo: Fifo = { path: join(folder, "again"), uid: self.uid, gid: self.gid, script: reader };
  const { notifier, runner, lines } = setUp();
  const instances = [instanceConfig({ name: "A" })];
  notifier.configure(config(instances, { global: { notifyFifo: fifo } }));
  notifier.notify(event("A", "backup", "BACKUP"));
  await until(() => read(received) !== "");
  await until(() => lines.length === 1);
  assert.match(lines[0] ?? "", /^warning: Notify FIFO script .* has ended$/);
  notifier.notify(event("A", "master", "MASTER"));
  await until(() => read(received) === 'INSTANCE "A" BACKUP 100\nINSTANCE "A" MASTER 100\n');
  notifier.close();
  await until(() => runner.running() === 0);
});

test("a FIFO that cannot be opened is logged, and scripts still run", async () => {
  const path = join(folder, "a-file");
  writeFileSync(path, "");
  const output = join(folder, "output-too");
  const script = shell("still", `echo "$@" >> ${output}`);
  const { notifier, lines } = setUp();
  const fifo: Fifo = { path, uid: self.uid, gid: self.gid, script: undefined };
  const instances = [instanceConfig({ name: "A", notify: { stop: script } })];
  notifier.configure(config(instances, { global: { notifyFifo: fifo } }));
  notifier.notify(event("A", "stop", "STOP"));
  assert.equal(await notifier.drain(60 * SECOND), 0);
  assert.ok(existsSync(output));
  assert.match(lines[0] ?? "", /^error: Unable to open notify FIFO .*a-file is not a FIFO$/);
  notifier.close();
  assert.ok(existsSync(path));
});

test("an unchanged state after a reload goes to the reopened FIFO and runs no script", async () => {
  const received = join(folder, "received-again");
  const output = join(folder, "output-again");
  const reader = shell(
    "reader-again",
    `while read line; do echo "$line" >> ${received}; done < "$1"`,
  );
  const script = shell("changed", `echo "$@" >> ${output}`);
  const fifo: Fifo = { path: join(folder, "fifo-again"), ...self, script: reader };
  const { notifier } = setUp();
  const global = { notifyFifo: fifo };
  const instances = [instanceConfig({ name: "A", notify: { master: script }, notifyAny: script })];
  notifier.configure(config(instances, { global }));
  notifier.configure(config(instances, { global }));
  notifier.notify(event("A", "unchanged", "MASTER"));
  assert.equal(notifier.waiting(), 0);
  await until(() => read(received) !== "");
  assert.equal(read(received), 'INSTANCE "A" MASTER 100\n');
  assert.equal(read(output), "");
  notifier.configure(config(instances));
  assert.equal(existsSync(fifo.path), false, "a FIFO that is no longer configured is removed");
  notifier.close();
});
