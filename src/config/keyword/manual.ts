// Renders the reference manual of the configuration from the keyword tables.

import {
  CODES,
  type Code,
  gradeOf,
  type TestClass,
  testClassOf,
} from "../diagnostic/diagnostic.ts";
import { type BuiltRow, isBuiltRow, type PlannedRow, type Row } from "./row.ts";

const EXIT: Readonly<Record<TestClass, string>> = {
  none: "0",
  abort: "2",
  cannotRun: "4",
  early: "5",
  problem: "5",
  security: "6",
};

/** The manual as Markdown. `root` are the keywords outside of all blocks, and the blocks themselves. */
export function renderManual(root: readonly Row[]): string {
  const blocks = builtBlocks(root, []);
  const names = blocks
    .filter(({ path }) => path.length === 1)
    .map(({ path }) => code(path[0] ?? ""))
    .join(", ");
  return `${[
    "# Configuration",
    "<!-- Made by scripts/manual.js from the keyword tables in src/config. Edit those. -->",
    INTRODUCTION,
    "## Outside of all blocks",
    `These keywords are outside of all blocks. The blocks ${names} each have a chapter below.`,
    renderRows(root.filter(({ kind }) => kind !== "block")),
    ...blocks.flatMap(({ path, row }) => [
      `## ${titleOf(path)}`,
      row.means,
      renderRows(row.inner.rows),
    ]),
    "## Not implemented yet",
    "Every keyword of keepalived 2.4.3 is known by name. A keyword that would change mastership, packets, addresses, routes or checks refuses the configuration (**fatal**); one that only reports or affects performance is ignored (**error**). An empty block is accepted, except `auth_hmac`, which makes keepalived drop the password. Misspelt keywords are reported even in blocks that are not implemented.",
    renderPlanned([
      { path: [], rows: root },
      ...blocks.map(({ path, row }) => ({ path, rows: row.inner.rows })),
    ]),
    "## What can be wrong",
    "Every problem has one of these codes. The last column is the exit status of `-t` if there is no worse problem.",
    renderCodes(),
  ].join("\n\n")}\n`;
}

interface BuiltBlock {
  /** The keywords of the block and of those around it, the outermost first. */
  readonly path: readonly string[];
  readonly row: BuiltRow;
}

function builtBlocks(rows: readonly Row[], around: readonly string[]): BuiltBlock[] {
  return rows.filter(isBuiltRow).flatMap((row) => {
    const path = [...around, row.keyword];
    return row.kind === "block" ? [{ path, row }, ...builtBlocks(row.inner.rows, path)] : [];
  });
}

/** Blocks of a subsystem have a name after their keyword. */
function titleOf(path: readonly string[]): string {
  const [outer = "", ...inner] = path;
  return [outer === "global_defs" ? outer : `${outer} NAME`, ...inner].join(" / ");
}

const INTRODUCTION = `holdfast reads keepalived's configuration language. Each line is one statement. Blanks separate words; a word that contains blanks needs double quotes. A comment goes from \`!\` or \`#\` outside quotes to the end of the line; write \`\\!\` and \`\\#\` for the characters themselves. Braces may be anywhere. A line has at most 1022 octets, all files together at most 16 MiB, 500,000 lines and 400,000 words. Stored, a \`vrrp_instance\` or \`vrrp_script\` takes at most 1 MiB (some 50,000 peers), so does each entry of \`global_defs\`, and the configuration 128 MiB. Pipes, devices and files of the kernel (/proc, /sys) are refused. \`@NAME statement\` applies only to the node with the configuration id NAME (\`-i\`, else the host's name up to the first dot), \`@^NAME statement\` only to the others.

\`include PATTERN\` inserts other files, sorted by name. Patterns are as in the shell (\`*\`, \`?\`, \`[a-z]\`, \`{a,b}\`) and relative to the file that contains the statement; executable files are skipped. A missing file is an error; a pattern without a match is not. With \`includer\`, an unreadable file is fatal; with \`includem\`, also a missing one; with \`includew\`, also a pattern without a match; with \`includeb\`, an alternative in braces without a match; with \`includea\`, all of these. Definitions (\`$NAME=\`, \`~SEQ\`, \`~LST\`, \`\${_PWD}\` and the like) are not implemented yet and are refused.

Commands (\`script\`, \`notify…\`) are split into words a second time, with single and double quotes and escapes, so that quotes can be nested: \`notify_master "/etc/notify.sh 'two words'"\`.

A problem has one of three grades. **Fatal** refuses a start and a reload. After an **error**, the daemon starts without the statement, logs the place and keeps the error for \`status\`; a reload is refused unless the running configuration has the same error. \`--strict\` or \`config_strict\` makes errors fatal. A **warning** never refuses. \`holdfast -t\` prints all problems and exits as keepalived does.`;

function renderRows(rows: readonly Row[]): string {
  return renderTable(
    ["Keyword", "Arguments", "Range", "Default", "Meaning"],
    rows
      .filter(isBuiltRow)
      .map((row) => [
        code(row.keyword),
        row.syntax === "" ? "" : code(row.syntax),
        row.range,
        defaultText(row),
        row.means,
      ]),
  );
}

/** The default of a row, as the manual has it. */
export function defaultText({ keyword, fallback, show }: BuiltRow): string {
  switch (fallback.kind) {
    case "value": {
      const { value } = fallback;
      const isNone = value === undefined || (Array.isArray(value) && value.length === 0);
      return isNone ? "none" : show(value);
    }
    case "derived":
      return fallback.derived.text;
    case "inherited": {
      const from = fallback.from.keyword;
      return `as ${from}${from === keyword ? " of global_defs" : ""}`;
    }
    case "required":
      return "required";
  }
}

function renderPlanned(
  blocks: readonly { readonly path: readonly string[]; readonly rows: readonly Row[] }[],
): string {
  const isPlanned = (row: Row): row is PlannedRow => !row.isBuilt && row.kind !== "option";
  const rows = blocks.flatMap(({ path, rows: all }) =>
    all.filter(isPlanned).map(({ keyword, without, means }) => {
      const grade = gradeOf(without === undefined ? "not-implemented" : "not-implemented-detail");
      return [code([...path, keyword].join(" / ")), grade, means];
    }),
  );
  return renderTable(["Keyword", "Grade", "Meaning in keepalived"], rows);
}

function renderCodes(): string {
  return renderTable(
    ["Code", "Grade", "`-t`"],
    (Object.keys(CODES) as Code[]).map((name) => [
      code(name),
      gradeOf(name),
      EXIT[testClassOf(name)],
    ]),
  );
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
