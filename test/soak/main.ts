// `npm run soak MINUTES [SEED]`: two holdfast, then holdfast and keepalived, under random faults.
// With `npm run soak -- …` also `--seed N` and `--pair holdfast|keepalived`.
// `npm run soak -- attacks [NAME ...]`: each attack of attacks/table.ts once, against two holdfast.

import { parseArgs } from "node:util";
import { ATTACKS_USAGE, attackByCommand } from "./attacks/command.ts";
import { closeOnSignal } from "./close-on-signal.ts";
import type { DaemonName } from "./node.ts";
import { renderReport, soak } from "./soak.ts";

const USAGE = "usage: npm run soak MINUTES [SEED] [-- --seed N --pair holdfast|keepalived]";
const DEFAULT_MINUTES = "10";

interface Wish {
  readonly minutes: number;
  readonly seed: number;
  readonly peers: readonly DaemonName[];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What the command line asks for, or undefined when it makes no sense. */
function readWish(words: string[]): Wish | undefined {
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
    const isSense = minutes > 0 && Number.isSafeInteger(seed) && peers.length > 0;
    return isSense && positionals.length <= 2 ? { minutes, seed, peers } : undefined;
  } catch {
    return undefined;
  }
}

async function main(words: string[]): Promise<number> {
  const [first, ...rest] = words;
  if (first === "attacks") return await attackByCommand(rest, print);
  const wish = readWish(words);
  if (wish === undefined) {
    print(USAGE);
    print(ATTACKS_USAGE);
    return 2;
  }
  const { minutes, seed, peers } = wish;
  const takeLab = closeOnSignal(print, `seed ${seed}`);
  print(`seed ${seed}; again: npm run soak ${minutes} ${seed}`);
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
