// Parses lines to a tree of statements. Only braces make the tree; the grammar, which knows the keywords of blocks,
// helps to find the place of a missing brace.

import { unreachable } from "../../lib/assert.ts";
import type { Place } from "../diagnostic/diagnostic.ts";
import { type Report, wholeFile } from "../diagnostic/report.ts";
import { type Piece, type SourceLine, splitLine, type Word } from "./lexer.ts";

/** The maximum nesting of blocks. */
const MAX_NESTING = 31;

/** Words and braces of all files together; more is refused. */
const MAX_PIECES = 400_000;

/** Words, and the block after them if there is one. */
export interface Statement {
  /** At least one. */
  readonly words: readonly Word[];
  /** The line and the range of the words in it, for commands, which are split again. */
  readonly source: SourceLine;
  readonly from: number;
  readonly to: number;
  /** Undefined if no brace follows. */
  readonly block: readonly Statement[] | undefined;
}

/** The kind of a block: keywords, or a list of entries. */
export type StatementKind = "block" | "list" | "keyword" | "option" | "directive";

/** The kind of `keyword` within the block at `path`; undefined if there is no such keyword. */
export type Grammar = (path: readonly string[], keyword: string) => StatementKind | undefined;

export interface Tree {
  readonly statements: readonly Statement[];
  /** True if the braces match; otherwise the tree is unreliable. */
  readonly balanced: boolean;
}

interface Frame {
  /** The statement that opened it, for messages; undefined for the file itself. */
  readonly opener: Statement | undefined;
  readonly path: readonly string[];
  readonly kind: "block" | "list" | "unknown";
  readonly statements: MutableStatement[];
}

interface MutableStatement extends Statement {
  block: readonly Statement[] | undefined;
}

/** Parses `lines` to a tree. Reports unbalanced, unexpected and too deeply nested braces. */
export function parse(lines: readonly SourceLine[], grammar: Grammar, report: Report): Tree {
  const builder = new TreeBuilder(grammar, report);
  let left = MAX_PIECES;
  for (const line of lines) {
    for (const piece of splitLine(line, report)) {
      left -= piece.kind === "words" ? piece.words.length : 1;
      if (left < 0) {
        const message = `there are more than ${MAX_PIECES} words and braces in all files`;
        report("file-too-large", wholeFile(line.file), message);
      }
      if (!builder.take(piece)) return builder.tree();
    }
  }
  builder.finish();
  return builder.tree();
}

/** Builds a tree piece by piece. */
class TreeBuilder {
  readonly #grammar: Grammar;
  readonly #report: Report;
  readonly #stack: [Frame, ...Frame[]];
  /** The statement that a '{' would belong to. */
  #waiting: MutableStatement | undefined;
  /** The first block that looks unclosed; reported only if a '}' is missing at the end. */
  #suspect: Frame | undefined;
  /** A misplaced block has begun, so the following statements are misplaced too. */
  #isDisplaced = false;
  /** The first top-level block that is inside another block. */
  #swallowed: { readonly block: Statement; readonly by: Frame } | undefined;
  #balanced = true;

  constructor(grammar: Grammar, report: Report) {
    this.#grammar = grammar;
    this.#report = report;
    this.#stack = [{ opener: undefined, path: [], kind: "block", statements: [] }];
  }

