// Plans a notification: its scripts in order, with their arguments, and its FIFO line.

import type { NotifyEvent } from "../config/vrrp/types.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { Command } from "../lib/script.ts";
import type { Notify } from "../vrrp/action.ts";

/** A notification of the engine. */
export type Notification = Notify;

/** One script to run. */
export interface NotifyScript {
  /** The keyword that configured it. */
  readonly keyword: string;
  readonly command: Command;
  readonly extraArguments: readonly string[];
}

/** The scripts and the FIFO line of one notification. */
export interface NotificationPlan {
  readonly instance: string;
  /** MASTER, MASTER_RX_LOWER_PRI, … */
  readonly state: string;
  /** If too many wait, a newer notification supersedes older ones of the same topic. */
  readonly topic: "state" | "reload" | "priority" | "rxLowerPri";
  /** In order: the script of the event, then `notify`. */
  readonly scripts: readonly NotifyScript[];
  /** The line for each FIFO with VRRP notifications, including the newline. */
  readonly fifoLine: string;
}

const KEYWORDS: { readonly [event in NotifyEvent]: string } = {
  master: "notify_master",
  backup: "notify_backup",
  fault: "notify_fault",
  stop: "notify_stop",
  deleted: "notify_deleted",
  masterRxLowerPri: "notify_master_rx_lower_pri",
};

/**
 * The plan for `notification`, an event of `instance`. `notify` runs for changes of state only, with INSTANCE, name,
 * state and priority appended to its arguments; other events go to the FIFOs only (keepalived.conf(5)).
 */
export function planNotification(
  notification: Notification,
  instance: InstanceConfig,
): NotificationPlan {
  const { event, state, priority } = notification;
  const { name } = instance;
  const scripts: NotifyScript[] = [];
  if (hasScript(event)) {
    const command = instance.notify[event];
    if (command !== undefined) {
      scripts.push({ keyword: KEYWORDS[event], command, extraArguments: [] });
    }
  }
  const topic = topicOf(event);
  if (instance.notifyAny !== undefined && topic === "state") {
    const extraArguments = ["INSTANCE", name, state, String(priority)];
    scripts.push({ keyword: "notify", command: instance.notifyAny, extraArguments });
  }
  const fifoLine = `INSTANCE "${name}" ${state} ${priority}\n`;
  return { instance: name, state, topic, scripts, fifoLine };
}

function hasScript(event: Notification["event"]): event is NotifyEvent {
  return event in KEYWORDS;
}

function topicOf(event: Notification["event"]): NotificationPlan["topic"] {
  switch (event) {
    case "master":
    case "backup":
    case "fault":
    case "stop":
    case "deleted":
    case "removed":
      return "state";
    case "unchanged":
      return "reload";
    case "masterPriority":
    case "backupPriority":
      return "priority";
    case "masterRxLowerPri":
      return "rxLowerPri";
  }
}
