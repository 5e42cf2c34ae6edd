// The built keywords of global_defs, and those outside of all blocks.

import { SECOND } from "../../lib/micros.ts";
import { integer, oneOf, text, wholeSeconds } from "../keyword/argument.ts";
import { type Credentials, command, readCredentials } from "../keyword/command.ts";
import {
  custom,
  derived,
  firstArgument,
  flag,
  list,
  optionalBool,
  value,
  warnExtra,
} from "../keyword/keyword.ts";
import type { Draft } from "../keyword/row.ts";
import { placeOf } from "../language/parser.ts";
import type { VipLease } from "../vrrp/types.ts";
import { FIFO_ROWS } from "./fifo-rows.ts";
import { PROCESS_ROWS } from "./process-rows.ts";
import { VRRP_DEFAULT_ROWS } from "./vrrp-default-rows.ts";

/** Keywords outside of all blocks. */
export const TOP_ROWS = [
  value("net_namespace", text("<NAME>"), {
    field: "netNamespace",
    default: derived("the one of the start", () => undefined),
    means: "The network namespace of all processes. A reload cannot change it.",
    optional: true,
    repeat: "ignored",
    set: (draft, name) => setWithPidDirectory(draft, "netNamespace", name),
  }),
  value("instance", text("<NAME>"), {
    field: "instance",
    default: undefined,
    means:
      "A name for pid files and the log, so that several daemons can run. A reload cannot change it.",
    optional: true,
    repeat: "ignored",
    set: (draft, name) => setWithPidDirectory(draft, "instance", name),
  }),
  flag("use_pid_dir", {
    field: "usePidDir",
    means: "Create pid files in a directory of their own.",
  }),
  value("child_wait_time", wholeSeconds(0, 4_294_967_295, { lenient: false }), {
    field: "childWaitTimeMicros",
    default: 5 * SECOND,
    means: "The time that the parent waits for its children to stop before it kills them.",
  }),
] as const;

function setWithPidDirectory({ given }: Draft, field: string, name: string): void {
  given[field] = name;
  given["usePidDir"] = true;
}

