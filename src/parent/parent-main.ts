// The process that a user starts: answers the command line, or becomes the parent of a daemon.

import { basename } from "node:path";
import { parseCommandLine } from "../cli/command-line.ts";
import { withAbsolutePaths } from "../cli/options.ts";
import { LONGEST_TIMER_MILLIS } from "../lib/micros.ts";
import { STDERR, STDOUT, writeOut } from "../os/log/write-out.ts";
import { storeFileLimit } from "../os/process/file-limit.ts";
import { markDescriptorsCloseOnExec } from "../os/process/inherited-descriptors.ts";
import { ignoreStraySignals, onSignal, signalNumber } from "../os/process/signal.ts";
import { EXIT_INTERNAL } from "../process/exit-code.ts";
import { nameProcess, programNameOf } from "../process/process-settings.ts";
import type { Program } from "../process/role.ts";
import { becomeDaemon, leaveFolder, tellStarter } from "./daemonize.ts";
import { holdfastVersion } from "./holdfast-version.ts";
import { adoptOrphans } from "./orphans.ts";
import { REQUEST_SIGNALS, SignalQueue, type SignalRequest } from "./signals.ts";

export interface ProgramStart extends Program {
  /** The program's main file. */
  readonly main: string;
  /** The command line without the program. */
  readonly words: readonly string[];
  /** The path of what was started. */
  readonly startedAs: string;
}

/** Runs the daemon, or answers a question about it, as the command line says. */
export async function runParent(start: ProgramStart): Promise<void> {
  const { roles, registry, main, words, startedAs } = start;
  const signals = new SignalQueue();
  const programName = programNameOf(basename(startedAs));
  const commandLine = parseCommandLine(words, {
    programName,
    holdfastVersion: holdfastVersion(),
    realtimeSignals: { min: signalNumber("SIGRTMIN") ?? 34, max: signalNumber("SIGRTMAX") ?? 64 },
  });
  if (commandLine.kind === "answer") {
    writeOut(STDOUT, commandLine.stdout);
    writeOut(STDERR, commandLine.stderr);
    process.exitCode = commandLine.exitCode;
    return;
  }
  const options = withAbsolutePaths(commandLine.options);
  if (options.configTest !== undefined) {
    const { runConfigTest } = await import("./config-test.ts");
    process.exitCode = runConfigTest(options, registry);
    return;
  }
  // In the background the starter is another process of Node, whose limit has been raised too.
  storeFileLimit();
  if (!options.foreground) {
    if (!becomeDaemon()) return;
    leaveFolder();
  }
  ignoreStraySignals();
  markDescriptorsCloseOnExec();
  adoptOrphans();
  for (const [request, names] of Object.entries(REQUEST_SIGNALS)) {
    for (const name of names) {
      if (name === "SIGINT" && options.ignoreSigint) onSignal(name, () => undefined);
      else onSignal(name, () => signals.push(request as SignalRequest));
    }
  }
  nameProcess(programName, undefined, undefined);
  // While it is read, the rest of the program is loaded.
  const { readConfiguration } = await import("./config-reader.ts");
  const reading =
    options.netNamespace === undefined
      ? readConfiguration({ options, programName, main })
      : undefined;
  const { Parent } = await import("./parent.ts");
  const parent = new Parent({
    options,
    roles: await Promise.all(Object.values(roles).map((load) => load())),
    registry,
    main,
    programName,
    startedAs,
    holdfastVersion: holdfastVersion(),
    signals,
    reading,
    onStarted: options.foreground ? () => undefined : tellStarter,
    exit: (status) => process.exit(status),
  });
  process.on("uncaughtException", (error) => parent.fail(error, EXIT_INTERNAL));
  process.on("unhandledRejection", (error) => parent.fail(error, EXIT_INTERNAL));
  // Waiting for signals alone keeps no Node process alive, and a parent without children has nothing else to do.
  setInterval(() => undefined, LONGEST_TIMER_MILLIS);
  await parent.start().catch((error) => parent.fail(error, EXIT_INTERNAL));
}
