// Splits large values into pieces for another process, so that no single message blocks the loop of either.

import { freeze } from "../lib/freeze.ts";
import { isPlainObject, MOST_ITEM_OCTETS, octetsOf } from "../lib/plain-data.ts";

/** About the size of a piece, as JSON. */
export const PIECE_OCTETS: number = 64 * 1024;
/** The maximum of a piece. A large item is alone in its piece. */
const MOST_PIECE_OCTETS = MOST_ITEM_OCTETS + PIECE_OCTETS;
/** The maximum of entries in a piece, since an entry may be an empty list, which adds no octets. */
const MOST_ENTRIES = 4_096;
/** The maximum length of a path. */
const MOST_NAMES = 8;

/** Members of a value, or items of lists in it, by the names that lead there. */
export type Piece = readonly PieceEntry[];

export type PieceEntry =
  | { readonly path: readonly string[]; readonly value: unknown }
  /** Further items of a list. */
  | { readonly path: readonly string[]; readonly items: readonly unknown[] };

/**
 * `value`, plain data, in pieces. Objects in the first `levels` levels are taken apart, and the lists in them. Throws
 * TooLarge if an item of a list, or another member, has more than `mostItemOctets`.
 */
export function* piecesOf(value: object, levels: number, mostItemOctets: number): Generator<Piece> {
  let piece: PieceEntry[] = [];
  let room = PIECE_OCTETS;
  for (const { path, value: member } of membersOf(value, [], levels)) {
    if (piece.length === MOST_ENTRIES) {
      yield piece;
      piece = [];
      room = PIECE_OCTETS;
    }
    const isList = Array.isArray(member);
    const items: readonly unknown[] = isList ? member : [member];
    let sent: unknown[] | undefined;
    if (isList && items.length === 0) piece.push({ path, items });
    for (const item of items) {
      const octets = octetsOf(item, mostItemOctets) + 1;
      if (octets > room && piece.length > 0) {
        yield piece;
        piece = [];
        room = PIECE_OCTETS;
        sent = undefined;
      }
      room -= octets;
      if (!isList) piece.push({ path, value: item });
      else if (sent !== undefined) sent.push(item);
      else {
        sent = [item];
        piece.push({ path, items: sent });
      }
    }
  }
  yield piece;
}

function* membersOf(
  value: object,
  path: readonly string[],
  levels: number,
): Generator<{ readonly path: readonly string[]; readonly value: unknown }> {
  for (const [name, member] of Object.entries(value)) {
    const inner = [...path, name];
    const isBranch = typeof member === "object" && member !== null && !Array.isArray(member);
    if (isBranch && inner.length < levels && Object.keys(member).length > 0) {
      yield* membersOf(member, inner, levels);
    } else yield { path: inner, value: member };
  }
}

/** The names of a path: none of those that every object has. */
const NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

/** A piece with its size. */
export interface ParsedPiece {
  readonly piece: Piece;
  /** As JSON, approximately; never more than `piecesOf` puts into a piece. */
  readonly octets: number;
}

/** The piece in `message`, of a process that is not trusted. Throws a RangeError if it is not one of `piecesOf`. */
export function parsePiece(message: unknown): ParsedPiece {
  if (!Array.isArray(message)) throw new RangeError("a piece is not a list");
  if (message.length > MOST_ENTRIES) {
    throw new RangeError(`a piece has ${message.length} entries, more than ${MOST_ENTRIES}`);
  }
  let octets = 0;
  for (const entry of message) {
    octets += entryOctets(entry);
    if (octets > MOST_PIECE_OCTETS) {
      throw new RangeError(`a piece is larger than ${MOST_PIECE_OCTETS} octets`);
    }
  }
  return { piece: message as Piece, octets };
}

function entryOctets(entry: unknown): number {
  if (!isPlainObject(entry)) throw new RangeError("an entry of a piece is not an object");
  const { path, value, items, ...others } = entry;
  if (!isPath(path)) throw new RangeError("an entry of a piece has no valid path");
  const where = path.join(".");
  if ("value" in entry === "items" in entry || Object.keys(others).length > 0) {
    throw new RangeError(`${where} must have either a value or items`);
  }
  if ("value" in entry) return octetsAt(where, value);
  if (!Array.isArray(items)) throw new RangeError(`${where} is not a list`);
  let octets = 0;
  for (const item of items) {
    octets += octetsAt(where, item) + 1;
    if (octets > MOST_PIECE_OCTETS) break;
  }
  return octets;
}

function octetsAt(where: string, value: unknown): number {
  try {
    return octetsOf(value, MOST_ITEM_OCTETS);
  } catch (error) {
    throw new RangeError(`${where}: ${(error as Error).message}`);
  }
}

function isPath(path: unknown): path is readonly string[] {
  if (!Array.isArray(path) || path.length === 0 || path.length > MOST_NAMES) return false;
  return Array.from(path).every((name) => typeof name === "string" && NAME.test(name));
}

/** Joins pieces, in the order in which they were made. */
export class PieceAssembly {
  readonly #root: Record<string, unknown> = {};
  readonly #branches = new Set<object>([this.#root]);

  /** Throws a RangeError if the piece contradicts those before it. */
  take(piece: Piece): void {
    for (const entry of piece) {
      const { path } = entry;
      const branch = this.#branchOf(path);
      const name = path.at(-1) ?? "";
      if ("value" in entry) {
        if (Object.hasOwn(branch, name)) throw new RangeError(`${path.join(".")} was sent before`);
        branch[name] = freeze(entry.value);
      } else {
        const list = branch[name] ?? [];
        if (!Array.isArray(list) || Object.isFrozen(list))
          throw new RangeError(`${path.join(".")} is not a list`);
        branch[name] = list;
        this.#branches.add(list);
        for (const item of entry.items) list.push(freeze(item));
      }
    }
  }

  /** The frozen result. Later pieces are refused. */
  value(): unknown {
    for (const branch of this.#branches) Object.freeze(branch);
    return this.#root;
  }

  #branchOf(path: readonly string[]): Record<string, unknown> {
    if (Object.isFrozen(this.#root)) throw new RangeError("a piece came after the last one");
    let branch = this.#root;
    for (const [depth, name] of path.slice(0, -1).entries()) {
      const inner = branch[name] ?? {};
      if (!isPlainObject(inner) || Object.isFrozen(inner)) {
        throw new RangeError(`${path.slice(0, depth + 1).join(".")} is not an object with members`);
      }
      branch[name] = inner;
      this.#branches.add(inner);
      branch = inner as Record<string, unknown>;
    }
    return branch;
  }
}