  tree(): Tree {
    return { statements: this.#stack[0].statements, balanced: this.#balanced };
  }

  /** Adds a piece; false if parsing must stop. */
  take(piece: Piece): boolean {
    switch (piece.kind) {
      case "words":
        this.#settle();
        this.#addStatement(piece);
        return true;
      case "close":
        this.#settle();
        this.#close(piece.place);
        return true;
      case "open":
        return this.#openAt(piece.place);
      default:
        return unreachable(piece);
    }
  }

  /** Reports errors that show only at the end. */
  finish(): void {
    this.#settle();
    const missing = this.#stack.length - 1;
    if (missing === 0) {
      this.#reportSwallowed();
      return;
    }
    this.#balanced = false;
    const frame = this.#suspect ?? this.#top;
    this.#report(
      "missing-closing-brace",
      placeOf(frame.opener ?? this.#top.opener),
      `this block is not closed: ${missing === 1 ? "a '}' is" : `${missing} '}' are`} missing`,
      { log: `There are ${missing} missing '}'s or extra '{'s` },
    );
  }

  /** Reports a misplaced brace if the numbers of braces match. */
  #reportSwallowed(): void {
    if (!this.#balanced || this.#swallowed === undefined) return;
    this.#balanced = false;
    const { block, by } = this.#swallowed;
    const opener = by.opener?.words.map((word) => word.text).join(" ") ?? "";
    const keyword = keywordOf(block);
    const message = `'${keyword}' is not allowed inside '${opener}': a '}' is missing above, or is in the wrong place`;
    this.#report("misplaced-block", placeOf(block), message, {
      log: `Unknown keyword '${keyword}'`,
    });
  }

  get #top(): Frame {
    return this.#stack[this.#stack.length - 1] ?? this.#stack[0];
  }

  /** Called before any piece except '{': reports a block keyword whose '{' is missing. */
  #settle(): void {
    const statement = this.#waiting;
    this.#waiting = undefined;
    if (statement === undefined || !isBlock(this.#kindOf(statement))) return;
    this.#balanced = false;
    this.#report(
      "missing-opening-brace",
      placeOf(statement),
      `'${keywordOf(statement)}' needs a '{' after it`,
      { log: "Missing '{' at beginning of configuration block" },
    );
    this.#push(statement);
  }

  #addStatement({ words, source, from, to }: Piece & { readonly kind: "words" }): void {
    const statement: MutableStatement = { words, source, from, to, block: undefined };
    const unclosed = misplaced(this.#stack, statement, this.#grammar);
    this.#suspect ??= unclosed;
    this.#isDisplaced ||= unclosed !== undefined;
    this.#top.statements.push(statement);
    this.#waiting = statement;
  }

  #close(place: Place): void {
    this.#suspect ??= outdented(this.#stack, place);
    if (this.#stack.length > 1) {
      this.#stack.pop();
      return;
    }
    this.#balanced = false;
    this.#report("extra-closing-brace", place, "this '}' has no matching '{'", {
      log: "Extra '}' found",
    });
  }

  #openAt(place: Place): boolean {
    if (this.#stack.length > MAX_NESTING) {
      this.#balanced = false;
      this.#report("nesting-too-deep", place, `blocks are nested more than ${MAX_NESTING} deep`);
      return false;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const statement = waiting ?? { ...nameless(place), block: undefined };
    const plain = this.#top.kind !== "unknown" && isPlain(statement, this.#top, this.#grammar);
    if (waiting === undefined || (plain && !this.#isDisplaced)) {
      this.#report("unexpected-block", place, unexpected(waiting), {
        log: "Unexpected '{' - ignoring",
      });
    }
    this.#push(statement);
    return true;
  }

  #push(statement: MutableStatement): void {
    const kind = this.#kindOf(statement);
    const isOuter = this.#grammar([], keywordOf(statement)) === "block";
    if (kind === undefined && isOuter && this.#stack.length > 1) {
      this.#swallowed ??= { block: statement, by: this.#top };
    }
    const statements: MutableStatement[] = [];
    statement.block = statements;
    this.#stack.push({
      opener: statement,
      path: [...this.#top.path, keywordOf(statement)],
      kind: isBlock(kind) ? kind : "unknown",
      statements,
    });
  }

  /** The kind of `statement` in the innermost open block. */
  #kindOf(statement: Statement): StatementKind | undefined {
    const { kind, path } = this.#top;
    return kind === "block" ? this.#grammar(path, keywordOf(statement)) : undefined;
  }
}

function isBlock(kind: StatementKind | undefined): kind is "block" | "list" {
  return kind === "block" || kind === "list";
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
  return kind !== undefined && !isBlock(kind);
}

function unexpected(statement: Statement | undefined): string {
  return statement === undefined
    ? "this '{' has no keyword before it; the block is ignored"
    : `'${keywordOf(statement)}' takes no block; the block is ignored`;
}

/** A block without a keyword, to hold its content. */
function nameless(place: Place): Statement {
  const source = { file: place.file, line: place.line, text: "{", start: 0, removed: [] };
  return { words: [{ ...place, text: "{", quoted: false }], source, from: 0, to: 1, block: [] };
}

/**
 * The innermost open block, if the '}' at `place` is indented like the keyword of an outer block: its own '}' is
 * probably missing.
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
 * The innermost open block, if `statement` is not a keyword there but opens a block in an outer one: the '}' is
 * probably missing before it.
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
    return isBlock(kind === "block" ? grammar(path, keyword) : undefined);
  });
  return fits ? frame : undefined;
}
