// Suggests the word that was probably meant by a misspelt one.

/** Shorter words are often parts of others by chance. */
const SHORTEST_PART = 6;

const MOST_CANDIDATES = 500;

/**
 * The word of `candidates` that is most similar to `word`, ignoring case; undefined if none is similar enough. Also
 * undefined for very many candidates: the search would be slow, and a match may be chance.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length > MOST_CANDIDATES) return undefined;
  const limit = Math.max(1, Math.floor(word.length / 3));
  const small = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(small, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Splits a keyword joined to a name: "vrrp_script_check" becomes "vrrp_script check". */
export function unglued(word: string, candidates: readonly string[]): string | undefined {
  const keyword = candidates.find((candidate) => word.startsWith(`${candidate}_`));
  return keyword === undefined ? undefined : `${keyword} ${word.slice(keyword.length + 1)}`;
}

/** The candidate that begins or ends with `word`; undefined if there are several. */
export function longer(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < SHORTEST_PART) return undefined;
  const found = candidates.filter(
    (candidate) => candidate.endsWith(`_${word}`) || candidate.startsWith(`${word}_`),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (before[column - 2] as number) + 1);
      }
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
