// Runs a test file in its own network namespace, so that no test touches the machine's network.

import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MARK = "HOLDFAST_TEST_NAMESPACE";

/**
 * Returns true inside a new, empty network namespace (loopback up): declare the tests then. Otherwise declares one test
 * that runs this file in such a namespace, and returns false. Without root that test is skipped with a reason, or fails
 * if CI is set.
 *
 *     if (inNetworkNamespace(import.meta.url)) test("…", () => { … });
 */
export function inNetworkNamespace(moduleUrl: string): boolean {
  if (process.env[MARK] === moduleUrl) {
    sh("ip link set lo up");
    return true;
  }
  test("runs in its own network namespace", async (context) => {
    const missing = missingPrivilege();
    if (missing !== undefined) {
      const { CI } = process.env;
      if (CI) throw new Error(missing);
      context.skip(missing);
      return;
    }
    const { status, output } = await runInNamespace(moduleUrl);
    for (const line of output.match(/^# [^\n]*µs[^\n]*$/gm) ?? [])
      context.diagnostic(line.slice(2));
    if (status !== 0) throw new Error(`the tests inside exited with ${status}\n${output}`);
  });
  return false;
}

/** Runs a shell command and returns its output. Throws an Error with its error output if it fails. */
export function sh(command: string): string {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-ec", command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}\nexited with ${status}: ${stderr}`);
  return stdout;
}

/**
 * A shell command that waits until a link is running. The kernel updates this state up to a second after both ends were
 * set up, and drops packets before.
 */
export function untilRuns(link: string): string {
  const isUp = `ip -o link show ${link} | grep -q "state UP"`;
  return `for look in $(seq 6000); do if ${isUp}; then break; fi; sleep 0.01; done; ${isUp}`;
}

function missingPrivilege(): string | undefined {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const { status, stderr } = spawnSync("unshare", ["-n", "ip", "link"], { encoding: "utf8" });
  return status === 0 ? undefined : `cannot create a network namespace: ${stderr}`;
}

async function runInNamespace(moduleUrl: string): Promise<{ status: unknown; output: string }> {
  // Without NODE_TEST_CONTEXT, so that the file does not report in the outer runner's protocol.
  const environment = { ...process.env, NODE_TEST_CONTEXT: undefined, [MARK]: moduleUrl };
  const node = [
    ...process.execArgv.filter((argument) => argument !== "--test"),
    fileURLToPath(moduleUrl),
  ];
  const child = spawn(
    "unshare",
    ["-n", "setpriv", "--pdeathsig", "KILL", process.execPath, ...node],
    {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ status: code ?? signal, output }));
  });
}
