import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { defined } from "../../lib/assert.ts";
import { SECOND } from "../../lib/micros.ts";
import type { Command, ScriptOutcome } from "../../lib/script.ts";
import {
  createScriptRunner,
  type RunningScript,
  type ScriptEnd,
  type ScriptRequest,
  type ScriptRunner,
  scriptEnvironment,
} from "./child-process.ts";
import { readOwnCredentials } from "./script-credentials.ts";

const own = readOwnCredentials();
const canSwitch = own.canSwitchUser && own.canSetGroups && own.uids[0]?.count !== 1;
const folder = temporaryFolder("scripts");
chmodSync(folder, 0o755);

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  chmodSync(path, 0o755);
  return path;
}

function command(argv: readonly string[], change: Partial<Command> = {}): Command {
  return {
    text: argv.join(" "),
    argv,
    uid: own.uid,
    gid: own.gid,
    supplementaryGroups: own.groups,
    refusal: undefined,
    ...change,
  };
}

function run(
  runner: ScriptRunner,
  what: Command,
  request: Partial<ScriptRequest> = {},
): Promise<ScriptEnd> {
  return new Promise((resolve) => {
    runner.startScript(what, { timeoutMicros: 0, captureOctets: 10_000, ...request }, resolve);
  });
}

async function output(
  runner: ScriptRunner,
  what: Command,
  request: Partial<ScriptRequest> = {},
): Promise<string> {
  const end = await run(runner, what, request);
  assert.deepEqual(end.outcome, { kind: "exited", status: 0 }, end.output.toString());
  return end.output.toString();
}

function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

async function waitFor(condition: () => boolean, millis = 60_000): Promise<boolean> {
  for (const end = Date.now() + millis; Date.now() < end; await delay(10)) {
    if (condition()) return true;
  }
  return condition();
}

test("the result has exit status, signal and duration", async () => {
  const runner = createScriptRunner();
  const path = script("status", '#!/bin/sh\necho "$@"\nsleep 0.05\nexit 7\n');
  const end = await run(runner, command([path, "a b", "c"]), {
    extraArguments: ["INSTANCE", "VI 1", "MASTER", "100"],
  });
  assert.deepEqual(end.outcome, { kind: "exited", status: 7 });
  assert.equal(end.output.toString(), "a b c INSTANCE VI 1 MASTER 100\n");
  assert.ok(end.durationMicros >= 50_000 && end.durationMicros < 60 * SECOND);

  const killed = script("killed", "#!/bin/sh\nkill -USR2 $$\nsleep 5\n");
  assert.deepEqual((await run(runner, command([killed]))).outcome, {
    kind: "signalled",
    signal: constants.signals.SIGUSR2,
  });
  assert.equal(runner.running(), 0);
});

test("a script without shebang runs by the shell, with its arguments", async () => {
  const runner = createScriptRunner();
  const path = script("bare", 'echo "bare $1 $2"\n');
  assert.equal(await output(runner, command([path, "1", "2"])), "bare 1 2\n");
});

test("a script that cannot be started has a reason", async () => {
  const runner = createScriptRunner();
  const plain = script("plain", "#!/bin/sh\n");
  chmodSync(plain, 0o644);
  const cases: [Command, RegExp][] = [
    [command([join(folder, "none")]), /no such file/i],
    [command([folder]), /not a regular file/],
    [command([plain]), /permission denied/],
    [command([script("interpreter", "#!/nowhere/sh\n")]), /no such file/],
    [command(["/bin/true"], { refusal: "of a reason" }), /^of a reason$/],
    [command([]), /no program/],
    [command(["/bin/echo", "a\0b"]), /null byte/],
  ];
  for (const [what, reason] of cases) {
    const { outcome } = await run(runner, what);
    assert(outcome.kind === "notStarted", `${what.text}: ${outcome.kind}`);
    assert.match(outcome.reason, reason);
  }
  assert.equal(runner.running(), 0);
});

test("killing a spawner ends its scripts as a shortage, and the next script starts a new one", async () => {
  const runner = createScriptRunner();
  const path = script("parent", "#!/bin/sh\necho $PPID\n");
  const spawner = Number(await output(runner, command([path])));
  const pidFile = join(folder, "left.pid");
  const long = script("left", '#!/bin/sh\necho $$ > "$1"\nexec sleep 60\n');
  const ended = run(runner, command([long, pidFile]));
  assert.ok(await waitFor(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== ""));
  process.kill(spawner, "SIGKILL");
  const { outcome } = await ended;
  assert(outcome.kind === "shortage");
  assert.match(outcome.reason, /script spawner ended \(SIGKILL\)/);
  assert.ok(await waitFor(() => !isAlive(Number(readFileSync(pidFile, "utf8")))));
  assert.notEqual(Number(await output(runner, command([path]))), spawner);
});

