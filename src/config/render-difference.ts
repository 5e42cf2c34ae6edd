// What a reload changes, as lines for the log.

import type { ConfigDifference, Difference, Kept } from "./diff.ts";

/** One line for each object that is new, gone or different; none when nothing is. Values are not shown: some are secret. */
export function renderDifference({ global, instances, scripts }: ConfigDifference): string[] {
  return [
    ...keptLine("global_defs", global),
    ...differenceLines("vrrp_script", scripts),
    ...differenceLines("vrrp_instance", instances),
  ];
}

function differenceLines<T extends { readonly name: string }>(
  kind: string,
  { added, removed, kept }: Difference<T>,
): string[] {
  return [
    ...removed.map(({ name }) => `${kind} ${name} is gone`),
    ...added.map(({ name }) => `${kind} ${name} is new`),
    ...kept.flatMap((entry) => keptLine(`${kind} ${entry.after.name}`, entry)),
  ];
}

function keptLine<T>(what: string, { changed }: Kept<T>): string[] {
  return changed.length === 0 ? [] : [`${what} changes: ${changed.join(", ")}`];
}
