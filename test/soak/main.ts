// `npm run soak MINUTES [SEED]`: injects random faults into a pair of holdfast, then into holdfast and keepalived.
// `npm run soak -- …` also accepts `--seed N` and `--pair holdfast|keepalived`.
// `npm run soak -- attacks [NAME ...]`: runs the attacks of attacks/table.ts against a pair of holdfast.

import { parseArgs } from "node:util";
import { ATTACKS_USAGE, runAttackCommand } from "./attacks/command.ts";
import { closeOnSignal } from "./close-on-signal.ts";
import type { DaemonName } from "./node.ts";
import { renderReport, soak } from "./soak.ts";

const USAGE = "usage: npm run soak MINUTES [SEED] [-- --seed N --pair holdfast|keepalived]";
const DEFAULT_MINUTES = "10";

interface SoakArguments {
  readonly minutes: number;
  readonly seed: number;
  readonly peers: readonly DaemonName[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Parses the command line; undefined if it is invalid. */
function parseArguments(words: string[]): SoakArguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { seed: { type: "string" }, pair: { type: "string" } },
    });
    const [minutesText = DEFAULT_MINUTES, seedText] = positionals;
    const minutes = Number(minutesText);
    const fresh = Date.now() % 1_000_000;
    const seed = Number(values.seed ?? seedText ?? fresh);
    const peers = (["holdfast", "keepalived"] as const).filter(
      (name) => values.pair === undefined || values.pair === name,
    );
    const isValid = minutes > 0 && Number.isSafeInteger(seed) && peers.length > 0;
    return isValid && positionals.length <= 2 ? { minutes, seed, peers } : undefined;
  } catch {
    return undefined;
  }
}

async function main(words: string[]): Promise<number> {
  const [first, ...rest] = words;
  if (first === "attacks") return await runAttackCommand(rest, print);
  const parsed = parseArguments(words);
  if (parsed === undefined) {
    print(USAGE);
    print(ATTACKS_USAGE);
    return 2;
  }
  const { minutes, seed, peers } = parsed;
  const takeLab = closeOnSignal(print, `seed ${seed}`);
  print(`seed ${seed}; repeat with: npm run soak ${minutes} ${seed}`);
  try {
    for (const peer of peers) {
      print("");
      const report = await soak({
        seed,
        seconds: (minutes * 60) / peers.length,
        daemons: ["holdfast", peer],
        print,
        takeLab,
      });
      for (const line of renderReport(report)) print(line);
    }
    return 0;
  } catch (error) {
    print("");
    print((error as Error).message);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
