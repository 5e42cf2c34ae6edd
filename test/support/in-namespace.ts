// Runs a test file in a network namespace of its own, so that no test touches the machine's network.

import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MARK = "HOLDFAST_TEST_NAMESPACE";

/**
 * True inside a new, empty network namespace (loopback up): declare the tests then. Elsewhere it declares one test
 * that runs this same file in such a namespace, and answers false. Without root that test is skipped with the
 * reason, or fails when CI is set.
 *
 *     if (inNetworkNamespace(import.meta.url)) test("…", () => { … });
 */
export function inNetworkNamespace(moduleUrl: string): boolean {
  if (process.env[MARK] === moduleUrl) {
    sh("ip link set lo up");
    return true;
  }
  test("in a network namespace of its own", async (context) => {
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
    if (status !== 0) throw new Error(`the tests inside ended with ${status}\n${output}`);
  });
  return false;
}

/** Runs one shell command and gives what it printed; an Error with its words when it fails. */
export function sh(command: string): string {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-ec", command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}\nended with ${status}: ${stderr}`);
  return stdout;
}

/**
 * A shell command that waits until a link runs: the kernel finds out in a thread of its own, up to a second after both
 * its ends were set up, and drops what is sent before.
 */
export function untilRuns(link: string): string {
  const isUp = `ip -o link show ${link} | grep -q "state UP"`;
  return `for look in $(seq 6000); do if ${isUp}; then break; fi; sleep 0.01; done; ${isUp}`;
}

function missingPrivilege(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can make a network namespace";
  const { status, stderr } = spawnSync("unshare", ["-n", "ip", "link"], { encoding: "utf8" });
  return status === 0 ? undefined : `no network namespace can be made here: ${stderr}`;
}

async function runInNamespace(moduleUrl: string): Promise<{ status: unknown; output: string }> {
  // With this context set, the file would report to the outer runner in its own protocol.
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
