// The process that a user starts: answers the command line, or becomes the daemon's parent process.

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
import { becomeDaemon, leaveFolder, releaseStarter } from "./daemonize.ts";
import { holdfastVersion } from "./holdfast-version.ts";
import { adoptOrphans } from "./orphans.ts";
import { REQUEST_SIGNALS, SignalQueue, type SignalRequest } from "./signals.ts";

export interface ProgramStart extends Program {
  /** The program's main file. */
  readonly main: string;
  /** The command line without the program name. */
  readonly words: readonly string[];
  /** The path that was started. */
  readonly startedAs: string;
}

/** Runs the daemon, or answers and exits (`--version`, `-t`), depending on the command line. */
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
  // Before `becomeDaemon`: its second Node process only sees the limit that the first one raised.
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
  // Start reading before loading the rest of the program.
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
    onStarted: options.foreground ? () => undefined : releaseStarter,
    exit: (status) => process.exit(status),
  });
  process.on("uncaughtException", (error) => parent.fail(error, EXIT_INTERNAL));
  process.on("unhandledRejection", (error) => parent.fail(error, EXIT_INTERNAL));
  // Signal handlers alone keep no Node process alive, and a parent without children has nothing else.
  setInterval(() => undefined, LONGEST_TIMER_MILLIS);
  await parent.start().catch((error) => parent.fail(error, EXIT_INTERNAL));
}
