// Configurations that are wrong: what a test of them, a start and a reload make of each.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { sleep } from "../../lab/clock.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertInOrder,
  assertNotLogged,
  buildPlainPair,
  floatingAddress,
  foreground,
  launcher,
  loggedBy,
  type PlainPair,
  renderInstance,
  signalAndWait,
  startHoldfast,
  transition,
} from "./daemons.ts";

interface BadInput {
  readonly name: string;
  /** Spoils the node's good configuration. */
  readonly spoil: (good: string) => string;
  readonly grade: "fatal" | "error";
  /** The line, the column, and what is wrong there. */
  readonly says: RegExp;
  /** What shows what was meant. */
  readonly meant: RegExp;
  /** Of `-t`, keepalived's as well as ours. */
  readonly testExit: number;
}

const badInputs: readonly BadInput[] = [
  {
    name: "a misspelt keyword",
    spoil: (good) => good.replace("priority", "priorty"),
    grade: "error",
    says: /:5:5: error: vrrp_instance VI_1: 'priorty' is not a keyword here/,
    meant: /did you mean 'priority'\?/,
    testExit: 5,
  },
  {
    name: "a missing brace",
    spoil: (good) => good.replace(/\}\n$/, ""),
    grade: "fatal",
    says: /:1:1: fatal: 1 '\}' missing/,
    meant: /this block is not closed/,
    testExit: 5,
  },
  {
    name: "an unknown interface",
    spoil: (good) => good.replace("interface eth0", "interface eth9"),
    grade: "fatal",
    says: /:3:15: fatal: vrrp_instance VI_1: there is no interface 'eth9'/,
    meant: /did you mean 'eth0'\?/,
    testExit: 5,
  },
  {
    name: "a duplicate VRID",
    spoil: (good) => good + renderInstance({ name: "VI_2", priority: 1, addresses: ["10.77.0.7"] }),
    grade: "fatal",
    says: /:1[45]:23: fatal: vrrp_instance VI_2: instance 'VI_1' has VRID 51 on 'eth0' too/,
    meant: /virtual_router_id 51/,
    testExit: 5,
  },
  {
    name: "garbage",
    spoil: () => "\u0001\u00ff %PDF-1.7 ]]\n<xml lang='en'>\n\u007fELF\n",
    grade: "fatal",
    says: /:2:1: error: '<xml' is not a keyword here/,
    meant: /:1:1: fatal: the file is not a configuration: it has no block, such as 'vrrp_instance/,
    testExit: 5,
  },
  {
    name: "an empty file",
    spoil: () => "",
    grade: "fatal",
    says: /:1:1: fatal: the file has no configuration/,
    meant: /such as 'vrrp_instance NAME/,
    testExit: 0,
  },
];

async function makePair(t: TimedTest, name: string): Promise<{ lab: Lab; pair: PlainPair }> {
  const lab = await createLab({ name });
  t.after(() => lab.close());
  const pair = await buildPlainPair(lab);
  return { lab, pair };
}

/** As long as the right one, so that every column stays. */
const otherAddress = "10.77.0.109";

const goodHigh = renderInstance({ priority: 150 });

