// The keywords of vrrp_script.

import type { ScriptDraft } from "../draft.ts";
import { decimalSeconds, integer } from "../keyword/argument.ts";
import { readCommand, readCredentials } from "../keyword/command.ts";
import {
  custom,
  firstArgument,
  flag,
  type Keywords,
  value,
  warnExtra,
} from "../keyword/keyword.ts";

const MAX_COUNT = 2_147_483_647;

export const SCRIPT_KEYWORDS: Keywords<ScriptDraft> = [
  custom(
    "script",
    "<COMMAND>",
    "",
    { default: "required", means: "The command to run; exit status 0 means success." },
    (draft, statement, context) => {
      const read = readCommand(statement, context, true);
      if (read === undefined) return;
      draft.command = read.command;
      if (read.rest.length === 0) return;
      const extra = statement.words[2] ?? read.command.place;
      const message = `only '${read.command.text}' is run; put the whole command in quotes`;
      context.report("extra-argument", extra, message);
    },
  ),
  value(
    "interval",
    decimalSeconds(0.001, 4294, 3, { zeroBecomes: 1 }),
    { default: "1", means: "The time from one run to the next." },
    "intervalMicros",
  ),
  value(
    "timeout",
    decimalSeconds(0.001, 4294, 3, { zeroBecomes: 1 }),
    { default: "as interval", means: "How long a run may take before it counts as failed." },
    "timeoutMicros",
  ),
  custom(
    "weight",
    "<INT> [reverse]",
    "-253..253",
    {
      default: "0",
      means:
        "What is added to the priority while it succeeds (above 0), or taken off while it fails (below 0). 0: a failure is a fault. `reverse` swaps success and failure.",
    },
    (draft, statement, context) => {
      const word = firstArgument(statement, context, false);
      if (word === undefined) return;
      const weight = integer(-253, 253, { lenient: true, clamp: true }).read(word, context.report);
      if (weight !== undefined) draft.weight = weight;
      const option = statement.words[2];
      if (option === undefined) return;
      warnExtra(statement, 3, context);
      if (option.text === "reverse") draft.reverse = true;
      else {
        context.report("bad-value", option, `'${option.text}' is not 'reverse'`, {
          log: `vrrp_script ${draft.name} unknown weight option ${option.text}`,
        });
      }
    },
  ),
  value(
    "rise",
    integer(1, MAX_COUNT, { lenient: true }),
    { default: "1", means: "How many successes in a row make it succeed." },
    "rise",
  ),
  value(
    "fall",
    integer(1, MAX_COUNT, { lenient: true }),
    { default: "1", means: "How many failures in a row make it fail." },
    "fall",
  ),
  custom(
    "user",
    "<USER> [<GROUP>]",
    "",
    { default: "as script_user", means: "Who it runs as." },
    (draft, statement, context) => {
      const user = firstArgument(statement, context, false);
      if (user === undefined) return;
      warnExtra(statement, 3, context);
      const words = (draft.command?.argv ?? []).map((word) => `'${word}'`);
      const log = `Unable to set uid/gid for script ${words.join(" ")}`;
      const found = readCredentials(statement.words.slice(1, 3), context, log);
      draft.userFailed = found === undefined;
      if (found !== undefined) draft.user = found;
    },
  ),
  flag(
    "init_fail",
    { default: "off", means: "It counts as failed until its first success." },
    "initFail",
  ),
];
