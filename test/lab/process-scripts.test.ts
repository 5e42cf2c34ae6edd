// The environment of the daemon's scripts: own process group, ordinary scheduling, its user, nothing inherited.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import { runCommand } from "../../lab/command.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  buildSingleNode,
  floatingAddress,
  foreground,
  launcher,
  renderQuickInstance,
  type SingleNode,
  startHoldfast,
  waitForFile,
  waitUntilGone,
} from "./daemons.ts";
import { hangForGood } from "./hang.ts";

const factsFile = "/run/facts";

/** Writes the script's open files and then facts about its process, one per line. */
const factsScript = `#!/bin/sh
rm -f ${factsFile}.new
readlink /proc/$$/fd/* >> ${factsFile}.new
read -r _ _ _ _ group _ < /proc/$$/stat
echo "group $([ "$group" = $$ ] && echo own || echo "$group")" >> ${factsFile}.new
echo "class $(ps -o cls= -p $$ | tr -d ' ')" >> ${factsFile}.new
echo "user $(id -un):$(id -gn)" >> ${factsFile}.new
echo "loader <$LD_PRELOAD$LD_LIBRARY_PATH>" >> ${factsFile}.new
echo "channel <$NODE_CHANNEL_FD>" >> ${factsFile}.new
mv ${factsFile}.new ${factsFile}
`;

function trackedScript(words: readonly string[], before = ""): string {
  const script = ["vrrp_script check {", ...words.map((word) => `    ${word}`), "}", ""].join("\n");
  return before + script + renderQuickInstance(["track_script {", "check weight 10", "}"]);
}

/** Starts a node with one script file. */
async function startNode(
  t: TimedTest,
  name: string,
  config: string,
  script: readonly [name: string, text: string],
): Promise<SingleNode & { readonly program: Program }> {
  const [file, text] = script;
  const node = await buildSingleNode(t, name, config, { scripts: { [file]: text } });
  return { ...node, program: startHoldfast(node.host) };
}

function pidsNamed(program: Program, comm: string): number[] {
  return program.processes().flatMap((process) => (process.comm === comm ? [process.pid] : []));
}

