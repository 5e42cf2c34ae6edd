// Starts programs by posix_spawn, which shares the caller's memory until the exec. Node's spawn copies its page tables,
// which takes long in a large process.

import { errnoNumber } from "../ffi/errno.ts";
import { addressOf, declare, libc } from "../ffi/ffi.ts";
import { withSoftFileLimit } from "../process/resource-limits.ts";

/** spawn.h of glibc and musl, linux/wait.h, linux/fcntl.h */
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const WNOHANG = 1;
const O_CLOEXEC = 0o2000000;
/** More than the size of the structures of glibc and musl. */
const STRUCTURE_OCTETS = 512;

const check = (operation: string, result: unknown): void => {
  if (result !== 0) throw new Error(`${operation} failed: ${result}`);
};
const sigfillset = declare("int sigfillset(void *)");
const sigemptyset = declare("int sigemptyset(void *)");
const attrInit = declare("int posix_spawnattr_init(void *)");
const attrSetFlags = declare("int posix_spawnattr_setflags(void *, short)");
const attrSetDefault = declare("int posix_spawnattr_setsigdefault(void *, const void *)");
const attrSetMask = declare("int posix_spawnattr_setsigmask(void *, const void *)");
const actionsInit = declare("int posix_spawn_file_actions_init(void *)");
const actionsAddDup = declare("int posix_spawn_file_actions_adddup2(void *, int, int)");
const actionsDestroy = declare("int posix_spawn_file_actions_destroy(void *)");
const posixSpawn = declare(
  "int posix_spawnp(void *, const char *, const void *, const void *, const void *, const void *)",
);
const waitpid = declare("int waitpid(int, void *, int)");
const pipe2 = declare("int pipe2(void *, int)");

/** A NULL-terminated array of C strings. Its buffer also contains the strings, so that they live as long as the pointers. */
export type CStrings = BigUint64Array<ArrayBuffer>;

/** Converts `strings` to an argv or envp array. */
export function toCStrings(strings: readonly string[]): CStrings {
  const parts = strings.map((string) => Buffer.from(`${string}\0`));
  const pointerOctets = (parts.length + 1) * BigUint64Array.BYTES_PER_ELEMENT;
  const buffer = new ArrayBuffer(parts.reduce((sum, part) => sum + part.length, pointerOctets));
  const pointers = new BigUint64Array(buffer, 0, parts.length + 1);
  const octets = new Uint8Array(buffer);
  const start = addressOf(buffer);
  let offset = pointerOctets;
  for (const [index, part] of parts.entries()) {
    octets.set(part, offset);
    pointers[index] = start + BigInt(offset);
    offset += part.length;
  }
  return pointers;
}

/** The attributes of every program: its own session and process group, default signal actions, no signal blocked. */
const attributes = ((): Uint8Array => {
  const attr = new Uint8Array(STRUCTURE_OCTETS);
  const set = new Uint8Array(STRUCTURE_OCTETS);
  check("posix_spawnattr_init", attrInit(attr));
  const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  check("posix_spawnattr_setflags", attrSetFlags(attr, flags));
  check("sigfillset", sigfillset(set));
  check("posix_spawnattr_setsigdefault", attrSetDefault(attr, set));
  check("sigemptyset", sigemptyset(set));
  check("posix_spawnattr_setsigmask", attrSetMask(attr, set));
  return attr;
})();

/** The environment of all programs of one user. */
export interface Surroundings {
  readonly environment: CStrings;
  /** The soft limit of open files; undefined: that of the caller. */
  readonly fileLimit: number | undefined;
}

/** Descriptors for a program's standard output and error. */
export interface Outputs {
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * Starts `argv` as leader of a new session and returns its pid, or a negative errno. Runs a file without a known format
 * by /bin/sh. Returns after the exec. The program inherits the standard descriptors, or `outputs` in their place.
 */
export function spawnProgram(
  argv: readonly string[],
  surroundings: Surroundings,
  outputs?: Outputs,
): number {
  const result = spawnOnce(argv, surroundings, outputs);
  const [program = "", ...rest] = argv;
  if (result !== -errnoNumber.ENOEXEC || !program.includes("/")) return result;
  return spawnOnce(["/bin/sh", program, ...rest], surroundings, outputs);
}

function spawnOnce(
  argv: readonly string[],
  { environment, fileLimit }: Surroundings,
  outputs: Outputs | undefined,
): number {
  const words = toCStrings(argv);
  const pid = new Int32Array(1);
  const actions = outputs === undefined ? null : new Uint8Array(STRUCTURE_OCTETS);
  if (actions !== null && outputs !== undefined) {
    check("posix_spawn_file_actions_init", actionsInit(actions));
    check("adddup2", actionsAddDup(actions, outputs.stdout, 1));
    check("adddup2", actionsAddDup(actions, outputs.stderr, 2));
  }
  const program = argv[0] ?? "";
  const spawn = (): unknown => posixSpawn(pid, program, actions, attributes, words, environment);
  // Not earlier: glibc rejects `outputs` above the limit, and the caller may have more descriptors open.
  const errno = fileLimit === undefined ? spawn() : withSoftFileLimit(fileLimit, spawn);
  if (actions !== null) actionsDestroy(actions);
  return errno === 0 ? (pid[0] as number) : -(errno as number);
}

/** An ended process and its wait status (man 2 wait). */
export interface ProcessEnd {
  readonly pid: number;
  readonly status: number;
}

/** Reaps one ended child; undefined if there is none. */
export function reapAny(): ProcessEnd | undefined {
  const status = new Int32Array(1);
  const pid = waitpid(-1, status, WNOHANG) as number;
  return pid > 0 ? { pid, status: status[0] as number } : undefined;
}

/** Opens a close-on-exec pipe; a negative errno if that fails. */
export function openPipe(): { readonly read: number; readonly write: number } | number {
  const ends = new Int32Array(2);
  if (pipe2(ends, O_CLOEXEC) !== 0) return -errnoNumber.EMFILE;
  return { read: ends[0] as number, write: ends[1] as number };
}

/** Closes a descriptor from `openPipe`. */
export function closePipeEnd(fd: number): void {
  libc.close(fd);
}