test("a stopped spawner is replaced, and its scripts end as a shortage", async () => {
  const runner = createScriptRunner();
  const path = script("parent-again", "#!/bin/sh\necho $PPID\n");
  const spawner = Number(await output(runner, command([path])));
  process.kill(spawner, "SIGSTOP");
  const { outcome } = await run(runner, command(["/bin/true"]), { timeoutMicros: SECOND / 10 });
  assert.equal(outcome.kind, "shortage");
  assert.notEqual(Number(await output(runner, command([path]))), spawner);
});

test("signals that a terminal or service manager sends to all processes do not end a spawner", async () => {
  const runner = createScriptRunner();
  const path = script("parent-signals", "#!/bin/sh\necho $PPID\n");
  const spawner = Number(await output(runner, command([path])));
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT"] as const) {
    process.kill(spawner, signal);
  }
  assert.equal(Number(await output(runner, command([path]))), spawner);
});

test("onEnd is never called before startScript has returned", async () => {
  const runner = createScriptRunner();
  let returned = false;
  await new Promise<void>((resolve) => {
    runner.startScript(command([join(folder, "none")]), { timeoutMicros: 0 }, () => {
      assert.ok(returned);
      resolve();
    });
    returned = true;
  });
});

test("a script has its own process group, no input, no other descriptors and the configured umask", async () => {
  const runner = createScriptRunner({ umask: 0o027 });
  const path = script(
    "surroundings",
    // No pipe at the end: the shell would have it open for a moment.
    "#!/bin/sh\nread line && echo input\numask\n" +
      "cut -d' ' -f5 /proc/$$/stat; echo $$\nls /proc/$$/fd\n:\n",
  );
  const before = process.umask();
  const lines = (await output(runner, command([path]))).trim().split("\n");
  const [umask, group, pid, ...descriptors] = lines;
  assert.equal(umask, "0027");
  assert.equal(group, pid);
  const extra = descriptors.map(Number).filter((fd) => fd > 2);
  assert.ok(extra.every((fd) => fd >= 10) && extra.length <= 1, "a shell keeps its script open");
  assert.equal(process.umask(), before);
});

test("a script without output capture has /dev/null for input and output", async () => {
  const path = script(
    "standard",
    '#!/bin/sh\nfor fd in 0 1 2; do readlink /proc/$$/fd/$fd; done > "$1.fds"\n' +
      'readlink /proc/$$/fd/1 > /dev/null || exit 9\nmv "$1.fds" "$1"\n',
  );
  const facts = join(folder, "standard.facts");
  const end = await run(createScriptRunner(), command([path, facts]), { captureOctets: 0 });
  assert.deepEqual(end.outcome, { kind: "exited", status: 0 });
  assert.deepEqual(
    readFileSync(facts, "utf8")
      .split("\n")
      .filter((name) => name !== ""),
    ["/dev/null", `${facts}.fds`, "/dev/null"],
  );
});

test("reloaded settings apply to later scripts", async () => {
  const runner = createScriptRunner({ umask: 0o027 });
  const path = script("mask", "#!/bin/sh\numask\n");
  assert.equal(await output(runner, command([path])), "0027\n");
  runner.configure({ umask: 0o177 });
  assert.equal(await output(runner, command([path])), "0177\n");
});

