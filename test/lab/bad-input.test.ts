// Invalid configurations: how -t, a start and a reload treat each of them.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { sleep } from "../../lab/clock.ts";
import { configPath } from "../../lab/pair-a.ts";
import { test } from "../support/timed-test.ts";
import {
  assertInOrder,
  assertNotLogged,
  buildPlainPair,
  floatingAddress,
  foreground,
  launcher,
  loggedBy,
  renderInstance,
  signalAndWait,
  startHoldfast,
  transition,
  waitUntilGone,
} from "./daemons.ts";

interface BadInput {
  readonly name: string;
  /** Turns the node's valid configuration into the invalid one. */
  readonly spoil: (good: string) => string;
  readonly grade: "fatal" | "error";
  /** The reported line, column and problem. */
  readonly problem: RegExp;
  /** The suggested correction. */
  readonly hint: RegExp;
  /** Exit status of `-t`, for keepalived and holdfast. */
  readonly testExit: number;
}

const badInputs: readonly BadInput[] = [
  {
    name: "a misspelt keyword",
    spoil: (good) => good.replace("priority", "priorty"),
    grade: "error",
    problem: /:5:5: error: vrrp_instance VI_1: 'priorty' is not a keyword here/,
    hint: /did you mean 'priority'\?/,
    testExit: 5,
  },
  {
    name: "a missing brace",
    spoil: (good) => good.replace(/\}\n$/, ""),
    grade: "fatal",
    problem: /:1:1: fatal: this block is not closed/,
    hint: /a '\}' is missing/,
    testExit: 5,
  },
  {
    name: "an unknown interface",
    spoil: (good) => good.replace("interface eth0", "interface eth9"),
    grade: "fatal",
    problem: /:3:15: fatal: vrrp_instance VI_1: there is no interface 'eth9'/,
    hint: /did you mean 'eth0'\?/,
    testExit: 5,
  },
  {
    name: "a duplicate VRID",
    spoil: (good) => good + renderInstance({ name: "VI_2", priority: 1, addresses: ["10.77.0.7"] }),
    grade: "fatal",
    problem: /:1[45]:23: fatal: vrrp_instance VI_2: instance 'VI_1' already uses VRID 51 on 'eth0'/,
    hint: /virtual_router_id 51/,
    testExit: 5,
  },
  {
    name: "garbage",
    spoil: () => "\u0001\u00ff %PDF-1.7 ]]\n<xml lang='en'>\n\u007fELF\n",
    grade: "fatal",
    problem: /:2:1: error: '<xml' is not a keyword here/,
    hint: /:1:1: fatal: the file is not a configuration: it needs a block such as 'vrrp_instance/,
    testExit: 5,
  },
  {
    name: "an empty file",
    spoil: () => "",
    grade: "fatal",
    problem: /:1:1: fatal: the file has no statements/,
    hint: /such as 'vrrp_instance NAME/,
    testExit: 0,
  },
];

/** As long as the floating address, so that columns do not change. */
const otherAddress = "10.77.0.109";

const goodHigh = renderInstance({ priority: 150 });

