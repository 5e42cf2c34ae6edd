// Where every process of holdfast begins: the role comes from the command line.

import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { disableDebugger, onSignal } from "./os/process/signal.ts";
import { CHILD_ARGUMENT } from "./process/child-start.ts";
import { EXIT_INTERNAL } from "./process/exit-code.ts";
import { stackText } from "./process/stack-text.ts";

// Before anything else: Node opens its inspector on SIGUSR1, to anybody who can signal us; the others would end it.
disableDebugger();
for (const signal of ["SIGUSR2", "SIGHUP", "SIGRTMAX-1", "SIGRTMIN+2"]) {
  onSignal(signal, () => undefined);
}

// V8 would let its young generation grow to 16 MiB and more in every process; ours make little garbage.
setFlagsFromString("--semi-space-growth-factor=1");

async function main([first, role, programName, request]: readonly string[]): Promise<void> {
  if (first === CHILD_ARGUMENT && role === "vrrp") {
    const { runVrrp } = await import("./processes/vrrp/vrrp-main.ts");
    runVrrp(programName ?? "holdfast");
  } else if (first === CHILD_ARGUMENT && role === "config-reader") {
    const { runConfigReader } = await import("./processes/config-reader/config-reader-main.ts");
    runConfigReader(programName ?? "holdfast", request ?? "");
  } else {
    const { runParent } = await import("./parent/parent-main.ts");
    await runParent(process.argv.slice(2), process.argv[1] ?? "", fileURLToPath(import.meta.url));
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${stackText(error)}\n`);
  process.exit(EXIT_INTERNAL);
});
