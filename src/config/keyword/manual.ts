// The reference manual of the configuration, made from the tables that read it.

import {
  CODES,
  type Code,
  gradeOf,
  type TestClass,
  testClassOf,
} from "../diagnostic/diagnostic.ts";
import { GLOBAL_KEYWORDS, ROOT_KEYWORDS } from "../global/global.ts";
import { AUTHENTICATION_KEYWORDS, INSTANCE_KEYWORDS } from "../vrrp/vrrp-instance.ts";
import { SCRIPT_KEYWORDS } from "../vrrp/vrrp-script.ts";
import { grammar } from "./lookup.ts";
import { missingGrade } from "./not-implemented.ts";

/** What is known of a keyword that may not be implemented: one line of keywords.tsv. */
export interface KnownKeyword {
  readonly path: readonly string[];
  readonly keyword: string;
  readonly kind: "keyword" | "block" | "option" | "directive";
  readonly means: string;
}

interface Row {
  readonly keyword: string;
  readonly syntax: string;
  readonly range: string;
  readonly default: string;
  readonly means: string;
}

const CHAPTERS: readonly {
  readonly path: readonly string[];
  readonly title: string;
  readonly text: string;
  readonly rows: readonly Row[];
}[] = [
  {
    path: [],
    title: "Outside of all blocks",
    text: "These stand alone. The blocks `global_defs`, `vrrp_script` and `vrrp_instance` have their own chapters.",
    rows: ROOT_KEYWORDS,
  },
  {
    path: ["global_defs"],
    title: "global_defs",
    text: "Settings of the whole daemon. Defaults for instances reach only the instances that stand behind them, so this block belongs at the top.",
    rows: GLOBAL_KEYWORDS,
  },
  {
    path: ["vrrp_script"],
    title: "vrrp_script NAME",
    text: "A command that is run again and again; instances track its result.",
    rows: SCRIPT_KEYWORDS,
  },
  {
    path: ["vrrp_instance"],
    title: "vrrp_instance NAME",
    text: "One virtual router: the addresses that one node of several holds at a time.",
    rows: INSTANCE_KEYWORDS,
  },
  {
    path: ["vrrp_instance", "authentication"],
    title: "vrrp_instance NAME / authentication",
    text: "A password in every advert. It protects against mistakes, not against attackers.",
    rows: AUTHENTICATION_KEYWORDS,
  },
];

const EXIT: Readonly<Record<TestClass, string>> = {
  none: "0",
  abort: "2",
  cannotRun: "4",
  early: "5",
  problem: "5",
  security: "6",
};

/** The manual as Markdown. `known` are all keywords of keepalived, implemented or not. */
export function renderManual(known: readonly KnownKeyword[]): string {
  return `${[
    "# Configuration",
    "<!-- Made by scripts/manual.js from the keyword tables in src/config. Edit those. -->",
    INTRODUCTION,
    ...CHAPTERS.flatMap(({ title, text, rows }) => [`## ${title}`, text, renderRows(rows)]),
    "## Not implemented yet",
    "Every keyword of keepalived 2.4.3 is known by name. One that would change mastership, the wire, addresses, routes or checks refuses the configuration (**fatal**); one that only tells or tunes is said and left out (**error**). A block with nothing in it refuses nothing, but for `auth_hmac`, which makes keepalived drop the password. The content of a block that is not implemented is looked through for misspelt keywords.",
    renderMissing(known),
    "## What can be wrong",
    "Every diagnostic has one of these codes. The last column is what `-t` exits with when nothing worse is there.",
    renderCodes(),
  ].join("\n\n")}\n`;
}

const INTRODUCTION = `holdfast reads keepalived's configuration language. One statement stands on each line; words are separated by blanks; a word with blanks stands in double quotes. A comment begins at \`!\` or \`#\` outside quotes and goes to the end of the line; \`\\!\` and \`\\#\` are the characters themselves. Braces may stand anywhere. A line has at most 1022 octets, all files together at most 16 MiB, 500,000 lines and 400,000 words. A file is a regular file: what is read from a pipe, a device or the kernel (/proc, /sys) is refused. \`@NAME statement\` counts only on the node whose configuration id (\`-i\`, else the host's name up to the first dot) is NAME, \`@^NAME statement\` only on the others.

\`include PATTERN\` reads other files in its place: \`*\`, \`?\`, \`[a-z]\` and \`{a,b}\` as in the shell, sorted by name, relative to the file that it stands in; executable files are left out. A file that is missing is an error, a pattern that matches nothing is none. \`includer\` makes an unreadable file fatal, \`includem\` a missing one too, \`includew\` even a pattern without match, \`includeb\` an alternative without match, \`includea\` all of it. Definitions (\`$NAME=\`, \`~SEQ\`, \`~LST\`, \`\${_PWD}\` and the like) are not implemented yet and refused.

Commands (\`script\`, \`notify…\`) are cut into words a second time, with both kinds of quotes and with escapes, so that quotes can be nested: \`notify_master "/etc/notify.sh 'two words'"\`.

What is wrong has one of three grades. **Fatal** refuses a start and a reload. An **error** is left out at the start, said with its place and kept for \`status\`; \`--strict\` or \`config_strict\` makes it fatal; a reload is refused unless the running configuration has the same error already. A **warning** never refuses. \`holdfast -t\` prints all of it and exits as keepalived does.`;

function renderRows(rows: readonly Row[]): string {
  return table(
    ["Keyword", "Arguments", "Range", "Default", "Meaning"],
    rows.map((row) => [
      code(row.keyword),
      row.syntax === "" ? "" : code(row.syntax),
      row.range,
      row.default,
      row.means,
    ]),
  );
}

function renderMissing(known: readonly KnownKeyword[]): string {
  const implemented = new Set(
    CHAPTERS.flatMap(({ path, rows }) => rows.map((row) => [...path, row.keyword].join("/"))),
  );
  const rows = known.flatMap(({ path, keyword, kind, means }) => {
    const isChapter = CHAPTERS.some((chapter) => chapter.path.join("/") === path.join("/"));
    const isOwnChapter = CHAPTERS.some(
      (chapter) => chapter.path.join("/") === [...path, keyword].join("/"),
    );
    const isMissing = isChapter && !isOwnChapter && !implemented.has([...path, keyword].join("/"));
    const isKeyword = kind === "keyword" || kind === "block";
    if (!isMissing || !isKeyword || grammar(path, keyword) === undefined) return [];
    const grade = gradeOf(missingGrade(path, keyword).code);
    return [[code([...path, keyword].join(" / ")), grade, means]];
  });
  return table(["Keyword", "Grade", "Meaning in keepalived"], rows);
}

function renderCodes(): string {
  return table(
    ["Code", "Grade", "`-t`"],
    (Object.keys(CODES) as Code[]).map((name) => [
      code(name),
      gradeOf(name),
      EXIT[testClassOf(name)],
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The lines of keywords.tsv, the first of which names the columns. */
export function parseKnownKeywords(tsv: string): KnownKeyword[] {
  return tsv
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [path = "", keyword = "", kind = "", , , , , means = ""] = line.split("\t");
      return {
        path: path === "" ? [] : path.split("/"),
        keyword,
        kind: kind as KnownKeyword["kind"],
        means,
      };
    });
}
