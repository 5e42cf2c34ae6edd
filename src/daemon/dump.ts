// The files that signals ask for: made beside their place, then moved there, so that no link is followed.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { boottime, realtime } from "../os/clock.ts";
import { renderData } from "../status/data-text.ts";
import { renderJson } from "../status/json.ts";
import { renderStats } from "../status/stats-text.ts";
import type { NodeSnapshot } from "../vrrp/snapshot.ts";
import type { DumpKind } from "./ipc.ts";

const FILE_NAMES: { readonly [kind in DumpKind]: string } = {
  data: "keepalived.data",
  stats: "keepalived.stats",
  statsClear: "keepalived.stats",
  json: "keepalived.json",
};

/** Writes the dump into TMPDIR, else /tmp; gives its path. Throws Node's system error when it cannot be written. */
export function writeDump(kind: DumpKind, snapshot: NodeSnapshot): string {
  const path = join(process.env["TMPDIR"] ?? "/tmp", FILE_NAMES[kind]);
  writeAtomically(path, render(kind, snapshot));
  return path;
}

function render(kind: DumpKind, snapshot: NodeSnapshot): string {
  const now = boottime();
  switch (kind) {
    case "data":
      return renderData(snapshot, now);
    case "stats":
    case "statsClear":
      return renderStats(snapshot);
    case "json":
      return renderJson(snapshot, realtime() - now);
  }
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const fd = openSync(temporary, flags, 0o600);
  try {
    writeSync(fd, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
