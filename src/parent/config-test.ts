// `-t`: reports errors of a configuration, with keepalived's exit status, and starts nothing.

import { closeSync, openSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { Options } from "../cli/options.ts";
import { configTestExitCode } from "../config/diagnostic/diagnostic.ts";
import type { Registry } from "../config/registry.ts";
import { errnoNumber, errnoText } from "../os/ffi/errno.ts";
import { STDERR, STDOUT, writeOut } from "../os/log/write-out.ts";
import { EXIT_FATAL } from "../process/exit-code.ts";
import { checkDelivery } from "../processes/config-reader/config-message.ts";
import { loadConfig } from "../processes/config-reader/load-config.ts";
import {
  diagnosticsOf,
  type LoadedConfig,
  startRefusals,
} from "../processes/config-reader/loaded-config.ts";
import { readRequest } from "../processes/config-reader/read-request.ts";
import { unreadableText } from "./reading-log.ts";

/** keepalived's status for "any other error". */
const EXIT_OTHER = 5;

/** Tests the configuration chosen by `options`; writes to standard error, or appends to the file of `-t`. */
export function runConfigTest(options: Options, registry: Registry | undefined): number {
  const { configTest, strayWords } = options;
  if (strayWords.length > 0) {
    writeOut(STDOUT, `Unexpected argument(s): ${strayWords.map((word) => `${word} `).join("")}\n`);
  }
  const log = openLog(configTest?.log);
  if (log === undefined) return EXIT_FATAL;
  // Undo the limit of `runProgram`: this process does nothing else, and large files make much garbage.
  setFlagsFromString("--semi-space-growth-factor=2");
  const { lines, status } = answer(loadConfig(readRequest(options), registry), options);
  writeOut(log, lines.map((line) => `${line}\n`).join(""));
  if (log !== STDERR) closeSync(log);
  return status;
}

function answer(
  loaded: LoadedConfig,
  { strict }: Options,
): { readonly lines: readonly string[]; readonly status: number } {
  const lines = loaded.findings.flatMap(({ log: words, text }) => {
    return words === undefined ? [text] : [words, text];
  });
  try {
    // What the parent would refuse at a start fails here too.
    checkDelivery(loaded);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    lines.push(unreadableText(error));
    return { lines, status: EXIT_OTHER };
  }
  const status = configTestExitCode(diagnosticsOf(loaded));
  // keepalived has no --strict. With it, report a configuration that would not start as an error.
  const refuses = strict && startRefusals(loaded).length > 0;
  return { lines, status: status === 0 && refuses ? EXIT_OTHER : status };
}

/** The descriptor to write to; undefined if it cannot be opened (reported in keepalived's words). */
function openLog(path: string | undefined): number | undefined {
  if (path === undefined) return STDERR;
  try {
    return openSync(path, "a");
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    const reason = `${-errno} - ${strerror(-errno)}`;
    writeOut(STDERR, `Unable to open config-test log file ${path} ${reason}\n`);
    return undefined;
  }
}

/** The C library's text, which usually differs from Node's in the case of the first letter. */
function strerror(errno: number): string {
  if (errno === errnoNumber.EISDIR) return "Is a directory";
  const text = errnoText(errno);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
