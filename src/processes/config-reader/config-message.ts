// A configuration on its way from the process that reads it to the parent, in pieces, so that none blocks the parent. The
// reader parses what other people wrote, so the parent checks what it sends: size, plain data, order and shape.

import { CODES } from "../../config/diagnostic/diagnostic.ts";
import {
  type ParsedPiece,
  type Piece,
  PieceAssembly,
  parsePiece,
  piecesOf,
} from "../../process/pieces.ts";
import { isPlainObject } from "../../process/plain-data.ts";
import type { Finding, LoadedConfig } from "./loaded-config.ts";

/** The maximum processor time of a reading: other limits are reached before. */
export const MOST_PROCESSOR_SECONDS = 10;
/** The maximum number of pieces and their total size: more than the words of the longest configuration make. */
const MOST_PIECES = 4_096;
const MOST_OCTETS = 128 * 1024 * 1024;
/** The maximum length of the reason of a failure. */
const MOST_REASON = 16 * 1024;
/** The configuration and each of its subsystems are taken apart. */
const LEVELS = 3;

/** What the reader sends, `end` last, or `failed` alone. */
export type ConfigMessage =
  | { readonly kind: "piece"; readonly piece: Piece }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

/** A message of the reader after its check. */
export type ParsedMessage =
  | ({ readonly kind: "piece" } & ParsedPiece)
  | Exclude<ConfigMessage, { readonly kind: "piece" }>;

/** The message in `value`. Throws a RangeError that states what is wrong with it. */
export function parseConfigMessage(value: unknown): ParsedMessage {
  if (!isPlainObject(value)) throw new RangeError("a message is not an object");
  const { kind, reason, piece } = value;
  switch (kind) {
    case "end":
      return { kind };
    case "failed":
      if (!isText(reason)) throw new RangeError("a failure has no reason");
      return { kind, reason: reason.slice(0, MOST_REASON) };
    case "piece":
      return { kind, ...parsePiece(piece) };
    default:
      throw new RangeError("a message is neither a piece, nor the end, nor a failure");
  }
}

/** `loaded` in messages. Throws a RangeError when a part of it is too large to be sent. */
export function configMessages(loaded: LoadedConfig): ConfigMessage[] {
  const pieces = [...piecesOf(loaded, LEVELS)];
  return [...pieces.map((piece) => ({ kind: "piece", piece }) as const), { kind: "end" }];
}

/** Joins the messages of one reading. */
export class ConfigAssembly {
  readonly #pieces = new PieceAssembly();
  #count = 0;
  #octets = 0;

  /** Throws a RangeError if the piece does not fit to those before it. */
  take({ piece, octets }: ParsedPiece): void {
    this.#count++;
    this.#octets += octets;
    if (this.#count > MOST_PIECES || this.#octets > MOST_OCTETS) {
      throw new RangeError("the configuration is too large");
    }
    this.#pieces.take(piece);
  }

  /** What was read; no piece may follow. Throws a RangeError that names the part with a wrong shape. */
  loaded(): LoadedConfig {
    const loaded = this.#pieces.value();
    checkLoaded(loaded);
    return loaded;
  }
}

function checkLoaded(value: unknown): asserts value is LoadedConfig {
  const { config, files, findings } = membersOf(value, "the result");
  checkPaths(files, "files");
  for (const [index, finding] of listOf(findings, "findings").entries()) {
    checkFinding(finding, `findings[${index}]`);
  }
  if (config !== undefined) checkConfig(config);
}

function checkFinding(value: unknown, where: string): asserts value is Finding {
  const { text, log, diagnostic } = membersOf(value, where);
  const { code, grade } = membersOf(diagnostic, `${where}.diagnostic`);
  check(isText(text), `${where}.text`, "text");
  check(log === undefined || isText(log), `${where}.log`, "text");
  check(isText(code) && Object.hasOwn(CODES, code), `${where}.diagnostic.code`, "a known code");
  const isGrade = grade === "fatal" || grade === "error" || grade === "warning";
  check(isGrade, `${where}.diagnostic.grade`, "a grade");
}

/**
 * Its parts are lists of named objects. Their fields are not checked one by one: the reader made them by the rows and the
 * checks of each subsystem, which only it has loaded, and a reader that an attacker controls runs as root anyway.
 */
function checkConfig(value: unknown): void {
  const { files, global, ...parts } = membersOf(value, "config");
  checkPaths(files, "config.files");
  membersOf(global, "config.global");
  for (const [name, part] of Object.entries(parts)) {
    for (const [list, items] of Object.entries(membersOf(part, `config.${name}`))) {
      const where = `config.${name}.${list}`;
      for (const [index, item] of listOf(items, where).entries()) {
        const itemName = membersOf(item, `${where}[${index}]`)["name"];
        check(isText(itemName), `${where}[${index}].name`, "text");
      }
    }
  }
}

function checkPaths(value: unknown, where: string): void {
  for (const [index, path] of listOf(value, where).entries()) {
    const isPath = isText(path) && path !== "" && !/[\0\n]/.test(path);
    check(isPath, `${where}[${index}]`, "a path without a null byte or a new line");
  }
}

function membersOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  check(isPlainObject(value), where, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, where: string): readonly unknown[] {
  check(Array.isArray(value), where, "a list");
  return value as readonly unknown[];
}

function check(isValid: boolean, where: string, wanted: string): void {
  if (!isValid) throw new RangeError(`${where} is not ${wanted}`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
