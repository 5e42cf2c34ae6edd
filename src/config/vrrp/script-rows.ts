// The keywords of vrrp_script.

import { SECOND } from "../../lib/micros.ts";
import { decimalSeconds, integer } from "../keyword/argument.ts";
import {
  type CommandDraft,
  type Credentials,
  readCommand,
  readCredentials,
} from "../keyword/command.ts";
import { custom, derived, firstArgument, flag, value, warnExtra } from "../keyword/keyword.ts";
import type { Context, Draft } from "../keyword/row.ts";
import type { Statement } from "../language/parser.ts";

const MAX_COUNT = 2_147_483_647;

export const SCRIPT_ROWS = [
  custom(
    "script",
    { syntax: "<COMMAND>" },
    {
      field: "command",
      required: true,
      means: "The command; exit status 0 means success.",
      stage: "computed",
    },
    (statement, context): CommandDraft | undefined => {
      const read = readCommand(statement, context, true);
      if (read !== undefined && read.rest.length > 0) {
        const extra = statement.words[2] ?? read.command.place;
        const message = `only '${read.command.text}' is run; put quotes around the whole command`;
        context.report("extra-argument", extra, message);
      }
      return read?.command;
    },
  ),
  value("interval", decimalSeconds(0.001, 4294, 3, { zeroBecomes: 1 }), {
    field: "intervalMicros",
    default: SECOND,
    means: "The time between the starts of two runs.",
  }),
  value("timeout", decimalSeconds(0.001, 4294, 3, { zeroBecomes: 1 }), {
    field: "timeoutMicros",
    // Zero: as long as the interval.
    default: derived("as interval", () => 0),
    means: "How long a run may take before it counts as failed.",
  }),
  custom(
    "weight",
    { syntax: "<INT> [reverse]", range: "-253..253" },
    {
      field: "weight",
      alsoSets: "reverse",
      default: 0,
      means:
        "Above 0: added to the priority while the script succeeds. Below 0: subtracted while it fails. 0: a failure puts the instance in FAULT. `reverse` swaps success and failure.",
    },
    readWeight,
  ),
  value("rise", integer(1, MAX_COUNT, { lenient: true }), {
    field: "rise",
    default: 1,
    means: "The number of consecutive successes until the script counts as successful.",
  }),
  value("fall", integer(1, MAX_COUNT, { lenient: true }), {
    field: "fall",
    default: 1,
    means: "The number of consecutive failures until the script counts as failed.",
  }),
  custom(
    "user",
    { syntax: "<USER> [<GROUP>]" },
    {
      field: "user",
      default: derived("as script_user", () => undefined),
      means: "The user that the script runs as.",
      stage: "draft",
    },
    // `failed`: the user does not exist, so the script is not used.
    (statement, context, draft): Credentials | "failed" | undefined => {
      if (firstArgument(statement, context, false) === undefined) return undefined;
      warnExtra(statement, 3, context);
      const written = draft.given["command"] as CommandDraft | undefined;
      const words = (written?.argv ?? []).map((word) => `'${word}'`);
      const log = `Unable to set uid/gid for script ${words.join(" ")}`;
      return readCredentials(statement.words.slice(1, 3), context, log) ?? "failed";
    },
  ),
  flag("init_fail", {
    field: "initFail",
    means: "The script counts as failed until its first success.",
  }),
] as const;

function readWeight(statement: Statement, context: Context, draft: Draft): number | undefined {
  const word = firstArgument(statement, context, false);
  if (word === undefined) return undefined;
  const weight = integer(-253, 253, { lenient: true, clamp: true }).read(word, context.report);
  const option = statement.words[2];
  if (option === undefined) return weight;
  warnExtra(statement, 3, context);
  if (option.text === "reverse") draft.given["reverse"] = true;
  else {
    context.report("bad-value", option, `'${option.text}' must be 'reverse'; it is ignored`, {
      log: `vrrp_script ${draft.name} unknown weight option ${option.text}`,
    });
  }
  return weight;
}