test("a script does not inherit descriptors that this process inherited", async () => {
  const code = `
    import { createScriptRunner } from ${JSON.stringify(new URL("./child-process.js", import.meta.url).href)};
    const command = ${JSON.stringify({ ...command(["/bin/ls", "-l", "/proc/self/fd"]), refusal: null })};
    createScriptRunner().startScript({ ...command, refusal: undefined },
      { timeoutMicros: 0, captureOctets: 9999 }, (end) => process.stdout.write(end.output));`;
  const shell = 'exec 7</dev/null 77</dev/null; exec "$@"';
  const node = [process.execPath, "--input-type=module", "-e", code];
  const child = spawn("/bin/bash", ["-c", shell, "bash", ...node], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let listing = "";
  child.stdout?.on("data", (chunk) => {
    listing += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  const numbers = [...listing.matchAll(/ (\d+) -> (\S+)/g)];
  assert.ok(numbers.length >= 3, listing);
  for (const [, fd, target] of numbers) {
    assert.ok(Number(fd) <= 2 || /^\/proc\/\d+\/fd$/.test(target ?? ""), listing);
  }
});

test("the environment of scripts has neither IFS nor variables of the loader", async () => {
  assert.deepEqual(
    scriptEnvironment({
      IFS: "x",
      LD_PRELOAD: "/x.so",
      LD_LIBRARY_PATH: "/",
      HOLDFAST_FILE_LIMIT: "1024",
      A: "1",
      B: undefined,
    }),
    { A: "1" },
  );
  const runner = createScriptRunner({
    environment: { PATH: process.env["PATH"], LD_PRELOAD: "/nowhere.so", WORD: "here" },
  });
  const text = await output(runner, command(["/usr/bin/env"]));
  assert.match(text, /^WORD=here$/m);
  assert.doesNotMatch(text, /LD_|nowhere/);
});

test("at the time limit the whole group gets SIGTERM", async () => {
  const runner = createScriptRunner();
  const text = "trap 'echo terminated; exit' TERM\nsleep 60 & echo $!\nsleep 60 & wait\n";
  const path = script("slow", `#!/bin/sh\n${text}`);
  const end = await run(runner, command([path]), { timeoutMicros: SECOND / 5 });
  assert.deepEqual(end.outcome, { kind: "timedOut" });
  assert.ok(end.durationMicros >= SECOND / 5 && end.durationMicros < 50 * SECOND);
  const [inner, reaction] = end.output.toString().split("\n");
  assert.equal(reaction, "terminated");
  assert.ok(Number(inner) > 1);
  assert.ok(await waitFor(() => !isAlive(Number(inner))));
});

test("a script that ignores SIGTERM is killed two seconds later, with its group", async () => {
  const runner = createScriptRunner();
  const path = script(
    "stubborn",
    "#!/bin/sh\ntrap '' TERM\nsh -c 'trap \"\" TERM; sleep 60' & echo $!\nwhile :; do sleep 1; done\n",
  );
  const end = await run(runner, command([path]), { timeoutMicros: SECOND / 5 });
  assert.deepEqual(end.outcome, { kind: "timedOut" });
  assert.ok(end.durationMicros >= 2.2 * SECOND && end.durationMicros < 50 * SECOND);
  const inner = Number(end.output);
  assert.ok(inner > 1);
  assert.ok(await waitFor(() => !isAlive(inner)));
});

test("a background process of an ended script keeps running and does not delay its result", async () => {
  const runner = createScriptRunner();
  const path = script("leaves", "#!/bin/sh\nsleep 120 & echo $!\n");
  const end = await run(runner, command([path]), { timeoutMicros: 60 * SECOND });
  assert.deepEqual(end.outcome, { kind: "exited", status: 0 });
  const inner = Number(end.output);
  assert.ok(isAlive(inner));
  process.kill(inner, "SIGKILL");
});

test("output is captured up to its limit, and the rest is discarded", async () => {
  const runner = createScriptRunner();
  const path = script("loud", "#!/bin/sh\nyes | head -c 1000000\necho done >&2\n");
  const end = await run(runner, command([path]), { captureOctets: 100 });
  assert.deepEqual(end.outcome, { kind: "exited", status: 0 });
  assert.equal(end.output.length, 100);
});

test("the number of running scripts is limited, and killAll ends all", async () => {
  const runner = createScriptRunner({ maximumRunning: 3 });
  const ends = [1, 2, 3, 4].map(() => run(runner, command(["/bin/sleep", "60"])));
  const { outcome } = await defined(ends[3], "the fourth");
  assert(outcome.kind === "shortage");
  assert.match(outcome.reason, /3 scripts are already running/);
  const other = await run(runner, command(["/bin/true"]), { budget: "checks" });
  assert.deepEqual(other.outcome, { kind: "exited", status: 0 });
  assert.equal(runner.running(), 3);
  runner.killAll("SIGKILL");
  for (const end of await Promise.all(ends.slice(0, 3))) {
    assert.deepEqual(end.outcome, { kind: "signalled", signal: constants.signals.SIGKILL });
  }
  assert.equal(runner.running(), 0);
});

test("terminate ends one script only", async () => {
  const runner = createScriptRunner();
  const stays = run(runner, command(["/bin/sleep", "60"]));
  const outcome = await new Promise<ScriptOutcome>((resolve) => {
    const running = runner.startScript(command(["/bin/sleep", "60"]), { timeoutMicros: 0 }, (end) =>
      resolve(end.outcome),
    );
    running.terminate();
  });
  assert.deepEqual(outcome, { kind: "signalled", signal: constants.signals.SIGTERM });
  assert.equal(runner.running(), 1);
  runner.killAll("SIGKILL");
  await stays;
});

test("end terminates a whole group and does not wait longer than necessary", async () => {
  const runner = createScriptRunner();
  const endOf = async (path: string, limitMicros: number): Promise<number> => {
    const heard = join(folder, `${path.split("/").at(-1)}.ready`);
    let running: RunningScript | undefined;
    const ended = new Promise<ScriptEnd>((resolve) => {
      const extraArguments = [heard];
      running = runner.startScript(command([path]), { timeoutMicros: 0, extraArguments }, resolve);
    });
    const { end } = defined(running, "a script");
    assert.ok(await waitFor(() => existsSync(heard)));
    const { pid } = defined(running, "a script");
    const from = Date.now();
    await end(limitMicros);
    const took = Date.now() - from;
    await ended;
    assert.ok(await waitFor(() => !isGroupAlive(defined(pid, "its pid"))));
    return took;
  };
  const polite = script("polite", '#!/bin/sh\nsleep 60 & touch "$1"\nsleep 60\n');
  assert.ok((await endOf(polite, 60 * SECOND)) < 30_000);
  const leaves = script(
    "leaves-stubborn",
    '#!/bin/sh\n(trap "" TERM; touch "$1"; while :; do sleep 0.1; done) & exec sleep 60\n',
  );
  assert.ok((await endOf(leaves, SECOND / 2)) >= 490);
});

test("a script runs as its user, with its groups and no others", {
  skip: !canSwitch && "needs root",
}, async () => {
  const text = 'echo "$(id -u) $(id -g) $(id -G)"; grep ^Cap[IEA]..: /proc/self/status | sort -u';
  const path = script("who", `#!/bin/sh\n${text}\n`);
  const nobody = { uid: 65534, gid: 65533, supplementaryGroups: [65531, 65532] };
  const withGroups = await output(createScriptRunner(), command([path], nobody));
  assert.match(withGroups, /^65534 65533 65533 65531 65532\n/);
  assert.match(withGroups, /CapEff:\t0+\n/);
  const alone = { ...nobody, supplementaryGroups: [] };
  const plain = await output(createScriptRunner(), command([path], alone));
  assert.match(plain, /^65534 65533 65533\n/);
});

test("with script security, root runs no script that others may change", {
  // In a user namespace the system's folders belong to an unmapped uid.
  skip: (own.uid !== 0 || lstatSync("/").uid !== 0) && "needs root",
}, async () => {
  const path = script("open", "#!/bin/sh\necho ran\n");
  const secure = createScriptRunner({ scriptSecurity: true });
  assert.equal(await output(secure, command([path])), "ran\n");
  chmodSync(path, 0o757);
  const { outcome } = await run(secure, command([path]));
  assert(outcome.kind === "notStarted");
  assert.match(outcome.reason, /insecure path: .*open \(writable by all\)/);
  assert.equal(await output(createScriptRunner(), command([path])), "ran\n");
});

test("scripts die with the process that started them, including other users' scripts", async () => {
  const nobody = { uid: 65534, gid: 65534, supplementaryGroups: [] };
  for (const user of canSwitch ? [{}, nobody] : [{}]) {
    const code = `
      import { createScriptRunner } from ${JSON.stringify(new URL("./child-process.js", import.meta.url).href)};
      const command = ${JSON.stringify(command(["/bin/sleep", "60"], user))};
      const started = createScriptRunner().startScript(command, { timeoutMicros: 0 }, () => {});
      const timer = setInterval(() => {
        if (started.pid === undefined) return;
        clearInterval(timer);
        process.stdout.write(String(started.pid));
      }, 10);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    const started = await waitFor(() => comm(pid) === "sleep");
    parent.kill("SIGKILL");
    assert.ok(started);
    assert.ok(await waitFor(() => !isAlive(pid)));
  }
});

test("a script of a real-time process has the default scheduling", {
  skip: own.uid !== 0 && "needs root",
}, async (context) => {
  const code = `
    import { createScriptRunner } from ${JSON.stringify(new URL("./child-process.js", import.meta.url).href)};
    const command = ${JSON.stringify(command(["/usr/bin/chrt", "-p", "0"]))};
    createScriptRunner().startScript(command, { timeoutMicros: 0, captureOctets: 999 },
      (end) => process.stdout.write(end.output));`;
  const parent = spawn(
    "/usr/bin/chrt",
    ["-r", "-R", "1", process.execPath, "--input-type=module", "-e", code],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  parent.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const status = await new Promise((resolve) => parent.once("close", resolve));
  if (status !== 0) return context.skip("real-time scheduling is not allowed here");
  assert.match(text, /SCHED_OTHER/);
});

function comm(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return "";
  }
}
