import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommandLine, parseCommandLine, usageText } from "./command-line.ts";
import type { Options } from "./options.ts";
import { OPTION_TABLE } from "./options-table.ts";

const CONTEXT = { programName: "holdfast", holdfastVersion: "9.8.7" };

function parse(line: string): CommandLine {
  return parseCommandLine(line === "" ? [] : line.split(" "), CONTEXT);
}

function options(line: string): Options {
  const parsed = parse(line);
  assert(parsed.kind === "run", `"${line}" gave ${JSON.stringify(parsed)}`);
  return parsed.options;
}

function answer(line: string): Extract<CommandLine, { kind: "answer" }> {
  const parsed = parse(line);
  assert(parsed.kind === "answer", `"${line}" was accepted`);
  return parsed;
}

test("without options all processes run, in the background, with syslog's daemon facility", () => {
  const given = options("");
  assert.deepEqual(given.subsystems, { vrrp: true, checker: true, bfd: true });
  assert.equal(given.foreground, false);
  assert.equal(given.logSyslog, true);
  assert.equal(given.logFacility, 3);
  assert.equal(given.respawn, true);
  assert.equal(given.configTest, undefined);
  assert.deepEqual(given.notImplemented, []);
});

test("short options bundle, and values are attached or follow", () => {
  const given = options("-nlDf/a -p /b -r/c --checkers_pid=/d --bfd_pid /e -i web1 -s blue");
  assert.equal(given.foreground, true);
  assert.equal(given.logConsole, true);
  assert.equal(given.logDetail, 1);
  assert.equal(given.configFile, "/a");
  assert.deepEqual(given.pidFiles, { parent: "/b", vrrp: "/c", checkers: "/d", bfd: "/e" });
  assert.equal(given.configId, "web1");
  assert.equal(given.netNamespace, "blue");
});

test("long options may be abbreviated if the prefix is unique", () => {
  assert.equal(options("--use /x").configFile, "/x");
  assert.equal(options("--log-d --log-d").logDetail, 2);
  assert.equal(options("--vrrp").subsystems.checker, false);
  assert.equal(options("--vrrp_p /y").pidFiles.vrrp, "/y");
  assert.match(answer("--log-").stderr, /^Unknown option --log-\nUsage:/);
});

test("every short and long option of the table is accepted", () => {
  const value: Record<string, string> = { logFacility: "local1", umask: "022", signum: "STOP" };
  for (const spec of OPTION_TABLE) {
    const argument = value[spec.name] ?? "v";
    const words = spec.argument === "required" ? [argument] : [];
    const results = [parseCommandLine([`--${spec.long}`, ...words], CONTEXT)];
    if (spec.short !== undefined) {
      results.push(parseCommandLine([`-${spec.short}`, ...words], CONTEXT));
    }
    for (const result of results) {
      if (result.kind === "answer") {
        assert.equal(result.exitCode, 0, `--${spec.long}`);
        assert.ok(["signum", "version", "help"].includes(spec.name), `--${spec.long}`);
      } else {
        const expected = spec.notImplemented === true ? [`--${spec.long}`] : [];
        assert.deepEqual(result.options.notImplemented, expected);
        assert.deepEqual(result.options.strayWords, []);
      }
    }
    if (spec.argument === "required") assert.equal(answer(`--${spec.long}`).exitCode, 1);
    if (spec.argument === "none") assert.equal(answer(`--${spec.long}=1`).exitCode, 1);
  }
});

test("no option occurs twice in the table", () => {
  const shorts = OPTION_TABLE.map((spec) => spec.short).filter((short) => short !== undefined);
  assert.equal(new Set(shorts).size, shorts.length);
  assert.equal(new Set(OPTION_TABLE.map((spec) => spec.long)).size, OPTION_TABLE.length);
});

test("-t takes only an attached log file; the next word is a stray one", () => {
  assert.deepEqual(options("-t x.conf").configTest, { log: undefined });
  assert.deepEqual(options("-t x.conf").strayWords, ["x.conf"]);
  assert.deepEqual(options("-t/tmp/log").configTest, { log: "/tmp/log" });
  assert.deepEqual(options("--config-test=/tmp/log").configTest, { log: "/tmp/log" });
  assert.deepEqual(options("--config-test /tmp/log").configTest, { log: undefined });
});

