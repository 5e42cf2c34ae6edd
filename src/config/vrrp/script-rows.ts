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
      means: "The command to run; exit status 0 means success.",
      stage: "computed",
    },
    (statement, context): CommandDraft | undefined => {
      const read = readCommand(statement, context, true);
      if (read !== undefined && read.rest.length > 0) {
        const extra = statement.words[2] ?? read.command.place;
        const message = `only '${read.command.text}' is run; put the whole command in quotes`;
        context.report("extra-argument", extra, message);
      }
      return read?.command;
    },
  ),
  value("interval", decimalSeconds(0.001, 4294, 3, { zeroBecomes: 1 }), {
    field: "intervalMicros",
    default: SECOND,
    means: "The time from one run to the next.",
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
        "The number added to the priority while it succeeds (above 0), or taken off while it fails (below 0). 0: a failure is a fault. `reverse` swaps success and failure.",
    },
    readWeight,
  ),
  value("rise", integer(1, MAX_COUNT, { lenient: true }), {
    field: "rise",
    default: 1,
    means: "How many successes in a row make it succeed.",
  }),
  value("fall", integer(1, MAX_COUNT, { lenient: true }), {
    field: "fall",
    default: 1,
    means: "How many failures in a row make it fail.",
  }),
  custom(
    "user",
    { syntax: "<USER> [<GROUP>]" },
    {
      field: "user",
      default: derived("as script_user", () => undefined),
      means: "Who it runs as.",
      stage: "draft",
    },
    // `failed`: the user does not exist, so that the script is left out.
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
    means: "It counts as failed until its first success.",
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
    context.report("bad-value", option, `'${option.text}' is not 'reverse'`, {
      log: `vrrp_script ${draft.name} unknown weight option ${option.text}`,
    });
  }
  return weight;
}