/** Keywords of global_defs. */
export const GLOBAL_ROWS = [
  value("router_id", text("<NAME>"), {
    field: "routerId",
    default: derived("the host's name", ({ system }) => system.hostName),
    means: "The name of this node in mails and dumps.",
    optional: true,
  }),
  list(
    "notification_email",
    { syntax: "<ADDRESS>" },
    { field: "notificationEmail", means: "The recipients of mail.", stage: "config" },
    (entry) => entry.words.map((word) => word.text),
    (statement, context) => {
      if ((statement.block ?? []).length > 0) return;
      const message = "'notification_email' is empty: no mail is sent";
      const log = "Warning - empty notification_email block";
      context.report("empty-list", placeOf(statement), message, { log });
    },
  ),
  value("notification_email_from", text("<ADDRESS>"), {
    field: "notificationEmailFrom",
    default: derived(
      "the daemon's user at this host",
      ({ system }) => `${system.self.name}@${system.hostName}`,
    ),
    means: "The sender of mails.",
    optional: true,
  }),
  custom(
    "smtp_server",
    { syntax: "<HOST> [<PORT>]", range: "port 1..65535" },
    {
      field: "smtpServer",
      default: derived("none; port 25", () => undefined),
      means: "The mail server; without one no mail is sent.",
    },
    (statement, context): { readonly host: string; readonly port: number } | undefined => {
      const host = firstArgument(statement, context, false);
      if (host === undefined) return undefined;
      warnExtra(statement, 3, context);
      const word = statement.words[2];
      const port =
        word === undefined
          ? 25
          : integer(1, 65535, { syntax: "<PORT>" }).read(word, context.report);
      return port === undefined ? undefined : { host: host.text, port };
    },
  ),
  value("smtp_helo_name", text("<NAME>"), {
    field: "smtpHeloName",
    default: derived("the host's name", ({ system }) => system.hostName),
    means: "The name sent in HELO.",
    optional: true,
  }),
  value("smtp_connect_timeout", wholeSeconds(1, 4294, { zeroBecomes: 1 }), {
    field: "smtpConnectTimeoutMicros",
    default: 30 * SECOND,
    means: "The time that the mail server may take to answer.",
  }),
  optionalBool("smtp_alert", {
    field: "smtpAlert",
    means: "Send mail on changes, unless a more specific keyword is set.",
    stage: "draft",
  }),
  optionalBool("smtp_alert_vrrp", {
    field: "smtpAlertVrrp",
    default: derived("as smtp_alert", (c) => c.value("smtpAlert") === true),
    means: "Send mail on changes of instances.",
    stage: "draft",
  }),
  flag("no_email_faults", { field: "noEmailFaults", means: "Send no mail on changes to FAULT." }),
  custom(
    "dynamic_interfaces",
    { syntax: "[allow_if_changes]" },
    {
      field: "dynamicInterfaces",
      default: derived("off", () => false),
      means: "Interfaces may be missing at the start, and may come and go.",
    },
    (statement, context): boolean => {
      warnExtra(statement, 2, context);
      const option = statement.words[1];
      if (option !== undefined) oneOf("allow_if_changes").read(option, context.report);
      return true;
    },
  ),
  ...VRRP_DEFAULT_ROWS,
  ...PROCESS_ROWS,
  ...FIFO_ROWS,
  custom(
    "script_user",
    { syntax: "<USER> [<GROUP>]" },
    {
      field: "scriptUser",
      default: derived(
        "keepalived_script if that user exists, else the daemon's own",
        () => undefined,
      ),
      means: "The user that scripts run as.",
      stage: "draft",
    },
    // `failed`: the user does not exist, so no script without a user of its own can run.
    (statement, context): Credentials | "failed" | undefined => {
      if (firstArgument(statement, context, true) === undefined) return undefined;
      warnExtra(statement, 3, context);
      const log = "Error setting global script uid/gid";
      return readCredentials(statement.words.slice(1, 3), context, log) ?? "failed";
    },
  ),
  flag("enable_script_security", {
    field: "enableScriptSecurity",
    means: "Do not run scripts as root that other users could change.",
  }),
  optionalBool("use_symlink_paths", {
    field: "useSymlinkPaths",
    means: "Run scripts by their path as written, without resolving links.",
    stage: "draft",
  }),
  optionalBool("set_supplementary_groups", {
    field: "setSupplementaryGroups",
    means: "Run scripts with all groups of their user.",
    stage: "draft",
  }),
  command("startup_script", {
    field: "startupScript",
    means: "Run once before the children start.",
    optional: true,
  }),
  value("startup_script_timeout", wholeSeconds(1, 1000), {
    field: "startupScriptTimeoutMicros",
    default: 10 * SECOND,
    means: "The time that startup_script may take.",
    optional: true,
  }),
  command("shutdown_script", {
    field: "shutdownScript",
    means: "Run once after all children have ended.",
    optional: true,
  }),
  value("shutdown_script_timeout", wholeSeconds(1, 1000), {
    field: "shutdownScriptTimeoutMicros",
    default: 10 * SECOND,
    means: "The time that shutdown_script may take.",
    optional: true,
  }),
  custom(
    "vip_lease",
    { syntax: "auto|off|<SECONDS>", range: "1..86400" },
    {
      field: "vipLease",
      default: "auto",
      means:
        "The kernel removes floating addresses that are not renewed for this time. `auto`: before a backup may take over; `off`: never. holdfast's own.",
    },
    (statement, context): VipLease | undefined => {
      const word = firstArgument(statement, context, true);
      if (word === undefined) return undefined;
      warnExtra(statement, 2, context);
      if (word.text === "auto" || word.text === "off") return word.text;
      return integer(1, 86400).read(word, context.report);
    },
  ),
  value("script_shortage_limit", wholeSeconds(1, 86_400, { lenient: false }), {
    field: "scriptShortageLimitMicros",
    default: 300 * SECOND,
    means:
      "The time that tracked scripts keep their last result if this machine lacks the processes, memory or descriptors to run them; then each such run counts as failed. holdfast's own.",
  }),
  optionalBool("config_strict", {
    field: "configStrict",
    means: "Make every error in the configuration fatal, as with --strict. holdfast's own.",
  }),
] as const;
