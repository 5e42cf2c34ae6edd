// Renders the effective configuration for the option -d.

import { type Config, partsOf, type VrrpPart } from "../config/config.ts";
import { NO_ROWS, type Table } from "../config/keyword/row.ts";
import { REGISTRY, type Registry } from "../config/registry.ts";

/**
 * `config`, read from `files`: one setting a line, indented by its block; what is unset is left out and secrets are not
 * shown.
 */
export function renderConfig(
  { config, files }: { readonly config: Config; readonly files: readonly string[] },
  registry: Registry = REGISTRY,
): string[] {
  const { global } = config;
  const sections = Object.values(partsOf(config)).flatMap((part) => Object.entries(part));
  return render({ files, global, ...Object.fromEntries(sections) }, registry);
}

/** Like `renderConfig`, for the vrrp process's part. */
export function renderVrrpPart(part: VrrpPart): string[] {
  return render(part, REGISTRY);
}

function render(sections: object, registry: Registry): string[] {
  const tables = new Map<string, Table>([["global", registry.global]]);
  for (const { blocks, lists } of registry.subsystems) {
    for (const [list, { block }] of Object.entries(lists)) {
      const rows = blocks.find(({ keyword }) => keyword === block)?.table;
      tables.set(list, rows ?? NO_ROWS);
    }
  }
  const lines = Object.entries(sections).flatMap(([name, section]) =>
    valueLines({ [name]: section }, "", tables.get(name) ?? NO_ROWS),
  );
  return ["------< Configuration >------", ...lines];
}

function valueLines(value: object, indent: string, rows: Table): string[] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]) => {
    const label = Array.isArray(value) ? "-" : `${key} =`;
    if (entry === undefined) return [];
    const row = rows.byField.get(key);
    if (row?.isSecret === true) return [`${indent}${label} (not shown)`];
    if (row?.isDumpedAsWritten === true) return [`${indent}${label} ${row.show(entry)}`];
    if (typeof entry !== "object" || entry === null) return [`${indent}${label} ${String(entry)}`];
    if (Object.keys(entry).length === 0) return [];
    return [`${indent}${label}`, ...valueLines(entry, `${indent}  `, rows)];
  });
}
