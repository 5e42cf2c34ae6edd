// Formats counts with their nouns.

/** `1 error`, `2 errors`; pass `plural` for irregular plurals. */
export function counted(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
