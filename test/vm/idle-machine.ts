// Runs an idle machine in a separate process, for a test.

import { kernels, runInMachine } from "./machine.ts";

const [kernel] = kernels();
if (kernel !== undefined) await runInMachine(kernel, ["sleep", "600"], 600_000);
