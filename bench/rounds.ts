// Alternating rounds of both sides, and the rows made from their results.

import type { Report } from "./report.ts";
import { type Side, sides } from "./sides.ts";
import { median } from "./statistics.ts";
import type { Row } from "./table.ts";

/** The results of all rounds by side. */
export type Rounds<T> = { readonly [side in Side]: readonly T[] };

/**
 * Measures `count` rounds, first one side and then the other in each. Failed rounds are reported as notes and left out;
 * `label` names the measurement in them.
 */
export async function measureRounds<T>(
  label: string,
  count: number,
  report: Report,
  measure: (side: Side) => Promise<T>,
): Promise<Rounds<T>> {
  const done: { readonly [side in Side]: T[] } = { holdfast: [], keepalived: [] };
  for (let round = 1; round <= count; round += 1) {
    for (const side of sides) {
      report.progress(`${label}: round ${round} of ${count}, ${side}`);
      try {
        done[side].push(await measure(side));
      } catch (error) {
        report.note(`${label}, round ${round}, ${side}: ${(error as Error).message}`);
      }
    }
  }
  return done;
}

/** The row of one value of each round: its median (or another summary) on each side. */
export function roundsRow<T>(
  rounds: Rounds<T>,
  pick: (round: T) => number,
  row: Pick<Row, "part" | "label" | "unit" | "digits" | "target">,
  summarize: (values: readonly number[]) => number | undefined = median,
): Row {
  const samples = {
    holdfast: rounds.holdfast.map(pick),
    keepalived: rounds.keepalived.map(pick),
  };
  return {
    ...row,
    holdfast: summarize(samples.holdfast),
    keepalived: summarize(samples.keepalived),
    samples,
  };
}
