// The messages that carry a configuration from the reader to the parent, in pieces small enough not to block the parent.
// The reader parses untrusted files, so the parent checks its messages: size, plain data, order and shape. Node decodes
// a message before that: until then only the reader's own limit of memory bounds it (ARCHITECTURE.md, Processes).

import { MAXIMUM_CONFIG_OCTETS } from "../../config/check-sizes.ts";
import { CODES, type Diagnostic } from "../../config/diagnostic/diagnostic.ts";
import { isPlainObject, MOST_ITEM_OCTETS } from "../../lib/plain-data.ts";
import {
  type ParsedPiece,
  PIECE_OCTETS,
  type Piece,
  PieceAssembly,
  parsePiece,
  piecesOf,
} from "../../process/pieces.ts";
import {
  config,
  isText,
  listOf,
  must,
  oneOf,
  optional,
  path,
  shape,
  text,
} from "./check-config.ts";
import type { Finding, LoadedConfig } from "./loaded-config.ts";

/** The maximum processor time of a reading. Files normally reach the limits of size first. */
export const MOST_PROCESSOR_SECONDS = 10;
/** The maximum size of all pieces: the largest configuration with its findings. */
const MOST_OCTETS = MAXIMUM_CONFIG_OCTETS + 32 * 1024 * 1024;
/** Enough for that: a piece ends where the next item does not fit, so two in a row hold more than `PIECE_OCTETS`. */
const MOST_PIECES = 2 * Math.ceil(MOST_OCTETS / PIECE_OCTETS);
/** The maximum length of the reason of a failure. */
const MOST_REASON = 16 * 1024;
/** Taken apart: the result of the reading, its configuration, and the members of that. */
const LEVELS = 3;

/** The reader sends pieces and then `end`, or only `failed`. */
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
  const pieces = [...piecesOf(loaded, LEVELS, MOST_ITEM_OCTETS)];
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
    const problem = loadedConfig(loaded);
    if (problem !== undefined) throw new RangeError(problem.replace(".", ""));
    return loaded as LoadedConfig;
  }
}

/** Throws the RangeError by which the reader or the parent would refuse to send or receive `loaded`. */
export function checkDelivery(loaded: LoadedConfig): void {
  const assembly = new ConfigAssembly();
  for (const sent of configMessages(loaded)) {
    const message = parseConfigMessage(sent);
    if (message.kind === "piece") assembly.take(message);
  }
  assembly.loaded();
}

const finding = shape<Finding>({
  text,
  log: optional(text),
  diagnostic: shape<Diagnostic>({
    code: must("a known code", (value) => isText(value) && Object.hasOwn(CODES, value)),
    grade: oneOf("fatal", "error", "warning"),
  }),
});

const loadedConfig = shape<LoadedConfig>({
  config: optional(config),
  files: listOf(path),
  findings: listOf(finding),
});
