// Large values on their way to another process: in pieces, so that neither end's loop stands still for one of them.

import { freeze } from "../lib/freeze.ts";

/** About the size of a piece, as JSON. */
const PIECE_OCTETS = 64 * 1024;
/** One item or member; what is larger is refused. */
const MOST_ITEM_OCTETS = 1024 * 1024;
/** Members of a value, or items of lists in it, by the names that lead there. */
export type Piece = readonly PieceEntry[];

export type PieceEntry =
  | { readonly path: readonly string[]; readonly value: unknown }
  /** Further items of a list. */
  | { readonly path: readonly string[]; readonly items: readonly unknown[] };

/**
 * `value`, plain data, in pieces. Objects in the first `levels` levels are taken apart, and the lists in them. Throws a
 * RangeError where a part is too large.
 */
export function* piecesOf(value: object, levels: number): Generator<Piece> {
  let piece: PieceEntry[] = [];
  let room = PIECE_OCTETS;
  for (const { path, value: member } of membersOf(value, [], levels)) {
    const isList = Array.isArray(member);
    const items: readonly unknown[] = isList ? member : [member];
    let sent: unknown[] | undefined;
    if (isList && items.length === 0) piece.push({ path, items });
    for (const item of items) {
      const octets = octetsOf(item);
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

function octetsOf(item: unknown): number {
  const octets = (JSON.stringify(item) ?? "").length;
  if (octets <= MOST_ITEM_OCTETS) return octets;
  throw new RangeError(`a part of it is larger than ${MOST_ITEM_OCTETS} octets`);
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

/** Names that may lead somewhere: none of an object's own machinery. */
const NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
/** How deep plain data may be. */
const DEEPEST = 12;

/** The piece in `message`, or undefined where it is none that `piecesOf` can make: from a process that is not trusted. */
export function parsePiece(message: unknown): Piece | undefined {
  return Array.isArray(message) && message.every(isEntry) ? (message as Piece) : undefined;
}

function isEntry(entry: unknown): boolean {
  if (!isPlainObject(entry)) return false;
  const { path, value, items, ...others } = entry;
  if (!Array.isArray(path) || path.length === 0 || Object.keys(others).length > 0) return false;
  if (!path.every((name) => typeof name === "string" && NAME.test(name))) return false;
  const isList = "items" in entry;
  if (isList === "value" in entry || (isList && !Array.isArray(items))) return false;
  return isPlain(isList ? items : value, DEEPEST);
}

/** Whether `value` is what JSON can hold, or undefined. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      return value.length <= MOST_ITEM_OCTETS;
    case "number":
      return Number.isFinite(value);
    case "boolean":
    case "undefined":
      return true;
    case "object":
      if (value === null) return true;
      if (depth === 0 || !(Array.isArray(value) || isPlainObject(value))) return false;
      return Object.values(value).every((inner) => isPlain(inner, depth - 1));
    default:
      return false;
  }
}

/** Whether `value` is an object of members only: no list, and nothing of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Puts pieces together again, in the order in which they were made. */
export class PieceAssembly {
  readonly #root: Record<string, unknown> = {};
  readonly #branches = new Set<object>([this.#root]);

  /** Throws a RangeError where the piece contradicts those before it. */
  take(piece: Piece): void {
    for (const entry of piece) {
      const branch = this.#branchOf(entry.path);
      const name = entry.path.at(-1) ?? "";
      if ("value" in entry) branch[name] = freeze(entry.value);
      else {
        const list = branch[name] ?? [];
        if (!Array.isArray(list) || Object.isFrozen(list))
          throw new RangeError(`${name} is no list`);
        branch[name] = list;
        this.#branches.add(list);
        for (const item of entry.items) list.push(freeze(item));
      }
    }
  }

  /** All that was taken, frozen; nothing may be taken any more. */
  value(): unknown {
    for (const branch of this.#branches) Object.freeze(branch);
    return this.#root;
  }

  #branchOf(path: readonly string[]): Record<string, unknown> {
    let branch = this.#root;
    for (const name of path.slice(0, -1)) {
      const inner = branch[name] ?? {};
      if (!isPlainObject(inner) || Object.isFrozen(inner)) {
        throw new RangeError(`${name} is no object with members`);
      }
      branch[name] = inner;
      this.#branches.add(inner);
      branch = inner as Record<string, unknown>;
    }
    return branch;
  }
}
