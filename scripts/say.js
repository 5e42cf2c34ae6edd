// @ts-check
// How the set-up talks: on stderr, so that the output of what it runs stays clean.

/** @param {string} text one line or more */
export function say(text) {
  process.stderr.write(`holdfast: ${text}\n`);
}

/** Something cannot be had: the set-up says so and ends with status 1. */
export class SetupError extends Error {}
