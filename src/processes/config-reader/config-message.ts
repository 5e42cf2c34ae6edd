// A configuration on its way from the process that reads it to the parent: in pieces, so that none holds the parent up. The
// reader has parsed what anybody may have written, so that what it sends is checked.

import type { Config } from "../../config/config.ts";
import { CODES } from "../../config/diagnostic/diagnostic.ts";
import {
  isPlainObject,
  type Piece,
  PieceAssembly,
  parsePiece,
  piecesOf,
} from "../../process/pieces.ts";
import type { Finding, LoadedConfig } from "./loaded-config.ts";

/** The most a reading may take: far more than the largest configuration needs, whose limits are reached before. */
export const MOST_PROCESSOR_SECONDS = 10;
/** What the reader may send: more than its memory has room for. */
const MOST_PIECES = 4_096;
/** The configuration and each of its subsystems are taken apart. */
const LEVELS = 3;

/** What the reading process sends, `end` last, or `failed` alone. */
export type ConfigMessage =
  | { readonly kind: "piece"; readonly piece: Piece }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly reason: string };

/** The message in `value`, or undefined when it is none. */
export function parseConfigMessage(value: unknown): ConfigMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, reason, piece } = value as Readonly<Record<string, unknown>>;
  switch (kind) {
    case "end":
      return { kind };
    case "failed":
      return typeof reason === "string" ? { kind, reason } : undefined;
    case "piece": {
      const parsed = parsePiece(piece);
      return parsed === undefined ? undefined : { kind, piece: parsed };
    }
    default:
      return undefined;
  }
}

/** `loaded` in messages. Throws a RangeError when a part of it is too large to be sent. */
export function configMessages(loaded: LoadedConfig): ConfigMessage[] {
  const pieces = [...piecesOf(loaded, LEVELS)];
  return [...pieces.map((piece) => ({ kind: "piece", piece }) as const), { kind: "end" }];
}

/** Puts the messages of one reading together again. */
export class ConfigAssembly {
  readonly #pieces = new PieceAssembly();
  #count = 0;

  /** Throws a RangeError where the piece cannot belong to a configuration. */
  take({ piece }: Extract<ConfigMessage, { readonly kind: "piece" }>): void {
    this.#count++;
    if (this.#count > MOST_PIECES) throw new RangeError("the configuration is too large");
    this.#pieces.take(piece);
  }

  /** What was read. Throws a RangeError where it has not the shape of that. */
  loaded(): LoadedConfig {
    const loaded = this.#pieces.value();
    if (isLoaded(loaded)) return loaded;
    throw new RangeError("the reading process sent an invalid configuration");
  }
}

type Unknown = Readonly<Record<string, unknown>>;

function isLoaded(value: unknown): value is LoadedConfig {
  if (!isPlainObject(value)) return false;
  const { config, files, findings } = value;
  if (!isListOf(files, isText) || !isListOf(findings, isFinding)) return false;
  return config === undefined || isConfig(config);
}

function isFinding(value: unknown): value is Finding {
  if (!isPlainObject(value) || !isText(value["text"]) || !isPlainObject(value["diagnostic"]))
    return false;
  const { log, diagnostic } = value;
  const { code, grade } = diagnostic as Unknown;
  if (!isText(code) || !Object.hasOwn(CODES, code)) return false;
  const isGrade = grade === "fatal" || grade === "error" || grade === "warning";
  return isGrade && (log === undefined || isText(log));
}

/** Its fields are the reader's: it made them by the same rows. */
function isConfig(value: unknown): value is Config {
  if (!isPlainObject(value)) return false;
  const { files, global, ...parts } = value;
  if (!isListOf(files, isText) || !isPlainObject(global)) return false;
  return Object.values(parts).every((part) => isPlainObject(part) && areLists(part));
}

function areLists(part: Unknown): boolean {
  const isNamed = (item: unknown): item is Unknown => isPlainObject(item) && isText(item["name"]);
  return Object.values(part).every((list) => isListOf(list, isNamed));
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
