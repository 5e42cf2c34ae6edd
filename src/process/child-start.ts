// How the parent starts another process of the daemon: its command line and the descriptors it inherits.

/** Precedes the role and its own words on the command line; never typed by a user. */
export const CHILD_ARGUMENT = "--child-of-parent";

/** Follows standard input, output, error and the channel. */
const FIRST_INHERITED_FD = 4;

/** The arguments of Node for a process of `role`; `main` is the file that this program was started from. */
export function childArguments(
  main: string,
  role: string,
  words: readonly string[],
  nodeOptions: readonly string[] = [],
): string[] {
  return [...process.execArgv, ...nodeOptions, main, CHILD_ARGUMENT, role, ...words];
}

/** The number that the inherited descriptor at `position` (from 0) has in the child. */
export function inheritedFd(position: number): number {
  return FIRST_INHERITED_FD + position;
}

/**
 * The environment of a process that speaks no TLS. Node reads the certificates of NODE_EXTRA_CA_CERTS before it does
 * anything else, which takes as long as the rest of its own start.
 */
export function environmentWithoutTls(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  return environment;
}
