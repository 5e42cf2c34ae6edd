// Lines to a tree of statements. The braces alone make the tree; the grammar only says which keywords open a block, so
// that a missing brace is found where it is missing.

import type { Place } from "./diagnostic.ts";
import { type Piece, type SourceLine, splitLine, type Word } from "./lexer.ts";
import type { Report } from "./report.ts";

const MAX_NESTING = 32;

/** Words with a block behind them, or without. */
export interface Statement {
  /** At least one. */
  readonly words: readonly Word[];
  /** The line and the stretch of it that the words come from, for commands, which are cut again. */
  readonly source: SourceLine;
  readonly from: number;
  readonly to: number;
  /** Undefined when no brace follows. */
  readonly block: readonly Statement[] | undefined;
}

/** What opens a block: of keywords, or a list of entries. */
export type StatementKind = "block" | "list" | "keyword" | "option" | "directive";

/** The kind of `keyword` within the block that `path` leads to, or undefined when there is no such keyword. */
export type Grammar = (path: readonly string[], keyword: string) => StatementKind | undefined;

export interface Tree {
  readonly statements: readonly Statement[];
  /** Whether the braces match; if not, nothing below can be trusted. */
  readonly balanced: boolean;
}

interface Frame {
  /** What opened it, for messages; undefined for the file itself. */
  readonly opener: Statement | undefined;
  readonly path: readonly string[];
  readonly kind: "block" | "list" | "unknown";
  readonly statements: MutableStatement[];
}

interface MutableStatement extends Statement {
  block: readonly Statement[] | undefined;
}

/** The tree of `lines`. Reports unbalanced, unexpected and too deep braces. */
export function parse(lines: readonly SourceLine[], grammar: Grammar, report: Report): Tree {
  const root: Frame = { opener: undefined, path: [], kind: "block", statements: [] };
  const stack: Frame[] = [root];
  let waiting: MutableStatement | undefined;
  /** The first block that looks unclosed: only told when a '}' is missing in the end. */
  let suspect: Frame | undefined;
  /** A block began that can't be where it is, so what follows is in the wrong place too. */
  let isDisplaced = false;
  let balanced = true;

  const top = (): Frame => stack[stack.length - 1] as Frame;

  const open = (statement: MutableStatement): void => {
    const frame = top();
    const keyword = keywordOf(statement);
    const kind = frame.kind === "block" ? grammar(frame.path, keyword) : undefined;
    statement.block = [];
    stack.push({
      opener: statement,
      path: [...frame.path, keyword],
      kind: kind === "block" || kind === "list" ? kind : "unknown",
      statements: statement.block as MutableStatement[],
    });
  };

  const needsBrace = (statement: MutableStatement): boolean => {
    const frame = top();
    const kind = frame.kind === "block" ? grammar(frame.path, keywordOf(statement)) : undefined;
    return kind === "block" || kind === "list";
  };

  /** Called before anything that isn't a brace: a block keyword still waits for its own. */
  const settle = (): void => {
    if (waiting === undefined) return;
    const statement = waiting;
    waiting = undefined;
    if (!needsBrace(statement)) return;
    balanced = false;
    report(
      "missing-opening-brace",
      placeOf(statement),
      `'${keywordOf(statement)}' opens a block, but no '{' follows`,
      { log: "Missing '{' at beginning of configuration block" },
    );
    open(statement);
  };

  const take = (piece: Piece): boolean => {
    if (piece.kind === "words") {
      settle();
      const { words, source, from, to } = piece;
      const statement: MutableStatement = { words, source, from, to, block: undefined };
      const unclosed = misplaced(stack, statement, grammar);
      suspect ??= unclosed;
      isDisplaced ||= unclosed !== undefined;
      top().statements.push(statement);
      waiting = statement;
      return true;
    }
    if (piece.kind === "close") {
      settle();
      suspect ??= outdented(stack, piece.place);
      if (stack.length > 1) stack.pop();
      else {
        balanced = false;
        report("extra-closing-brace", piece.place, "this '}' closes nothing", {
          log: "Extra '}' found",
        });
      }
      return true;
    }
    if (stack.length >= MAX_NESTING) {
      balanced = false;
      report("nesting-too-deep", piece.place, `blocks nest deeper than ${MAX_NESTING} levels`);
      return false;
    }
    const statement = waiting ?? { ...nameless(piece.place), block: undefined };
    const plain = top().kind !== "unknown" && isPlain(statement, top(), grammar);
    if (waiting === undefined || (plain && !isDisplaced)) {
      report("unexpected-block", piece.place, unexpected(waiting), {
        log: "Unexpected '{' - ignoring",
      });
    }
    waiting = undefined;
    open(statement);
    return true;
  };

  for (const line of lines) {
    for (const piece of splitLine(line, report)) {
      if (!take(piece)) return { statements: root.statements, balanced: false };
    }
  }
  settle();
  if (stack.length > 1) {
    balanced = false;
    const frame = suspect ?? top();
    const missing = stack.length - 1;
    report(
      "missing-closing-brace",
      frame.opener === undefined ? placeOf(top().opener) : placeOf(frame.opener),
      `${missing} '}' missing: this block is not closed`,
      { log: `There are ${missing} missing '}'s or extra '{'s` },
    );
  }
  return { statements: root.statements, balanced };
}