test("stray words are collected at any position, and all words after -- are stray", () => {
  assert.deepEqual(options("one -n two -- -l --all").strayWords, ["one", "two", "-l", "--all"]);
  assert.equal(options("-n -- -l").logConsole, false);
  assert.deepEqual(options("-").strayWords, ["-"]);
});

test("an unknown option, a missing value and an invalid value give the usage text and status 1", () => {
  for (const [line, error] of [
    ["-n -Q", "Unknown option -Q"],
    ["--foo=1", "Unknown option --foo=1"],
    ["-f", "Missing parameter for option -f"],
    ["--pid", "Missing parameter for option --pid"],
    ["--pid=", "Missing parameter for option --pid"],
    ["-S 9", "Invalid log facility '9'"],
    ["-S mail", "Invalid log facility 'mail'"],
    ["-u 999", "Invalid --umask option 999"],
    ["-u 01777", "Invalid --umask option 01777"],
    ["-u abc", "Invalid --umask option abc"],
  ] as const) {
    const { stderr, stdout, exitCode } = answer(line);
    assert.equal(exitCode, 1, line);
    assert.equal(stdout, "");
    assert.ok(stderr.startsWith(`${error}\nUsage: holdfast`), stderr.slice(0, 80));
  }
});

test("all spellings of facilities and umasks", () => {
  assert.equal(options("-S 0").logFacility, 16);
  assert.equal(options("-S local7").logFacility, 23);
  assert.equal(options("-S user").logFacility, 1);
  assert.equal(options("-S daemon").logFacility, 3);
  assert.equal(options("-u 022").umask, 0o22);
  assert.equal(options("-u 18").umask, 18);
  assert.equal(options("-u 0x1f").umask, 0x1f);
  assert.equal(options("-u 0").umask, 0);
});

test("-P, -C and -B disable processes", () => {
  assert.deepEqual(options("-P").subsystems, { vrrp: true, checker: false, bfd: true });
  assert.deepEqual(options("-C").subsystems, { vrrp: false, checker: true, bfd: true });
  assert.deepEqual(options("-P -B").subsystems, { vrrp: true, checker: false, bfd: false });
});

test("--signum prints the numbers, and an unknown name gives status 1", () => {
  const numbers = { STOP: 15, RELOAD: 1, DATA: 10, STATS: 12, STATS_CLEAR: 63, JSON: 36 };
  for (const [name, number] of Object.entries(numbers)) {
    assert.deepEqual(answer(`--signum=${name}`), {
      kind: "answer",
      stdout: `${number}\n`,
      stderr: "",
      exitCode: 0,
    });
  }
  assert.equal(answer("--signum=FOO").exitCode, 1);
  const musl = parseCommandLine(["--signum", "JSON"], {
    ...CONTEXT,
    realtimeSignals: { min: 35, max: 64 },
  });
  assert.equal(musl.kind === "answer" && musl.stdout, "37\n");
});

test("-v prints both versions to stderr, -h prints the usage text", () => {
  assert.match(answer("-v").stderr, /^Keepalived v2\.4\.3 \(holdfast 9\.8\.7\)\n/);
  assert.equal(answer("-v").stdout, "");
  assert.deepEqual([answer("-h").exitCode, answer("-h").stderr], [0, usageText("holdfast")]);
});

test("options are frozen", () => {
  const given = options("-n stray -x");
  for (const value of [given, given.subsystems, given.pidFiles, given.strayWords, given.words]) {
    assert.ok(Object.isFrozen(value));
  }
  assert.deepEqual(JSON.parse(JSON.stringify(given)).notImplemented, ["--snmp"]);
});

test("the usage text contains every option and has short lines", () => {
  const text = usageText("holdfast");
  for (const spec of OPTION_TABLE) assert.ok(text.includes(`--${spec.long}`), spec.long);
  for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
});
