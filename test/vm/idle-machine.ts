// Run by a test: a process with a machine that does nothing.

import { kernels, runInMachine } from "./machine.ts";

const [kernel] = kernels();
if (kernel !== undefined) await runInMachine(kernel, ["sleep", "600"], 600_000);
