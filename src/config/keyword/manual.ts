// The reference manual of the configuration, made from the rows that read it.

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

/** The manual as Markdown. `root` are all keywords outside of blocks, blocks included. */
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
    `These keywords stand alone. Each of the blocks ${names} has a chapter below.`,
    renderRows(root.filter(({ kind }) => kind !== "block")),
    ...blocks.flatMap(({ path, row }) => [
      `## ${titleOf(path)}`,
      row.means,
      renderRows(row.inner.rows),
    ]),
    "## Not implemented yet",
    "Every keyword of keepalived 2.4.3 is known by name. One that would change mastership, the wire, addresses, routes or checks refuses the configuration (**fatal**); one that only reports or tunes is ignored (**error**). A block with nothing in it refuses nothing, but for `auth_hmac`, which makes keepalived drop the password. The content of a block that is not implemented is searched for misspelt keywords.",
    renderPlanned([
      { path: [], rows: root },
      ...blocks.map(({ path, row }) => ({ path, rows: row.inner.rows })),
    ]),
    "## What can be wrong",
    "Every diagnostic has one of these codes. The last column is the exit status of `-t` when nothing worse is found.",
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

/** Blocks of a subsystem have a name behind their keyword. */
function titleOf(path: readonly string[]): string {
  const [outer = "", ...inner] = path;
  return [outer === "global_defs" ? outer : `${outer} NAME`, ...inner].join(" / ");
}

const INTRODUCTION = `holdfast reads keepalived's configuration language. One statement stands on each line; words are separated by blanks; a word with blanks stands in double quotes. A comment begins at \`!\` or \`#\` outside quotes and goes to the end of the line; \`\\!\` and \`\\#\` are the characters themselves. Braces may stand anywhere. A line has at most 1022 octets, all files together at most 16 MiB, 500,000 lines and 400,000 words. A file must be a regular file: pipes, devices and files of the kernel (/proc, /sys) are refused. \`@NAME statement\` counts only on the node whose configuration id (\`-i\`, else the host's name up to the first dot) is NAME, \`@^NAME statement\` only on the others.

\`include PATTERN\` reads other files in its place: \`*\`, \`?\`, \`[a-z]\` and \`{a,b}\` as in the shell, sorted by name, relative to the file with the statement; executable files are left out. A missing file is an error; a pattern that matches nothing is not. \`includer\` makes an unreadable file fatal, \`includem\` a missing one too, \`includew\` even a pattern without match, \`includeb\` an alternative without match, \`includea\` all of it. Definitions (\`$NAME=\`, \`~SEQ\`, \`~LST\`, \`\${_PWD}\` and the like) are not implemented yet and refused.

Commands (\`script\`, \`notify…\`) are cut into words a second time, with both kinds of quotes and with escapes, so that quotes can be nested: \`notify_master "/etc/notify.sh 'two words'"\`.

A problem has one of three grades. **Fatal** refuses a start and a reload. After an **error** the daemon starts without the statement, logs the place and keeps the error for \`status\`; \`--strict\` or \`config_strict\` makes it fatal; a reload is refused unless the running configuration has the same error already. A **warning** never refuses. \`holdfast -t\` prints all problems and exits as keepalived does.`;

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