describe("bad input", { concurrency: 3 }, () => {
  test("-t exits with keepalived's status and reports the place and a hint", async (t) => {
    const { high } = await buildPlainPair(t, "bad-test");
    for (const { name, spoil, problem, hint, testExit } of badInputs) {
      high.write(configPath, spoil(goodHigh));
      const words = ["-t", "-f", configPath];
      const [ours, theirs] = await Promise.all(
        [[process.execPath, launcher], ["keepalived"]].map((argv) =>
          high.run([...argv, ...words], { mayFail: true }),
        ),
      );
      assert.equal(ours?.code, testExit, `${name}: ${ours?.stderr}`);
      assert.equal(theirs?.code, testExit, `${name}, keepalived: ${theirs?.stderr}`);
      assert.match(ours.stderr, problem, name);
      assert.match(ours.stderr, hint, name);
    }
  });

  test("a start refuses fatal problems and only reports errors", async (t) => {
    const { lab, high } = await buildPlainPair(t, "bad-start");
    for (const { name, spoil, grade, problem, hint } of badInputs) {
      high.write(configPath, spoil(goodHigh));
      const strict = startHoldfast(high, [...foreground, "--strict"]);
      const usual = startHoldfast(high);
      // Both can run side by side: the strict one never locks the pid file.
      assert.equal((await strict.ended).code, 2, `${name}, strict: ${strict.text()}`);
      await waitUntilGone(strict);
      if (grade === "error") {
        await usual.waitForLine(/Entering BACKUP STATE/);
        await usual.stop();
      }
      assert.equal((await usual.ended).code, grade === "fatal" ? 2 : 0, `${name}: ${usual.text()}`);
      await waitUntilGone(usual);
      if (grade === "fatal") assert.doesNotMatch(usual.text(), /Starting VRRP|Keepalived_vrrp/);
      for (const program of [strict, usual]) assert.match(program.text(), hint, name);
      assert.match(usual.text(), problem, name);
      assert.match(strict.text(), /Not starting: the configuration has \d+ error/);
    }
    assert.deepEqual(lab.holdings(floatingAddress), []);
  });

  test("a reload refuses all of them, and the pair keeps running unchanged", async (t) => {
    const { lab, high, low } = await buildPlainPair(t, "bad-reload");
    // notify_stop shows which configuration was in effect.
    const stopFile = "/run/stopped";
    const lines = [`notify_stop "/bin/sh -c 'echo right >${stopFile}'"`];
    const configHigh = renderInstance({ priority: 150, lines });
    const configLow = renderInstance({ priority: 100, lines });
    high.write(configPath, configHigh);
    low.write(configPath, configLow);
    const master = startHoldfast(high);
    await lab.waitForHolders(floatingAddress, [high]);
    await master.waitForLine(/Entering MASTER STATE/);
    const backup = startHoldfast(low);
    await backup.waitForLine(/Entering BACKUP STATE/);
    const nodes = [
      { host: high, program: master, good: configHigh, since: master.lines.length },
      { host: low, program: backup, good: configLow, since: backup.lines.length },
    ];
    const processes = nodes.map(({ program }) => program.processes().map(({ pid }) => pid));
    const holdings = lab.holdings(floatingAddress);

    for (const { name, spoil, problem, hint } of badInputs) {
      for (const { host, program, good } of nodes) {
        const from = program.lines.length;
        // Valid changes beside the error, whose effect would be visible.
        const other = spoil(good).replace(floatingAddress, otherAddress).replace("right", "wrong");
        host.write(configPath, other);
        await signalAndWait(program, "SIGHUP", /Reload refused: \d+ new errors?\. The running/);
        const logged = loggedBy(program, from).join("\n");
        assert.match(logged, problem, name);
        assert.match(logged, hint, name);
      }
    }
    for (const { program, since } of nodes) {
      assertNotLogged(program, transition, since);
      assertNotLogged(program, /Reload: |died|Changing effective priority/, since);
    }
    assert.deepEqual(lab.holdings(floatingAddress), holdings);
    assert.deepEqual(lab.holdings(otherAddress), []);
    assert.deepEqual(
      nodes.map(({ program }) => program.processes().map(({ pid }) => pid)),
      processes,
    );
    // The original configuration is accepted and changes nothing.
    const from = backup.lines.length;
    low.write(configPath, configLow);
    await signalAndWait(backup, "SIGHUP", /Reload complete/);
    assertNotLogged(backup, /Reload: /, from);
    assertNotLogged(backup, transition, from);
    for (const { host, program } of nodes) {
      assert.equal((await program.stop()).code, 0);
      assert.equal(host.read(stopFile), "right\n");
    }
  });

  test("a reload is refused for a new error, not for one in the running configuration", async (t) => {
    const { high } = await buildPlainPair(t, "bad-again");
    const bad = goodHigh.replace("advert_int 1", "advert_intt 1");
    high.write(configPath, bad);
    const program = startHoldfast(high);
    await program.waitForLine(/Entering BACKUP STATE/);
    assert.match(program.text(), /did you mean 'advert_int'\?/);
    // The same error on another line is not new.
    high.write(configPath, `! moved\n${bad.replace("priority 150", "priority 140")}`);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    high.write(configPath, bad.replace("state BACKUP", "stat BACKUP"));
    await signalAndWait(program, "SIGHUP", /Reload refused: 1 new error\./);
    await program.stop();
  });

  test("a daemon without instances idles until a reload adds one", async (t) => {
    const { lab, high } = await buildPlainPair(t, "bad-idle");
    high.write(configPath, "global_defs {\n    router_id idle\n}\n");
    const program = startHoldfast(high);
    await program.waitForLine(/Startup complete/);
    await sleep(500);
    assert.equal(program.exit, undefined, program.text());
    assert.equal(program.processes().length, 1);
    high.write(configPath, goodHigh);
    await signalAndWait(program, "SIGHUP", /Entering BACKUP STATE \(init\)/);
    await lab.waitForHolders(floatingAddress, [high]);
    assert.equal((await program.stop()).code, 0);
    await assertInOrder(program, [
      /Startup complete/,
      /Reloading/,
      /Entering MASTER STATE/,
      /Stopped/,
    ]);
  });
});