describe("bad input", { concurrency: 3 }, () => {
  test("-t answers with keepalived's exit status, the place and what was meant", async (t) => {
    const { pair } = await makePair(t, "bad-test");
    for (const { name, spoil, says, meant, testExit } of badInputs) {
      pair.high.write(configPath, spoil(goodHigh));
      const words = ["-t", "-f", configPath];
      const [ours, theirs] = await Promise.all(
        [[process.execPath, launcher], ["keepalived"]].map((argv) =>
          pair.high.run([...argv, ...words], { mayFail: true }),
        ),
      );
      assert.equal(ours?.code, testExit, `${name}: ${ours?.stderr}`);
      assert.equal(theirs?.code, testExit, `${name}, keepalived: ${theirs?.stderr}`);
      assert.match(ours.stderr, says, name);
      assert.match(ours.stderr, meant, name);
    }
  });

  test("a start refuses what is fatal and survives an error, saying so", async (t) => {
    const { lab, pair } = await makePair(t, "bad-start");
    const { high } = pair;
    for (const { name, spoil, grade, says, meant } of badInputs) {
      high.write(configPath, spoil(goodHigh));
      const strict = startHoldfast(high, [...foreground, "--strict"]);
      const usual = startHoldfast(high);
      // One at a time holds the pid file: the strict one never gets that far.
      assert.equal((await strict.ended).code, 2, `${name}, strict: ${strict.text()}`);
      if (grade === "error") {
        await usual.waitForLine(/Entering BACKUP STATE/);
        await usual.stop();
      }
      assert.equal((await usual.ended).code, grade === "fatal" ? 2 : 0, `${name}: ${usual.text()}`);
      for (const program of [strict, usual]) assert.match(program.text(), meant, name);
      assert.match(usual.text(), says, name);
      assert.match(strict.text(), /Not starting: the configuration has \d+ error/);
    }
    assert.deepEqual(lab.holdings(floatingAddress), []);
  });

  test("a reload refuses all of it, and the pair runs on unchanged", async (t) => {
    const { lab, pair } = await makePair(t, "bad-reload");
    const { high, low } = pair;
    // At the end it tells which configuration was in force.
    const toldFile = "/run/told";
    const lines = [`notify_stop "/bin/sh -c 'echo right >${toldFile}'"`];
    const tellingHigh = renderInstance({ priority: 150, lines });
    const tellingLow = renderInstance({ priority: 100, lines });
    high.write(configPath, tellingHigh);
    low.write(configPath, tellingLow);
    const master = startHoldfast(high);
    await lab.waitForHolders(floatingAddress, [high]);
    await master.waitForLine(/Entering MASTER STATE/);
    const backup = startHoldfast(low);
    await backup.waitForLine(/Entering BACKUP STATE/);
    const nodes = [
      { host: high, program: master, good: tellingHigh, since: master.lines.length },
      { host: low, program: backup, good: tellingLow, since: backup.lines.length },
    ];
    const processes = nodes.map(({ program }) => program.processes().map(({ pid }) => pid));
    const holdings = lab.holdings(floatingAddress);

    for (const { name, spoil, says, meant } of badInputs) {
      for (const { host, program, good } of nodes) {
        const from = program.lines.length;
        // What is right and would be seen is new beside the error.
        const other = spoil(good).replace(floatingAddress, otherAddress).replace("right", "wrong");
        host.write(configPath, other);
        await signalAndWait(program, "SIGHUP", /Reload refused: \d+ new errors?\. The running/);
        const said = loggedBy(program, from).join("\n");
        assert.match(said, says, name);
        assert.match(said, meant, name);
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
    // What was right before still is, and is no change.
    const from = backup.lines.length;
    low.write(configPath, tellingLow);
    await signalAndWait(backup, "SIGHUP", /Reload complete/);
    assertNotLogged(backup, /Reload: /, from);
    assertNotLogged(backup, transition, from);
    for (const { host, program } of nodes) {
      assert.equal((await program.stop()).code, 0);
      assert.equal(host.read(toldFile), "right\n");
    }
  });

  test("an error that runs already doesn't refuse a reload, a second one does", async (t) => {
    const { pair } = await makePair(t, "bad-again");
    const { high } = pair;
    const bad = goodHigh.replace("advert_int 1", "advert_intt 1");
    high.write(configPath, bad);
    const program = startHoldfast(high);
    await program.waitForLine(/Entering BACKUP STATE/);
    assert.match(program.text(), /did you mean 'advert_int'\?/);
    // On another line it is the same error.
    high.write(configPath, `! moved\n${bad.replace("priority 150", "priority 140")}`);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    high.write(configPath, bad.replace("state BACKUP", "stat BACKUP"));
    await signalAndWait(program, "SIGHUP", /Reload refused: 1 new error\./);
    await program.stop();
  });

  test("a file with only global_defs starts and idles, and a reload brings it to life", async (t) => {
    const { lab, pair } = await makePair(t, "bad-idle");
    const { high } = pair;
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
