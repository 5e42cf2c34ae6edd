// The tests with forged ICMP errors, on kernels that deliver them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kernels, runInMachine } from "./machine.ts";

const files = ["src/os/pending-error", "src/os/vrrp-socket-icmp"];

/** On a busy machine it all lasts three minutes. */
const patienceMillis = 14 * 60_000;

for (const kernel of kernels()) {
  test(`forged ICMP errors do nothing on Linux ${kernel.release}`, async () => {
    const program = [process.execPath, "scripts/run-tests.js", ...files];
    const words = ["env", "HOLDFAST_NO_LTS=not in a virtual machine", ...program];
    const { status, output, console } = await runInMachine(kernel, words, patienceMillis);
    assert.equal(status, 0, `${output}\n${console}`);
    assert.match(output, /^holdfast: 2 passed, 0 failed, 0 skipped/m);
  });
}
