import assert from "node:assert/strict";
import { test } from "node:test";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { Command } from "../lib/script.ts";
import { type Notification, planNotification } from "./notifications.ts";

function command(text: string): Command {
  const who = { uid: 0, gid: 0, supplementaryGroups: [], refusal: undefined };
  return { text, argv: text.split(" "), ...who };
}

/** The part of an instance's configuration that a plan uses. */
function instance(part: Partial<InstanceConfig>): InstanceConfig {
  return { name: "VI_1", notify: {}, notifyAny: undefined, ...part } as InstanceConfig;
}

function plan(event: Notification["event"], state: string, part: Partial<InstanceConfig>) {
  const notification = { kind: "notify", instance: "VI_1", event, state, priority: 150 } as const;
  return planNotification(notification, instance(part));
}

function words(event: Notification["event"], state: string, part: Partial<InstanceConfig>) {
  return plan(event, state, part).scripts.map(({ keyword, command, extraArguments }) =>
    [keyword, ...command.argv, ...extraArguments].join(" "),
  );
}

const everything = {
  notify: {
    master: command("/n master"),
    backup: command("/n backup"),
    fault: command("/n fault"),
    stop: command("/n stop"),
    deleted: command("/n deleted"),
    masterRxLowerPri: command("/n rx"),
  },
  notifyAny: command("/any with"),
};

test("the script of the state runs first, then notify with four arguments", () => {
  for (const [event, state] of [
    ["master", "MASTER"],
    ["backup", "BACKUP"],
    ["fault", "FAULT"],
    ["stop", "STOP"],
    ["deleted", "DELETED"],
  ] as const) {
    assert.deepEqual(words(event, state, everything), [
      `notify_${event} /n ${event}`,
      `notify /any with INSTANCE VI_1 ${state} 150`,
    ]);
  }
});

test("for an instance that a reload removes, notify runs with FAULT and notify_fault does not run", () => {
  assert.deepEqual(words("removed", "FAULT", everything), [
    "notify /any with INSTANCE VI_1 FAULT 150",
  ]);
  assert.equal(plan("removed", "FAULT", everything).fifoLine, 'INSTANCE "VI_1" FAULT 150\n');
});

test("an unchanged state after a reload goes to the FIFOs only", () => {
  assert.deepEqual(words("unchanged", "MASTER", everything), []);
  assert.equal(plan("unchanged", "MASTER", everything).fifoLine, 'INSTANCE "VI_1" MASTER 150\n');
});

test("lower adverts and priority changes go to the FIFOs and do not run notify", () => {
  assert.deepEqual(words("masterRxLowerPri", "MASTER_RX_LOWER_PRI", everything), [
    "notify_master_rx_lower_pri /n rx",
  ]);
  for (const [event, state] of [
    ["masterPriority", "MASTER_PRIORITY"],
    ["backupPriority", "BACKUP_PRIORITY"],
  ] as const) {
    assert.deepEqual(words(event, state, everything), []);
    assert.equal(plan(event, state, everything).fifoLine, `INSTANCE "VI_1" ${state} 150\n`);
  }
});

test("without scripts only the line is written", () => {
  assert.deepEqual(words("master", "MASTER", {}), []);
  assert.deepEqual(words("master", "MASTER", { notifyAny: command("/any") }), [
    "notify /any INSTANCE VI_1 MASTER 150",
  ]);
  assert.deepEqual(words("fault", "FAULT", { notify: { master: command("/n") } }), []);
  assert.equal(plan("master", "MASTER", {}).fifoLine, 'INSTANCE "VI_1" MASTER 150\n');
});

test("a name with spaces is one argument", () => {
  const { scripts, fifoLine } = plan("master", "MASTER", {
    name: "VI 1",
    notifyAny: command("/any"),
  });
  assert.deepEqual(scripts[0]?.extraArguments, ["INSTANCE", "VI 1", "MASTER", "150"]);
  assert.equal(fifoLine, 'INSTANCE "VI 1" MASTER 150\n');
});

test("states, priorities and adverts of lower priority are separate topics", () => {
  const topics = (
    ["master", "stop", "masterPriority", "backupPriority", "masterRxLowerPri"] as const
  ).map((event) => plan(event, "X", {}).topic);
  assert.deepEqual(topics, ["state", "state", "priority", "priority", "rxLowerPri"]);
});
