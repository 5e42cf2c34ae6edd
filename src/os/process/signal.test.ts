import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";
import { signalNumber } from "./signal.ts";

const signal = beside(import.meta.url, "signal.js");

test("signal numbers agree with the system's", () => {
  assert.equal(signalNumber("SIGHUP"), 1);
  assert.equal(signalNumber("SIGTERM"), 15);
  for (const name of ["SIGRTMIN", "SIGRTMIN+2", "SIGRTMAX-1", "SIGRTMAX"]) {
    const { stdout } = spawnSync("/bin/bash", ["-c", `kill -l ${name}`], { encoding: "utf8" });
    assert.equal(signalNumber(name), Number(stdout), name);
  }
  for (const name of ["", "HUP", "SIGRTMIN-1", "SIGRTMAX+1", "SIGRTMIN+99", "SIGRT", "toString"]) {
    assert.equal(signalNumber(name), undefined, name);
  }
});

test("ordinary and real-time signals reach their handlers until the watch is closed", () => {
  const { stdout, stderr, status } = runNodeProgram(
    `
    import { spawnSync } from "node:child_process";
    const { onSignal, signalNumber } = await import(${signal});
    let handled = 0;
    const handle = (text) => { handled++; console.log(text); };
    const send = async (name, handlers = 1) => {
      const wanted = handled + handlers;
      spawnSync("/bin/sh", ["-c", "kill -" + signalNumber(name) + " " + process.pid]);
      while (handled < wanted) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const names = ["SIGHUP", "SIGUSR2", "SIGRTMIN+2", "SIGRTMAX-1"];
    const watches = names.map((name) => onSignal(name, () => handle(name)));
    const twice = onSignal("SIGRTMIN+2", () => handle("also SIGRTMIN+2"));
    gc();
    for (const name of names) await send(name, name === "SIGRTMIN+2" ? 2 : 1);
    twice.close();
    await send("SIGRTMIN+2");
    watches[3].close();
    // The open watches do not keep the process alive.
  `,
    { nodeOptions: ["--expose-gc"] },
  );
  assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
  const lines = stdout.trim().split("\n");
  assert.deepEqual(lines.slice(0, 2), ["SIGHUP", "SIGUSR2"]);
  assert.deepEqual(lines.slice(2, 4).sort(), ["SIGRTMIN+2", "also SIGRTMIN+2"]);
  assert.deepEqual(lines.slice(4), ["SIGRTMAX-1", "SIGRTMIN+2"]);
});

test("unused signals are ignored by the daemon, but not by the programs that it starts", () => {
  const { stdout, stderr, status } = runNodeProgram(`
    import { spawnSync } from "node:child_process";
    const { ignoreStraySignals, signalNumber } = await import(${signal});
    ignoreStraySignals();
    const names = ["SIGQUIT", "SIGALRM", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGXCPU", "SIGIO", "SIGPWR"];
    for (const name of names) process.kill(process.pid, signalNumber(name));
    console.log("alive");
    const ended = ["SIGQUIT", "SIGALRM", "SIGXCPU"].map((name) =>
      spawnSync("/bin/sh", ["-c", "kill -" + signalNumber(name) + " $$; exit 0"]).signal);
    console.log(ended.join(" "));
  `);
  assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
  assert.equal(stdout, "alive\nSIGQUIT SIGALRM SIGXCPU\n");
});

test("an exception in a handler ends the process", () => {
  const { stderr, status } = runNodeProgram(`
    const { onSignal, signalNumber } = await import(${signal});
    import { spawnSync } from "node:child_process";
    onSignal("SIGRTMIN+2", () => { throw new RangeError("a bug"); });
    spawnSync("/bin/sh", ["-c", "kill -" + signalNumber("SIGRTMIN+2") + " " + process.pid]);
    setTimeout(() => undefined, 60_000);
  `);
  assert.match(stderr, /RangeError: a bug/);
  assert.equal(status, 1);
});

test("SIGUSR1 does not open the debugger, before or after disableDebugger", () => {
  const program = (before: boolean): string => `
    import inspector from "node:inspector";
    const { disableDebugger } = await import(${signal});
    ${before ? `process.kill(process.pid, "SIGUSR1");` : ""}
    disableDebugger();
    ${before ? "" : `process.kill(process.pid, "SIGUSR1");`}
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(inspector.url());
  `;
  const nodeOptions = ["--inspect-port=0"];
  for (const before of [true, false]) {
    const { stdout, status } = runNodeProgram(program(before), { nodeOptions });
    assert.deepEqual({ stdout, status }, { stdout: "undefined\n", status: 0 }, `before: ${before}`);
  }
  // Control: without disableDebugger, SIGUSR1 opens it.
  const { stderr } = runNodeProgram(
    `import inspector from "node:inspector";
     process.kill(process.pid, "SIGUSR1");
     while (inspector.url() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));`,
    { nodeOptions },
  );
  assert.match(stderr, /Debugger listening on/);
});

test("with --disable-sigusr1, if Node has it, SIGUSR1 still reaches its handler", () => {
  const options = ["--disable-sigusr1"].filter((option) =>
    process.allowedNodeEnvironmentFlags.has(option),
  );
  const { stdout, stderr } = runNodeProgram(
    `const { onSignal, disableDebugger } = await import(${signal});
     ${options.length > 0 ? `process.kill(process.pid, "SIGUSR1");` : ""}
     disableDebugger();
     const handled = new Promise((resolve) => onSignal("SIGUSR1", resolve));
     ${options.length > 0 ? "" : `process.kill(process.pid, "SIGUSR1");`}
     const patience = setTimeout(() => undefined, 60_000);
     await handled;
     clearTimeout(patience);
     console.log("handled");`,
    { nodeOptions: options },
  );
  assert.deepEqual({ stdout, stderr }, { stdout: "handled\n", stderr: "" });
});

test("a signal that was blocked by the starter of the process is unblocked", () => {
  const { stdout, stderr } = runNodeProgram(
    `const { onSignal } = await import(${signal});
     const handled = new Promise((resolve) => onSignal("SIGHUP", resolve));
     process.kill(process.pid, "SIGHUP");
     const patience = setTimeout(() => undefined, 60_000);
     await handled;
     clearTimeout(patience);
     console.log("handled");`,
    { wrapper: ["env", "--block-signal=HUP"] },
  );
  assert.deepEqual({ stdout, stderr }, { stdout: "handled\n", stderr: "" });
});
