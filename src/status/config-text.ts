// Renders the effective configuration for the option -d.

import { type Config, type VrrpPart, vrrpPart } from "../config/config.ts";

const SECRETS: ReadonlySet<string> = new Set(["authPass"]);

/** One line per setting, indented by block. Omits unset values and hides passwords. */
export function renderConfig(config: Config): string[] {
  return render({ files: config.files, ...vrrpPart(config) });
}

/** Like `renderConfig`, for the vrrp process's part. */
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
