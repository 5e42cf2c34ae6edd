// The files that signals ask for. A child answers with plain data, in pieces; the parent renders and writes it. A file is
// made beside its place and then moved there, so that no link is followed.

import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../lib/log.ts";
import type { DumpKind } from "../process/messages.ts";
import type { DumpFile, Role } from "../process/role.ts";

/** A child that does not answer, or dies, leaves its requests behind: only this many are kept. */
const MOST_REQUESTS = 8;

interface Request {
  readonly kind: DumpKind;
  readonly role: RenderingRole;
  readonly part: unknown;
  readonly pieces: unknown[];
}

type RenderingRole = Pick<Role, "renderDump">;

/** The dumps that children have been asked for. */
export class Dumps {
  readonly #log: Log;
  readonly #requests = new Map<number, Request>();
  #lastId = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Begins a dump of the child of `role` that runs with `part`; returns the number that its answer must bear. */
  begin(kind: DumpKind, role: RenderingRole, part: unknown): number {
    const id = ++this.#lastId;
    this.#requests.delete(id - MOST_REQUESTS);
    this.#requests.set(id, { kind, role, part, pieces: [] });
    return id;
  }

  /** Takes the next piece of an answer; after the last one, undefined, the file is written. */
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

/** Writes a dump into TMPDIR, else /tmp, and logs where, or why it cannot. */
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
  // The umask decides who may read it; unless configured, only root.
  const fd = openSync(temporary, flags, 0o666);
  try {
    // All of it or an error: writeSync would silently write a part on a full disk.
    writeFileSync(fd, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
