// @ts-check
// Messages of the set-up, on standard error, so that they do not mix with the output of the programs it runs.

/** @param {string} text one line or more */
export function say(text) {
  process.stderr.write(`holdfast: ${text}\n`);
}

/** A failure of the set-up: it prints the message and exits with status 1. */
export class SetupError extends Error {}