/** The first word of a statement: its keyword. */
export function keywordOf(statement: Statement): string {
  return statement.words[0]?.text ?? "";
}

/** The place of a statement's keyword. */
export function placeOf(statement: Statement | undefined): Place {
  return statement?.words[0] ?? { file: "", line: 0, column: 1, length: 1 };
}

function isPlain(statement: Statement, frame: Frame, grammar: Grammar): boolean {
  if (frame.kind === "list") return true;
  const kind = grammar(frame.path, keywordOf(statement));
  return kind !== undefined && kind !== "block" && kind !== "list";
}

function unexpected(statement: Statement | undefined): string {
  return statement === undefined
    ? "a '{' without a keyword; what it encloses is ignored"
    : `'${keywordOf(statement)}' takes no block; what it encloses is ignored`;
}

/** A block without keyword, so that its content has somewhere to go. */
function nameless(place: Place): Statement {
  const source = { file: place.file, line: place.line, text: "{", start: 0, removed: [] };
  return { words: [{ ...place, text: "{", quoted: false }], source, from: 0, to: 1, block: [] };
}

/**
 * The innermost open block, when the '}' at `place` is not below its keyword but below that of a block further out:
 * by the indentation, its own '}' is missing.
 */
function outdented(stack: readonly Frame[], place: Place): Frame | undefined {
  const columns = stack.map(({ opener }) =>
    opener === undefined || opener.words[0]?.line === place.line ? 0 : placeOf(opener).column,
  );
  const own = columns[columns.length - 1];
  if (own === 0 || own === place.column || !columns.includes(place.column)) return undefined;
  return stack[stack.length - 1];
}

/**
 * The innermost open block, when `statement` can't belong there but is a keyword of a block further out that would
 * open one itself: most likely the '}' is missing before it.
 */
function misplaced(
  stack: readonly Frame[],
  statement: Statement,
  grammar: Grammar,
): Frame | undefined {
  const frame = stack[stack.length - 1];
  if (frame === undefined || stack.length === 1 || frame.kind === "unknown") return undefined;
  const keyword = keywordOf(statement);
  if (frame.kind === "block" && grammar(frame.path, keyword) !== undefined) return undefined;
  const outer = stack.slice(0, -1);
  const fits = outer.some(({ path, kind }) => {
    const found = kind === "block" ? grammar(path, keyword) : undefined;
    return found === "block" || found === "list";
  });
  return fits ? frame : undefined;
}
