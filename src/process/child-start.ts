// How the parent starts other processes of the daemon: command line, inherited descriptors, environment.

/** Marks the command line of a child; the role and its arguments follow. Users never type it. */
export const CHILD_ARGUMENT = "--child-of-parent";

/** After standard input, output, error and Node's channel. */
const FIRST_INHERITED_FD = 4;

/** Node's arguments for a process of `role`; `main` is the program's main file. */
export function childArguments(
  main: string,
  role: string,
  words: readonly string[],
  nodeOptions: readonly string[] = [],
): string[] {
  return [...process.execArgv, ...nodeOptions, main, CHILD_ARGUMENT, role, ...words];
}

/** The child's number of the inherited descriptor at `position` (from 0). */
export function inheritedFd(position: number): number {
  return FIRST_INHERITED_FD + position;
}

/**
 * The environment without NODE_EXTRA_CA_CERTS: Node reads those certificates first of all, which doubles its start
 * time, and our processes do not use TLS.
 */
export function environmentWithoutTls(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  return environment;
}
