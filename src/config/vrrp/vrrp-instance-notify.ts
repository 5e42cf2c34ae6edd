// The keywords of vrrp_instance that tell the outside of changes.

import type { NotifyEvent } from "../config.ts";
import type { InstanceDraft } from "../draft.ts";
import { command, readUserCommand } from "../keyword/command.ts";
import { custom, type Keyword, type Keywords, optionalBool } from "../keyword/keyword.ts";

function notify(
  keyword: string,
  event: Exclude<NotifyEvent, "deleted">,
  means: string,
): Keyword<InstanceDraft> {
  const facts = { default: "none", means, repeat: "ignored" as const };
  return command(keyword, facts, (draft, script) => {
    draft.notify[event] = script;
  });
}

export const INSTANCE_NOTIFY_KEYWORDS: Keywords<InstanceDraft> = [
  notify("notify_master", "master", "Run on becoming MASTER."),
  notify("notify_backup", "backup", "Run on becoming BACKUP."),
  notify("notify_fault", "fault", "Run on going to FAULT."),
  notify("notify_stop", "stop", "Run when the daemon stops."),
  notify(
    "notify_master_rx_lower_pri",
    "masterRxLowerPri",
    "Run when a master hears a lower priority.",
  ),
  custom(
    "notify_deleted",
    "[<COMMAND> [<USER> [<GROUP>]]]",
    "",
    {
      default: "FAULT is told",
      means: "An instance that a reload takes away tells DELETED, and the command is run.",
      repeat: "ignored",
    },
    (draft, statement, context) => {
      draft.notifyDeleted = true;
      if (statement.words.length === 1) return;
      const script = readUserCommand(statement, context, false);
      if (script !== undefined) draft.notify.deleted = script;
    },
  ),
  command(
    "notify",
    {
      default: "none",
      means: "Run on every change, with INSTANCE, the name, the state and the priority behind it.",
      repeat: "ignored",
    },
    "notifyAny",
  ),
  optionalBool(
    "notify_priority_changes",
    {
      default: "as vrrp_notify_priority_changes",
      means: "The FIFO tells changes of the priority.",
    },
    "notifyPriorityChanges",
  ),
  optionalBool(
    "smtp_alert",
    { default: "as smtp_alert_vrrp, else smtp_alert, else off", means: "Mail on changes." },
    "smtpAlert",
  ),
];
