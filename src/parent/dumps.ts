// Writes the dumps that signals request. A child answers with plain data in pieces, which the parent renders. A file is
// written under a temporary name and then renamed, so that no link is followed.

import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../lib/log.ts";
import type { DumpKind } from "../process/messages.ts";
import type { DumpFile, Role } from "../process/role.ts";

/** Requests to children that died or do not answer are dropped beyond this number. */
const MOST_REQUESTS = 8;

interface Request {
  readonly kind: DumpKind;
  readonly role: RenderingRole;
  readonly part: unknown;
  readonly pieces: unknown[];
}

type RenderingRole = Pick<Role, "renderDump">;

/** The requested dumps of all children. */
export class Dumps {
  readonly #log: Log;
  readonly #requests = new Map<number, Request>();
  #lastId = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Begins a dump of the child of `role` that runs with `part`; returns the id of its answer. */
  begin(kind: DumpKind, role: RenderingRole, part: unknown): number {
    const id = ++this.#lastId;
    this.#requests.delete(id - MOST_REQUESTS);
    this.#requests.set(id, { kind, role, part, pieces: [] });
    return id;
  }

  /** Takes the next piece of an answer; undefined after the last, which writes the file. */
  async take(id: number, piece: unknown): Promise<void> {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    if (piece !== undefined) {
      request.pieces.push(piece);
      return;
    }
    this.#requests.delete(id);
    const { kind, role, part, pieces } = request;
    writeDump(await role.renderDump(kind, part, pieces), this.#log);
  }
}

/** Writes a dump to TMPDIR or /tmp, and logs its path or the error. */
export function writeDump({ name, text }: DumpFile, log: Log): void {
  const path = join(process.env["TMPDIR"] ?? "/tmp", name);
  try {
    writeAtomically(path, text);
    log("info", `Written to ${path}`);
  } catch (error) {
    log("error", `Cannot write the dump: ${(error as Error).message}`);
  }
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${crypto.randomUUID()}`;
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  // The umask decides who may read it: by default only root.
  const fd = openSync(temporary, flags, 0o666);
  try {
    // On a full disk writeSync would silently write only a part.
    writeFileSync(fd, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
