// The keywords of global_defs, and those that stand outside of all blocks.

import type { GlobalDraft } from "../draft.ts";
import { integer, oneOf, text, wholeSeconds } from "../keyword/argument.ts";
import { command, readCredentials } from "../keyword/command.ts";
import {
  custom,
  firstArgument,
  flag,
  type Keywords,
  list,
  optionalBool,
  value,
  warnExtra,
} from "../keyword/keyword.ts";
import { placeOf } from "../language/parser.ts";
import { FIFO_KEYWORDS } from "./global-fifo.ts";
import { PROCESS_KEYWORDS } from "./global-process.ts";
import { VRRP_DEFAULT_KEYWORDS } from "./global-vrrp.ts";

const optional = true;

/** Keywords outside of all blocks; blocks have their own tables. */
export const ROOT_KEYWORDS: Keywords<GlobalDraft> = [
  value(
    "net_namespace",
    text("<NAME>"),
    {
      default: "the one it was started in",
      means: "The network namespace that all processes run in. A reload can't change it.",
      optional,
      repeat: "ignored",
    },
    (draft, name) => {
      draft.netNamespace = name;
      draft.usePidDir = true;
    },
  ),
  value(
    "instance",
    text("<NAME>"),
    {
      default: "none",
      means:
        "A name for pid files and the log, so that several daemons can run. A reload can't change it.",
      optional,
      repeat: "ignored",
    },
    (draft, name) => {
      draft.instance = name;
      draft.usePidDir = true;
    },
  ),
  flag(
    "use_pid_dir",
    { default: "off", means: "Pid files stand in a directory of their own." },
    "usePidDir",
  ),
  value(
    "child_wait_time",
    wholeSeconds(0, 4_294_967_295, { lenient: false }),
    {
      default: "5",
      means: "How long the parent waits for its children to stop before it kills them.",
    },
    "childWaitTimeMicros",
  ),
];

