// Generates large texts for tests of size limits.

/** Joins `line(0)`, `line(1)`, … and cuts the result at `length` characters. */
export function repeatLines(length: number, line: (index: number) => string): string {
  const lines: string[] = [];
  for (let total = 0, index = 0; total < length; index++) {
    const next = line(index);
    lines.push(next);
    total += next.length;
  }
  return lines.join("").slice(0, length);
}
