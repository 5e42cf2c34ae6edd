// The whole configuration as it is understood, for -d.

import { type Config, type VrrpPart, vrrpPart } from "../config/config.ts";

const SECRETS: ReadonlySet<string> = new Set(["authPass"]);

/** One setting a line, indented by its block; what is unset is left out and passwords are not shown. */
export function renderConfig(config: Config): string[] {
  return render({ files: config.files, ...vrrpPart(config) });
}

/** The vrrp process's part, as `renderConfig`. */
export function renderVrrpPart(part: VrrpPart): string[] {
  return render(part);
}

function render(sections: object): string[] {
  return ["------< Configuration >------", ...valueLines(sections, "")];
}

function valueLines(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]) => {
    const label = Array.isArray(value) ? "-" : `${key} =`;
    if (entry === undefined) return [];
    if (SECRETS.has(key)) return [`${indent}${label} (not shown)`];
    if (key === "umask") return [`${indent}${label} 0${Number(entry).toString(8)}`];
    if (typeof entry !== "object" || entry === null) return [`${indent}${label} ${String(entry)}`];
    if (Object.keys(entry).length === 0) return [];
    return [`${indent}${label}`, ...valueLines(entry, `${indent}  `)];
  });
}
