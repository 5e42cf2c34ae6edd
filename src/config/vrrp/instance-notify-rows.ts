// The keywords of vrrp_instance that report changes to scripts, FIFOs and by mail.

import { command, readUserCommand } from "../keyword/command.ts";
import { custom, derived, inherited, optionalBool } from "../keyword/keyword.ts";

export const INSTANCE_NOTIFY_ROWS = [
  command("notify_master", { field: "notify.master", means: "Run on becoming MASTER." }),
  command("notify_backup", { field: "notify.backup", means: "Run on becoming BACKUP." }),
  command("notify_fault", { field: "notify.fault", means: "Run on going to FAULT." }),
  command("notify_stop", { field: "notify.stop", means: "Run when the daemon stops." }),
  command("notify_master_rx_lower_pri", {
    field: "notify.masterRxLowerPri",
    means: "Run when a master hears a lower priority.",
  }),
  custom(
    "notify_deleted",
    { syntax: "[<COMMAND> [<USER> [<GROUP>]]]" },
    {
      field: "notify.deleted",
      alsoSets: "notifyDeleted",
      default: derived("FAULT is reported", () => undefined),
      means: "An instance that a reload takes away reports DELETED, and the command is run.",
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
    means: "Run on every change, with INSTANCE, the name, the state and the priority behind it.",
  }),
  optionalBool("notify_priority_changes", {
    field: "notifyPriorityChanges",
    inherits: inherited("vrrp_notify_priority_changes"),
    means: "Changes of the priority are written to the FIFO.",
  }),
  optionalBool("smtp_alert", {
    field: "smtpAlert",
    inherits: inherited("smtp_alert_vrrp"),
    means: "Mail on changes.",
  }),
] as const;