describe("scripts", { concurrency: 4 }, () => {
  test("inherit nothing from the daemon, not even real-time scheduling", async (t) => {
    // A control group may not permit real-time scheduling, even to root.
    const hasRealtime =
      (await runCommand(["chrt", "-f", "1", "true"], { mayFail: true })).code === 0;
    const priority = hasRealtime ? "vrrp_rt_priority 20" : "vrrp_priority -5";
    const globals = `global_defs {\n    ${priority}\n    umask 022\n}\n`;
    const words = [
      "script /etc/keepalived/facts.sh",
      "interval 1",
      "timeout 60",
      "user daemon daemon",
    ];
    const { lab, host, program } = await startNode(t, "facts", trackedScript(words, globals), [
      "facts.sh",
      factsScript,
    ]);
    await host.run(["chmod", "1777", "/run"]);
    await lab.waitForHolders(floatingAddress, [host]);
    const facts = (await waitForFile(host, factsFile)).split("\n").slice(0, -1);
    const [inputs, rest] = [facts.slice(0, -5), facts.slice(-5)];
    // The three standard descriptors, one of them redirected to the file, and the shell's own script.
    assert.equal(inputs.length, 4, inputs.join());
    for (const path of inputs) {
      assert.match(
        path,
        /^(?:\/dev\/null|pipe:\[\d+\]|\/etc\/keepalived\/facts\.sh|\/run\/facts\.new)$/,
      );
    }
    const wanted = ["group own", "class TS", "user daemon:daemon", "loader <>", "channel <>"];
    assert.deepEqual(rest, wanted);
    const child = Number(host.read("/run/vrrp.pid"));
    const { stdout } = await host.run(["ps", "-o", "cls=,rtprio=", "-p", String(child)]);
    if (hasRealtime) assert.match(stdout, /RR +20/);
    else t.diagnostic("real-time scheduling is not allowed here");
    assert.equal((await program.stop()).code, 0);
  });

  test("have the limit of open files with which the daemon was started", async (t) => {
    const words = ["script /etc/keepalived/limit.sh", "interval 1"];
    const config = `global_defs {\n    startup_script /etc/keepalived/limit.sh\n}\n${trackedScript(words)}`;
    const text =
      '#!/bin/sh\n[ -f /run/runs ] && echo "$(ulimit -Sn) $(ulimit -Hn) <$HOLDFAST_FILE_LIMIT>" >> /run/runs\n';
    const { host } = await buildSingleNode(t, "script-limit", config, {
      scripts: { "limit.sh": text },
    });
    const hard = (await host.run(["sh", "-c", "ulimit -Hn"])).stdout.trim();
    const limited = ["sh", "-c", `ulimit -Sn 700; PATH="${dirname(process.execPath)}:$PATH" "$@"`];
    for (const [name, start] of [
      ["the launcher", [launcher]],
      ["Node", [process.execPath, launcher]],
    ] as const) {
      host.write("/run/runs", "");
      await host.run([...limited, "sh", ...start, "-f", configPath]);
      const runs = await waitForFile(host, "/run/runs", (lines) => lines.split("\n").length > 2);
      assert.deepEqual(new Set(runs.trimEnd().split("\n")), new Set([`700 ${hard} <>`]), name);
      const pid = Number(host.read("/run/keepalived.pid"));
      await host.run(["kill", String(pid)]);
      await until("its exit", () => (existsSync(host.path(`/proc/${pid}`)) ? undefined : true));
    }
    host.write("/run/runs", "");
    const foregroundWords = [...limited.slice(0, -1), `ulimit -Sn 700; exec "$@"`, "sh", launcher];
    const program = host.spawn([...foregroundWords, ...foreground]);
    const runs = await waitForFile(host, "/run/runs", (lines) => lines.split("\n").length > 2);
    assert.deepEqual(new Set(runs.trimEnd().split("\n")), new Set([`700 ${hard} <>`]));
    assert.equal((await program.stop()).code, 0);
  });

  test("die when the parent is killed or stopped", async (t) => {
    const words = ["script /etc/keepalived/long.sh", "interval 100", "timeout 90"];
    const { lab, host, program } = await startNode(t, "script-death", trackedScript(words), [
      "long.sh",
      "#!/bin/sh\nexec sleep 80\n",
    ]);
    await until("the script", () => pidsNamed(program, "sleep")[0]);
    assert.ok(program.signal("SIGKILL"));
    await waitUntilGone(program);
    await lab.waitForHolders(floatingAddress, []);

    const next = startHoldfast(host);
    await until("the script", () => pidsNamed(next, "sleep")[0]);
    assert.equal((await next.stop()).code, 0);
    await until("the exit of all", () => (next.processes().length === 0 ? true : undefined));
  });

  test("that ignore SIGTERM are killed when the daemon stops", async (t) => {
    const words = ["script /etc/keepalived/stubborn.sh", "interval 100", "timeout 90"];
    const { program } = await startNode(t, "script-stubborn", trackedScript(words), [
      "stubborn.sh",
      '#!/bin/sh\n(trap "" TERM; while :; do sleep 0.3; done) &\nexec sleep 83\n',
    ]);
    await until("the script", () => (pidsNamed(program, "sleep").length >= 2 ? true : undefined));
    assert.equal((await program.stop()).code, 0);
    // A killed process takes a moment to disappear.
    await waitUntilGone(program);
  });

  test("for notifications get one second at a stop, and the log names those cut short", async (t) => {
    const config = renderQuickInstance(["notify_stop /etc/keepalived/slow.sh"]);
    const { lab, host, program } = await startNode(t, "script-slow-stop", config, [
      "slow.sh",
      "#!/bin/sh\nexec sleep 84\n",
    ]);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.equal((await program.stop()).code, 0);
    assert.match(program.text(), /: 1 notify script is not done 1 s after the stop/);
    await waitUntilGone(program);
  });

  test("that time out are killed with their descendants and count as failed", async (t) => {
    const words = ["script /etc/keepalived/long.sh", "interval 1", "timeout 1"];
    const { program } = await startNode(t, "script-timeout", trackedScript(words), [
      "long.sh",
      "#!/bin/sh\nsleep 81 &\nsleep 82\n",
    ]);
    await until("the script", () => (pidsNamed(program, "sleep").length >= 2 ? true : undefined));
    const first = pidsNamed(program, "sleep");
    await program.waitForLine(/VRRP_Script\(check\) timed_out/);
    await until("its exit", () => {
      const left = pidsNamed(program, "sleep").filter((pid) => first.includes(pid));
      return left.length === 0 ? true : undefined;
    });
    assert.equal((await program.stop()).code, 0);
  });

  test("that survive SIGKILL count as timed out, and are not run a second time", async (t) => {
    const words = ["script /etc/keepalived/held.sh", "interval 1", "timeout 6"];
    const { program } = await startNode(t, "script-held", trackedScript(words), [
      "held.sh",
      "#!/bin/sh\nexec sleep 85\n",
    ]);
    const pid = await until("the script", () => pidsNamed(program, "sleep")[0]);
    const release = await hangForGood(t, pid);
    await program.waitForLine(/VRRP_Script\(check\) timed_out/);
    const from = program.lines.length;
    const skipped = /: Track script check is being timed out, expect idle - skipping run/;
    for (let count = 0; count < 3; count++) {
      const { length } = program.lines;
      await program.waitForLine(skipped, undefined, count === 0 ? from : length);
      assert.deepEqual(
        pidsNamed(program, "sleep").filter((other) => other !== pid),
        [],
      );
    }
    release();
    await until("the next run", () => pidsNamed(program, "sleep").find((next) => next !== pid));
    assert.equal((await program.stop()).code, 0);
  });

  test("that any user could change are not run with enable_script_security", async (t) => {
    const globals = "global_defs {\n    enable_script_security\n    script_user root\n}\n";
    const words = ["script /etc/keepalived/open.sh", "interval 1"];
    const { lab, host } = await buildSingleNode(t, "security", trackedScript(words, globals), {
      openFiles: ["/run/ran"],
    });
    host.write("/etc/keepalived/open.sh", "#!/bin/sh\necho run >> /run/ran\n", 0o777);
    const program = startHoldfast(host);
    await program.waitForLine(/Startup complete/);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.match(program.text(), /open\.sh/);
    assert.equal(host.read("/run/ran"), "");
    assert.equal((await program.stop()).code, 0);
  });
});
