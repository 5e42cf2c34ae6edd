// The program: which of its processes this one is comes from the command line.

import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { disableDebugger, onSignal } from "./os/process/signal.ts";
import { CHILD_ARGUMENT } from "./process/child-start.ts";
import { EXIT_INTERNAL } from "./process/exit-code.ts";
import type { Program } from "./process/role.ts";
import { stackText } from "./process/stack-text.ts";

/** The process that reads the configuration: no role, since it ends with its answer. */
const CONFIG_READER = "config-reader";

/** Runs this process of the program whose main file is `mainUrl`. */
export function runProgram(program: Program, mainUrl: string): void {
  // Before anything else: Node opens its inspector on SIGUSR1, to anybody who can signal us; the others would end it.
  disableDebugger();
  for (const signal of ["SIGUSR2", "SIGHUP", "SIGRTMAX-1", "SIGRTMIN+2"]) {
    onSignal(signal, () => undefined);
  }

  // V8 would let its young generation grow to 16 MiB and more in every process; ours make little garbage.
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
