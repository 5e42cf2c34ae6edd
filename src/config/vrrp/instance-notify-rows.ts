// The keywords of vrrp_instance for notifications by scripts, FIFOs and mail.

import { command, readUserCommand } from "../keyword/command.ts";
import { custom, derived, inherited, optionalBool } from "../keyword/keyword.ts";

export const INSTANCE_NOTIFY_ROWS = [
  command("notify_master", {
    field: "notify.master",
    means: "Run when the instance becomes MASTER.",
  }),
  command("notify_backup", {
    field: "notify.backup",
    means: "Run when the instance becomes BACKUP.",
  }),
  command("notify_fault", { field: "notify.fault", means: "Run when the instance goes to FAULT." }),
  command("notify_stop", { field: "notify.stop", means: "Run when the daemon stops." }),
  command("notify_master_rx_lower_pri", {
    field: "notify.masterRxLowerPri",
    means: "Run when a master receives an advert of lower priority.",
  }),
  custom(
    "notify_deleted",
    { syntax: "[<COMMAND> [<USER> [<GROUP>]]]" },
    {
      field: "notify.deleted",
      alsoSets: "notifyDeleted",
      default: derived("FAULT is reported", () => undefined),
      means:
        "If a reload removes the instance, DELETED is reported instead of FAULT, and the command is run.",
      stage: "computed",
      repeat: "ignored",
    },
    (statement, context, { given }) => {
      given["notifyDeleted"] = true;
      return statement.words.length === 1 ? undefined : readUserCommand(statement, context, false);
    },
  ),
  command("notify", {
    field: "notifyAny",
    means: "Run on every change. Arguments: INSTANCE, the name, the state and the priority.",
  }),
  optionalBool("notify_priority_changes", {
    field: "notifyPriorityChanges",
    inherits: inherited("vrrp_notify_priority_changes"),
    means: "Write changes of the priority to the FIFO.",
  }),
  optionalBool("smtp_alert", {
    field: "smtpAlert",
    inherits: inherited("smtp_alert_vrrp"),
    means: "Send mail on changes.",
  }),
] as const;
