// Parses the bench's command line.

/** The parts of a run, in the order of measurement. */
export const parts = ["start", "gaps", "cpu", "checks", "scale", "reload", "memory"] as const;

export type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly only: readonly Part[];
  /** Number of alternating rounds of each comparison. */
  readonly rounds: number;
  /** File for the results as JSON, if any. */
  readonly json: string | undefined;
}

/** The number of rounds needed for a reliable median. */
export const defaultRounds = 7;
const mostRounds = 101;

export const usage: string = `usage: npm run bench -- [--only ${parts.join("|")}[,…]] [--rounds N] [--json FILE]`;

/** Parses the arguments. Returns an error message if they are invalid. */
export function parseBenchOptions(words: readonly string[]): BenchOptions | string {
  let only: readonly Part[] = parts;
  let rounds = defaultRounds;
  let json: string | undefined;
  const rest = words.flatMap((word) => splitLongOption(word));
  for (let index = 0; index < rest.length; index += 2) {
    const name = rest[index];
    const value = rest[index + 1];
    if (value === undefined) return `${name} needs a value`;
    if (name === "--only") {
      const chosen = value.split(",");
      const known = parts.filter((part) => chosen.includes(part));
      if (known.length !== chosen.length) return `there is no part ${value}`;
      only = known;
    } else if (name === "--rounds") {
      rounds = Number(value);
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > mostRounds) {
        return `--rounds wants a number from 1 to ${mostRounds}, not ${value}`;
      }
    } else if (name === "--json") {
      json = value;
    } else {
      return `there is no option ${name}`;
    }
  }
  return { only, rounds, json };
}

function splitLongOption(word: string): string[] {
  const equals = word.indexOf("=");
  if (!word.startsWith("--") || equals < 0) return [word];
  return [word.slice(0, equals), word.slice(equals + 1)];
}
