// Reads the files of a configuration: regular, stored files up to a size limit.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
  statSync,
} from "node:fs";
import type { FileContent } from "../../config/language/read-file.ts";
import { errnoText } from "../../os/ffi/errno.ts";

/** linux/magic.h: proc, sysfs, debugfs, tracefs. Their files have no size, and reading some of them blocks. */
const KERNEL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163,
]);

/** Reads a whole file. Opens only stored files: opening others can block or have side effects. */
export function readConfigFile(path: string, mostOctets: number): FileContent {
  try {
    const irregular = whyIrregular(path);
    if (irregular !== undefined) return { kind: "irregular", reason: irregular };
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const facts = fstatSync(descriptor);
      // Replaced since the check.
      if (!facts.isFile()) return { kind: "irregular", reason: "not a regular file" };
      if (facts.size > mostOctets) return { kind: "too-large" };
      const bytes = readOctets(descriptor, facts.size);
      return { kind: "content", bytes, executable: (facts.mode & 0o111) !== 0 };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    const reason = errno === undefined ? String(error) : errnoText(-errno);
    const kind = code === "ENOENT" ? "missing" : code === "ELOOP" ? "irregular" : "unreadable";
    return { kind, reason };
  }
}

function whyIrregular(path: string): string | undefined {
  const facts = statSync(path);
  if (facts.isDirectory()) return "a directory, not a file";
  if (!facts.isFile()) return "not a regular file";
  return KERNEL_FILE_SYSTEMS.has(statfsSync(path).type)
    ? "a file of the kernel, not a stored one"
    : undefined;
}

/** The first `octets` of a file, or fewer if it was truncated meanwhile. Ignores growth while reading. */
function readOctets(descriptor: number, octets: number): Uint8Array {
  const bytes = new Uint8Array(octets);
  let filled = 0;
  while (filled < octets) {
    const count = readSync(descriptor, bytes, filled, octets - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** The names in a directory, for patterns of `include`; undefined if it cannot be listed. */
export function listConfigDirectory(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
