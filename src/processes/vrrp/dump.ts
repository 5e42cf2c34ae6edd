// The files that signals ask for: made beside their place, then moved there, so that no link is followed.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config, VrrpPart } from "../../config/config.ts";
import { boottime, realtime } from "../../os/loop/clock.ts";
import type { DumpKind } from "../../process/messages.ts";
import { renderConfig, renderVrrpPart } from "../../status/config-text.ts";
import { renderData } from "../../status/data-text.ts";
import { renderJson } from "../../status/json.ts";
import { renderStats } from "../../status/stats-text.ts";
import type { NodeSnapshot } from "../../vrrp/snapshot.ts";

const FILE_NAMES: { readonly [kind in DumpKind]: string } = {
  data: "keepalived.data",
  stats: "keepalived.stats",
  statsClear: "keepalived.stats",
  json: "keepalived.json",
};

/** keepalived's words. */
const WORDS: { readonly [kind in DumpKind | "parent"]: string } = {
  parent: "Printing parent data",
  data: "Printing VRRP data",
  stats: "Printing VRRP stats",
  statsClear: "Printing and clearing VRRP stats",
  json: "Printing VRRP as json",
};

/** What the process `pid` says before it writes a dump. */
export function dumpLine(kind: DumpKind | "parent", pid: number): string {
  return `${WORDS[kind]} for process(${pid}) on signal`;
}

/**
 * Writes the dump of the vrrp process, which runs `config`, into TMPDIR, else /tmp; gives its path. Throws Node's
 * system error when it cannot be written.
 */
export function writeDump(kind: DumpKind, snapshot: NodeSnapshot, config: VrrpPart): string {
  return write(FILE_NAMES[kind], render(kind, snapshot, config));
}

/** Writes what the parent has to tell at SIGUSR1, the configuration; else as `writeDump`. */
export function writeParentDump(config: Config): string {
  return write("keepalived_parent.data", textOf(renderConfig(config)));
}

function render(kind: DumpKind, snapshot: NodeSnapshot, config: VrrpPart): string {
  const now = boottime();
  switch (kind) {
    case "data":
      return textOf(renderVrrpPart(config)) + renderData(snapshot, now);
    case "stats":
    case "statsClear":
      return renderStats(snapshot);
    case "json":
      return renderJson(snapshot, realtime() - now, config.scripts);
  }
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function write(file: string, text: string): string {
  const path = join(process.env["TMPDIR"] ?? "/tmp", file);
  writeAtomically(path, text);
  return path;
}

function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  // The umask says who may read it; unless it is configured, root alone.
  const fd = openSync(temporary, flags, 0o666);
  try {
    // All of it, or an error: a full disk takes a part without a word.
    writeFileSync(fd, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
