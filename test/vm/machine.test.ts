// Tests that no machine outlives the process that started it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../lab/clock.ts";
import { argumentsOf, isAlive, listProcesses } from "../../lab/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const program = fileURLToPath(new URL("./idle-machine.js", import.meta.url));
const folder = temporaryFolder("idle");

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  test(`a machine ends when ${signal} ends the process that started it`, async () => {
    const environment = { ...process.env, TMPDIR: folder, NODE_TEST_CONTEXT: undefined };
    const owner = spawn(process.execPath, [program], { env: environment, stdio: "ignore" });
    const machine = await until("the machine", () => {
      assert.equal(owner.exitCode, null);
      return listProcesses().find(
        ({ pid, parentPid }) =>
          parentPid === owner.pid && argumentsOf(pid)[0] === "qemu-system-x86_64",
      );
    });
    owner.kill(signal);
    await until("the machine to end", () =>
      isAlive(machine.pid, machine.startTicks) ? undefined : true,
    );
  });
}
