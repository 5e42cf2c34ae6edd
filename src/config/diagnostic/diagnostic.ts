// The problems of a configuration: a table of codes, each with its grade and its effect on the exit status of -t.

/**
 * `fatal` refuses start and reload. `error`: a start ignores the faulty part; a reload is refused unless the running
 * configuration has the same error. `warning` refuses nothing.
 */
export type Grade = "fatal" | "error" | "warning";

/**
 * The effect on the exit status of keepalived's `-t`: none; `abort` (exit 2 at once); `cannotRun` (4); `problem` (5);
 * `security` (6, takes precedence over all but an abort); `early` (5, and the check ends before security is checked).
 */
export type TestClass = "none" | "abort" | "cannotRun" | "problem" | "security" | "early";

/** Every code with its grade and its test class. Log lines and tests use the same names. */
export const CODES = {
  // Files
  "file-missing": "fatal none",
  "file-unreadable": "fatal cannotRun",
  "file-irregular": "fatal none",
  "file-too-large": "fatal problem",
  "file-name": "fatal problem",
  "empty-file": "fatal none",
  "no-block": "fatal none",
  "not-utf8": "warning none",
  "not-utf8-word": "error none",
  "not-utf8-password": "fatal none",
  "byte-order-mark": "error problem",
  "too-many-diagnostics": "fatal problem",
  "include-missing": "error none",
  "include-failed": "fatal security",
  "include-unreadable": "error none",
  "include-too-deep": "fatal problem",
  "include-too-many": "fatal problem",
  "object-too-large": "fatal problem",
  "config-too-large": "fatal problem",

  // Lines
  "line-too-long": "error problem",
  "embedded-nul": "error problem",
  "unmatched-quote": "error problem",

  // Braces
  "missing-opening-brace": "fatal problem",
  "missing-closing-brace": "fatal problem",
  "extra-closing-brace": "fatal problem",
  "misplaced-block": "fatal problem",
  "unexpected-block": "error problem",
  "nesting-too-deep": "fatal problem",

  // Keywords
  "unknown-keyword": "error problem",
  "not-implemented": "fatal problem",
  "not-implemented-detail": "error problem",
  "deprecated-keyword": "warning problem",
  "empty-list": "warning problem",
  "repeated-keyword": "error problem",
  "repeated-value": "warning none",
  "missing-argument": "fatal abort",
  "missing-value": "error problem",
  "extra-block-argument": "warning problem",
  "extra-argument": "warning none",

  // Values
  "bad-number": "error problem",
  "trailing-junk": "error problem",
  "out-of-range": "error problem",
  "bad-value": "error problem",
  "bad-address": "error problem",
  "bad-prefix-length": "error problem",
  "wrong-family": "error problem",
  "name-too-long": "error problem",
  "value-cut": "warning problem",
  "value-adjusted": "error problem",

  // Names
  "missing-name": "error problem",
  "duplicate-name": "error problem",
  "duplicate-entry": "error problem",
  "unknown-script": "error problem",
  "unknown-user": "error problem",
  "default-user-missing": "warning none",

  // Scripts
  "script-unset": "error problem",
  "script-unused": "warning none",
  "script-missing": "error problem",
  "script-insecure": "error problem",
  "script-not-executable": "error none",
  "script-no-shebang": "warning none",
  "script-path-search": "warning none",
  "script-unsafe": "warning none",
  "script-security-off": "warning security",
  "escapes-differ": "warning none",
  "notify-unparsable": "error none",
  "notify-unknown-user": "error none",
  "notify-missing": "error none",
  "notify-insecure": "error none",

  // Instances
  "missing-interface": "fatal early",
  "interface-awaited": "warning none",
  "interface-unset": "fatal problem",
  "missing-vrid": "fatal problem",
  "duplicate-vrid": "fatal problem",
  "too-many-instances": "fatal none",
  "too-many-addresses": "fatal none",
  "no-addresses": "fatal problem",
  "no-addresses-v2": "warning problem",
  "loopback-interface": "fatal problem",
  "strict-unicast": "fatal problem",
  "incompatible-settings": "warning problem",
  "auth-ignored": "error problem",
  "auth-pass-unused": "warning none",
  "owner-weight": "error problem",
  "own-interface-tracked": "error problem",
  "addresses-moved": "error problem",
  "address-unusable": "warning none",
  "own-address": "warning none",
  "unicast-ignored": "warning problem",
  "no-firewall": "error none",
  "late-global-default": "warning none",
  "slow-lease": "warning none",
} as const;

export type Code = keyof typeof CODES;

const FACTS: Readonly<Record<Code, `${Grade} ${TestClass}`>> = CODES;

/** The grade of `code`. */
export function gradeOf(code: Code): Grade {
  return FACTS[code].split(" ")[0] as Grade;
}

/** The effect of `code` on the exit status of `-t`. */
export function testClassOf(code: Code): TestClass {
  return FACTS[code].split(" ")[1] as TestClass;
}

/** A part of one line of a file. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** In UTF-16 units; at least 1. */
  readonly length: number;
}

/** A problem with its place and a suggestion. */
export interface Diagnostic extends Place {
  readonly grade: Grade;
  readonly code: Code;
  /** The object it belongs to: "vrrp_instance VI_1", "global_defs", or "" for the file as a whole. */
  readonly object: string;
  /** A text without the place, so that it does not depend on the line. */
  readonly message: string;
  /** The probably intended word. */
  readonly suggestion: string | undefined;
  /** keepalived's log line for it, without its `(Line N)`; undefined if it logs none. */
  readonly logText: string | undefined;
}

/**
 * The diagnostics for which a reload must be refused: fatal ones, and errors that are not in `running`, the diagnostics
 * of the running configuration. Their lines may differ.
 */
export function refusals(
  loaded: readonly Diagnostic[],
  running: readonly Diagnostic[],
): Diagnostic[] {
  const known = new Set(running.map(meaningOf));
  return loaded.filter(
    (diagnostic) =>
      diagnostic.grade === "fatal" ||
      (diagnostic.grade === "error" && !known.has(meaningOf(diagnostic))),
  );
}

/** Equal for diagnostics with the same text about the same object. */
function meaningOf({ code, object, message }: Diagnostic): string {
  return JSON.stringify([code, object, message]);
}

/** Makes every error fatal, for `--strict` and `config_strict`. */
export function strictly(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((diagnostic) =>
    diagnostic.grade === "error" ? { ...diagnostic, grade: "fatal" } : diagnostic,
  );
}

/** The exit status of keepalived's `-t` for a configuration with these diagnostics: 0, 2, 4, 5 or 6. */
export function configTestExitCode(diagnostics: readonly Diagnostic[]): 0 | 2 | 4 | 5 | 6 {
  const classes = new Set<TestClass>(diagnostics.map(({ code }) => testClassOf(code)));
  if (classes.has("abort")) return 2;
  if (classes.has("early")) return 5;
  if (classes.has("security")) return 6;
  if (classes.has("problem")) return 5;
  if (classes.has("cannotRun")) return 4;
  return 0;
}
