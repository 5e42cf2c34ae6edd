// What one notification of the engine means: which scripts with which arguments in which order, and which FIFO line.

import type { InstanceConfig, NotifyEvent } from "../config/config.ts";
import type { Command } from "../lib/script.ts";
import type { Notify } from "../vrrp/action.ts";

/** What the engine asks to be told. */
export type Notification = Notify;

/** One script to run. */
export interface NotifyScript {
  /** The keyword that named it. */
  readonly keyword: string;
  readonly command: Command;
  readonly extraArguments: readonly string[];
}

/** Everything that one notification leads to. */
export interface NotificationPlan {
  readonly instance: string;
  /** MASTER, MASTER_RX_LOWER_PRI, … */
  readonly state: string;
  /** A change of state overtakes the states before it that nobody was told yet; so does each event of its own kind. */
  readonly topic: "state" | "reload" | "priority" | "rxLowerPri";
  /** In order: the script of the event, then the one of all events. */
  readonly scripts: readonly NotifyScript[];
  /** For every FIFO that tells of VRRP, with its newline. */
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
 * The plan for `notification`, an event of `instance`. `notify` gets INSTANCE, name, state and priority behind its own
 * arguments, and hears of changes of state only: all else goes to the FIFOs (keepalived.conf(5)).
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