/** Keywords of global_defs. */
export const GLOBAL_KEYWORDS: Keywords<GlobalDraft> = [
  value(
    "router_id",
    text("<NAME>"),
    { default: "the host's name", means: "The name of this node in mails and dumps.", optional },
    "routerId",
  ),
  list(
    "notification_email",
    "<ADDRESS>",
    "",
    { default: "none", means: "Who gets mail." },
    (draft, entry) => {
      draft.notificationEmail.push(...entry.words.map((word) => word.text));
    },
    (_draft, statement, context) => {
      if ((statement.block ?? []).length > 0) return;
      const message = "'notification_email' is empty: nobody gets mail";
      const log = "Warning - empty notification_email block";
      context.report("empty-list", placeOf(statement), message, { log });
    },
  ),
  value(
    "notification_email_from",
    text("<ADDRESS>"),
    { default: "the daemon's user at this host", means: "The sender of mails.", optional },
    "notificationEmailFrom",
  ),
  custom(
    "smtp_server",
    "<HOST> [<PORT>]",
    "port 1..65535",
    { default: "none; port 25", means: "The mail server; without one no mail is sent." },
    (draft, statement, context) => {
      const host = firstArgument(statement, context, false);
      if (host === undefined) return;
      warnExtra(statement, 3, context);
      const word = statement.words[2];
      const port =
        word === undefined
          ? 25
          : integer(1, 65535, { syntax: "<PORT>" }).read(word, context.report);
      if (port !== undefined) draft.smtpServer = { host: host.text, port };
    },
  ),
  value(
    "smtp_helo_name",
    text("<NAME>"),
    { default: "the host's name", means: "What is said in HELO.", optional },
    "smtpHeloName",
  ),
  value(
    "smtp_connect_timeout",
    wholeSeconds(1, 4294, { zeroBecomes: 1 }),
    { default: "30", means: "How long the mail server may take to answer." },
    "smtpConnectTimeoutMicros",
  ),
  optionalBool(
    "smtp_alert",
    { default: "off", means: "Mail for changes, unless something more specific says otherwise." },
    "smtpAlert",
  ),
  optionalBool(
    "smtp_alert_vrrp",
    { default: "as smtp_alert", means: "Mail for changes of instances." },
    "smtpAlertVrrp",
  ),
  flag(
    "no_email_faults",
    { default: "off", means: "No mail for changes to FAULT." },
    "noEmailFaults",
  ),
  custom(
    "dynamic_interfaces",
    "[allow_if_changes]",
    "",
    { default: "off", means: "Interfaces need not exist yet, and may come and go." },
    (draft, statement, context) => {
      draft.dynamicInterfaces = true;
      warnExtra(statement, 2, context);
      const option = statement.words[1];
      if (option !== undefined) oneOf("allow_if_changes").read(option, context.report);
    },
  ),
  ...VRRP_DEFAULT_KEYWORDS,
  ...PROCESS_KEYWORDS,
  ...FIFO_KEYWORDS,
  custom(
    "script_user",
    "<USER> [<GROUP>]",
    "",
    {
      default: "keepalived_script if there is such a user, else the daemon's own",
      means: "Who scripts run as.",
    },
    (draft, statement, context) => {
      const user = firstArgument(statement, context, optional);
      if (user === undefined) return;
      warnExtra(statement, 3, context);
      const log = "Error setting global script uid/gid";
      draft.scriptUser = readCredentials(statement.words.slice(1, 3), context, log) ?? "failed";
    },
  ),
  flag(
    "enable_script_security",
    {
      default: "off",
      means:
        "A script that runs as root must lie where only root can change it, or it doesn't run.",
    },
    "enableScriptSecurity",
  ),
  optionalBool(
    "use_symlink_paths",
    {
      default: "off",
      means: "Scripts are run by the path as written, not by the one it leads to.",
    },
    "useSymlinkPaths",
  ),
  optionalBool(
    "set_supplementary_groups",
    { default: "off", means: "Scripts have all groups of their user." },
    "setSupplementaryGroups",
  ),
  command(
    "startup_script",
    { default: "none", means: "Run once before the children start.", optional, repeat: "ignored" },
    "startupScript",
  ),
  value(
    "startup_script_timeout",
    wholeSeconds(1, 1000),
    { default: "10", means: "How long startup_script may take.", optional },
    "startupScriptTimeoutMicros",
  ),
  command(
    "shutdown_script",
    {
      default: "none",
      means: "Run once after all children have ended.",
      optional,
      repeat: "ignored",
    },
    "shutdownScript",
  ),
  value(
    "shutdown_script_timeout",
    wholeSeconds(1, 1000),
    { default: "10", means: "How long shutdown_script may take.", optional },
    "shutdownScriptTimeoutMicros",
  ),
  custom(
    "vip_lease",
    "auto|off|<SECONDS>",
    "1..86400",
    {
      default: "auto",
      means:
        "How long the kernel keeps the floating addresses when nobody renews them: `auto` ends before a backup may take over, `off` leaves them for ever. holdfast's own.",
    },
    (draft, statement, context) => {
      const word = firstArgument(statement, context, optional);
      if (word === undefined) return;
      warnExtra(statement, 2, context);
      if (word.text === "auto" || word.text === "off") {
        draft.vipLease = word.text;
        return;
      }
      const seconds = integer(1, 86400).read(word, context.report);
      if (seconds !== undefined) draft.vipLease = seconds;
    },
  ),
  value(
    "script_shortage_limit",
    wholeSeconds(1, 86_400, { lenient: false }),
    {
      default: "300",
      means:
        "How long tracked scripts keep their last result while this machine lacks the processes, memory or descriptors to run them; after that each such run counts as failed. holdfast's own.",
    },
    "scriptShortageLimitMicros",
  ),
  optionalBool(
    "config_strict",
    {
      default: "off",
      means: "Every error in the configuration is fatal, as with --strict. holdfast's own.",
    },
    "configStrict",
  ),
];
