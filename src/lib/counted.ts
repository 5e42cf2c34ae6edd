// Numbers of things in words.

/** `1 error`, `2 errors`; `plural` where an s does not make it. */
export function counted(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
