// Large values on their way to another process: in pieces, so that neither end's loop stands still for one of them.

import { freeze } from "../lib/freeze.ts";

/** About the size of a piece, as JSON. */
const PIECE_OCTETS = 64 * 1024;
/** One item or member; what is larger is refused. */
const MOST_ITEM_OCTETS = 1024 * 1024;
/** Objects in this many levels are sent member by member: a configuration, and each of its subsystems. */
const LEVELS = 2;

/** Members of a value, or items of lists in it, by the names that lead there. */
export type Piece = readonly PieceEntry[];

export type PieceEntry =
  | { readonly path: readonly string[]; readonly value: unknown }
  /** Further items of a list. */
  | { readonly path: readonly string[]; readonly items: readonly unknown[] };

/** `value`, plain data, in pieces. Throws a RangeError where a part of it is too large for one. */
export function* piecesOf(value: object): Generator<Piece> {
  let piece: PieceEntry[] = [];
  let room = PIECE_OCTETS;
  for (const { path, value: member } of membersOf(value, [])) {
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
): Generator<{ readonly path: readonly string[]; readonly value: unknown }> {
  for (const [name, member] of Object.entries(value)) {
    const inner = [...path, name];
    const isBranch = typeof member === "object" && member !== null && !Array.isArray(member);
    if (isBranch && inner.length < LEVELS && Object.keys(member).length > 0) {
      yield* membersOf(member, inner);
    } else yield { path: inner, value: member };
  }
}

/** Puts pieces together again, in the order in which they were made. */
export class PieceAssembly {
  readonly #root: Record<string, unknown> = {};
  readonly #branches = new Set<object>([this.#root]);

  take(piece: Piece): void {
    for (const entry of piece) {
      const branch = this.#branchOf(entry.path);
      const name = entry.path.at(-1) ?? "";
      if ("value" in entry) branch[name] = freeze(entry.value);
      else {
        const list = (branch[name] as unknown[] | undefined) ?? [];
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
      const inner = (branch[name] as Record<string, unknown> | undefined) ?? {};
      branch[name] = inner;
      this.#branches.add(inner);
      branch = inner;
    }
    return branch;
  }
}
