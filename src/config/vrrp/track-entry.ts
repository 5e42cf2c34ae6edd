// The entries of track_script and track_interface: a name and a weight.

import { integer } from "../keyword/argument.ts";
import type { Context } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { Statement } from "../language/parser.ts";
import type { TrackConfig } from "./types.ts";

/** The weight of an entry that has none. */
export interface TrackDefault {
  readonly weight: number;
  readonly reverse: boolean;
}

/**
 * Parses `NAME [weight N [reverse|noreverse]]`. `options` are the words that may follow the weight; `what` is the name of
 * the list. Undefined if the entry is ignored (already reported).
 */
export function readTrack(
  entry: Statement,
  what: "track_script" | "track_interface",
  options: readonly ("reverse" | "noreverse")[],
  fallback: TrackDefault,
  context: Context,
): TrackConfig | undefined {
  const [name, keyword, amount, option, extra] = entry.words;
  if (name === undefined) return undefined;
  if (keyword === undefined) return { name: name.text, ...fallback };
  if (keyword.text !== "weight") {
    context.report(
      "bad-value",
      keyword,
      `'${keyword.text}' must be 'weight'; ${name.text} is not tracked`,
      {
        log: `${context.logPrefix}unknown ${what} ${name.text} option ${keyword.text} - ignoring`,
        suggestion: nearest(keyword.text, ["weight"]),
      },
    );
    return undefined;
  }
  if (amount === undefined) {
    context.report(
      "missing-value",
      keyword,
      `'weight' needs a value; ${name.text} is not tracked`,
      {
        log: `${context.logPrefix}weight without value specified for ${what} ${name.text} - ignoring`,
      },
    );
    return undefined;
  }
  let weight =
    integer(-254, 254, { lenient: true }).read(amount, context.report) ?? fallback.weight;
  if (Math.abs(weight) === 254) {
    weight = Math.sign(weight) * 253;
    context.report(
      "value-adjusted",
      amount,
      `a weight must be between -253 and 253; ${weight} is used`,
      {
        log: `${context.logPrefix}weight for ${name.text} cannot be +/-254. Setting to +/-253`,
      },
    );
  }
  let { reverse } = fallback;
  if (option !== undefined) {
    const found = options.find((candidate) => candidate === option.text);
    if (found !== undefined) reverse = found === "reverse";
    else {
      context.report(
        "bad-value",
        option,
        `'${option.text}' must be ${options.map((word) => `'${word}'`).join(" or ")}; it is ignored`,
        {
          log: `${context.logPrefix}unknown ${what} ${name.text} weight option ${option.text} - ignoring`,
        },
      );
    }
  }
  if (extra !== undefined) {
    context.report("extra-argument", extra, `'${extra.text}' is ignored`);
  }
  return { name: name.text, weight, reverse };
}
