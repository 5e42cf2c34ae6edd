// Passes a program's output through an unlinked file: unlike with a pipe, the writer never blocks and no line is lost.

import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineFollower } from "./line-follower.ts";

const POLL_MILLIS = 5;

/** A file that another process writes and this one follows. Deleted when its last descriptor is closed. */
export class SpoolFile {
  /** The descriptor to pass to the writer. */
  readonly fd: number;
  #follower: LineFollower | undefined;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-spool-"));
    try {
      this.fd = openSync(join(folder, "spool"), "a+", 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Calls `onLine` for each ASCII line, within milliseconds of its being written. Called once. */
  follow(onLine: (line: string) => void): void {
    this.#follower = new LineFollower(this.fd, POLL_MILLIS, onLine);
  }

  close(): void {
    this.#follower?.stop();
    closeSync(this.fd);
  }
}
