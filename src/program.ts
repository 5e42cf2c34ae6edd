// Runs the right process of the program, chosen by the command line.

import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { disableDebugger, onSignal } from "./os/process/signal.ts";
import { CHILD_ARGUMENT } from "./process/child-start.ts";
import { EXIT_INTERNAL } from "./process/exit-code.ts";
import type { Program } from "./process/role.ts";
import { stackText } from "./process/stack-text.ts";

/** Reads the configuration. Not a role, since it exits with its answer. */
const CONFIG_READER = "config-reader";

/** Runs this process of the program whose main file is `mainUrl`. */
export function runProgram(program: Program, mainUrl: string): void {
  // First of all: SIGUSR1 opens Node's inspector, and the other signals would kill the process.
  disableDebugger();
  for (const signal of ["SIGUSR2", "SIGHUP", "SIGRTMAX-1", "SIGRTMIN+2"]) {
    onSignal(signal, () => undefined);
  }

  // Our processes make little garbage: keep V8's young generation from growing to 16 MiB and more in each of them.
  setFlagsFromString("--semi-space-growth-factor=1");

  run(program, fileURLToPath(mainUrl)).catch((error) => {
    process.stderr.write(`${stackText(error)}\n`);
    process.exit(EXIT_INTERNAL);
  });
}

async function run(program: Program, main: string): Promise<void> {
  const words = process.argv.slice(2);
  const [first, name = "", programName = "", request = ""] = words;
  if (first !== CHILD_ARGUMENT) {
    const { runParent } = await import("./parent/parent-main.ts");
    await runParent({ ...program, main, words, startedAs: process.argv[1] ?? "" });
  } else if (name === CONFIG_READER) {
    const { runConfigReader } = await import("./processes/config-reader/config-reader-main.ts");
    runConfigReader(programName, request, program.registry);
  } else {
    const load = program.roles[name];
    if (load === undefined) throw new RangeError(`no role ${name}`);
    const [role, { runChild }] = await Promise.all([load(), import("./process/child-main.ts")]);
    await runChild(role, programName);
  }
}
