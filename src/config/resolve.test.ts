// Settings that contradict each other, the version or the limits of adverts. test/config/meaning.test.ts tests single
// statements.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type FakeMachine, fakeFiles, fakeSystem } from "../../test/config/fake-system.ts";
import type { GlobalConfig } from "./global/global-config.ts";
import { type ReadConfigResult, readConfig } from "./read-config.ts";
import type { InstanceConfig } from "./vrrp/vrrp-config.ts";

interface Surroundings {
  readonly globals?: string;
  readonly machine?: FakeMachine;
}

function read(text: string, machine: FakeMachine = {}, configId?: string): ReadConfigResult {
  const readFile = fakeFiles({ "k.conf": text });
  return readConfig({
    path: "k.conf",
    readFile,
    system: fakeSystem(machine),
    ...(configId !== undefined && { configId }),
  });
}

function readInstance(lines: string, { globals = "", machine }: Surroundings): ReadConfigResult {
  const own = `interface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n${lines}`;
  return read(`global_defs {\n${globals}\n}\nvrrp_instance VI_1 {\n${own}\n}\n`, machine);
}

function instance(lines: string, around: Surroundings = {}): InstanceConfig {
  const { config, diagnostics } = readInstance(lines, around);
  const [found] = config?.vrrp.instances ?? [];
  assert.ok(found !== undefined, diagnostics.map(({ message }) => message).join("; "));
  return found;
}

/** keepalived's log lines for the problems of an instance. */
function logs(lines: string, globals = ""): string[] {
  return readInstance(lines, { globals }).diagnostics.map(({ logText }) => logText ?? "");
}

function globalOf(lines: string): GlobalConfig {
  const { config } = read(`global_defs {\n${lines}\n}\n`);
  assert.ok(config !== undefined);
  return config.global;
}

test("an interval that does not fit into adverts is reported with its replacement", () => {
  const reported = (lines: string): unknown => {
    const { diagnostics, config } = readInstance(lines, {});
    const [only] = diagnostics.filter(({ code }) => code === "value-adjusted");
    return [only?.message, only?.logText, config?.vrrp.instances[0]?.advertIntMicros];
  };
  assert.deepEqual(reported("advert_int 1.5"), [
    "version 2 allows only whole seconds; 2 s is used",
    "(VI_1) VRRPv2 advertisement interval 1.500000s must be an integer. rounding",
    2_000_000,
  ]);
  assert.deepEqual(reported("advert_int 255"), [undefined, undefined, 255_000_000]);
  assert.deepEqual(reported("version 3\nadvert_int 0.015"), [
    "version 3 allows only hundredths of a second; 0.02 s is used",
    "(VI_1) VRRPv3 advertisement interval 0.015000s must be in units of 10ms - rounding",
    20_000,
  ]);
  assert.deepEqual(reported("version 3\nadvert_int 41"), [
    "version 3 allows at most 40.95 s between adverts; this is used",
    "(VI_1) VRRPv3 advertisement interval 41.00s is out of range. Must be less than 40.96s. Setting to 40.95s",
    40_950_000,
  ]);
  assert.deepEqual(reported("version 3\nadvert_int 40.95"), [undefined, undefined, 40_950_000]);
});

test("the number of advertised addresses is limited by the version, the MTU and 255", () => {
  const advertised = (version: 2 | 3, mtu: number): number => {
    const many = Array.from({ length: 300 }, (_, at) => `10.1.${at >> 8}.${at & 255}`).join("\n");
    const lines = `version ${version}\nvirtual_ipaddress {\n${many}\n}`;
    return instance(lines, { machine: { interfaces: { eth0: { mtu } } } }).addresses.length;
  };
  assert.deepEqual([advertised(2, 133), advertised(2, 134)], [20, 21]);
  assert.deepEqual([advertised(3, 129), advertised(3, 130)], [21, 22]);
  assert.deepEqual([advertised(2, 10), advertised(3, 9_000)], [0, 255]);
});

test("strict mode reports settings that it does not allow", () => {
  const strict = (lines: string): string[] => logs(lines, "vrrp_strict");
  const wrong: readonly (readonly [lines: string, log: string])[] = [
    ["garp_lower_prio_repeat 3", "Strict mode requires no repeat garps. resetting"],
    ["garp_lower_prio_delay 3", "Strict mode requires no repeat garp delay. resetting"],
    [
      "higher_prio_send_advert",
      "strict mode requires higher_prio_send_advert to be clear. resetting",
    ],
    [
      "authentication {\nauth_type PASS\nauth_pass ab\n}",
      "Strict mode does not support authentication. Ignoring.",
    ],
    ["accept", "warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting"],
    ["down_timer_adverts 5", "down_timer_adverts is incompatible with strict mode - resetting"],
  ];
  const always = strict("");
  for (const [lines, log] of wrong) {
    assert.ok(strict(lines).includes(`(VI_1) ${log}`), lines);
    assert.ok(!always.includes(`(VI_1) ${log}`), `not without ${lines}`);
    assert.ok(!logs(lines).includes(`(VI_1) ${log}`), `not without strict mode: ${lines}`);
  }
  assert.ok(instance("accept\nversion 3", { globals: "vrrp_strict" }).accept, "version 3 has it");
});

test("owner_ignore_adverts is reported for other priorities than the owner's", () => {
  const log = "(VI_1) ignoring owner_ignore_adverts since priority is not 255";
  assert.ok(logs("owner_ignore_adverts").includes(log));
  assert.ok(!logs("owner_ignore_adverts\npriority 255").includes(log));
});

test("an instance waits for three adverts, and inherits the defaults of global_defs", () => {
  assert.equal(instance("").downTimerAdverts, 3);
  const globals = [
    "vrrp_higher_prio_send_advert",
    "vrrp_lower_prio_no_advert",
    "vrrp_garp_interval 0.5",
    "vrrp_garp_master_refresh 60",
    "vrrp_skip_check_adv_addr",
    "v3_checksum_as_v2",
  ].join("\n");
  const found = instance("", { globals });
  assert.ok(found.higherPrioSendAdvert && found.lowerPrioNoAdvert && found.skipCheckAdvAddr);
  assert.ok(found.v3ChecksumAsV2 && !instance("").v3ChecksumAsV2);
  assert.deepEqual([found.garp.intervalMicros, found.garp.masterRefreshMicros], [500_000, 60e6]);
  const own = instance("higher_prio_send_advert off\ngarp_master_refresh 30", { globals });
  assert.ok(!own.higherPrioSendAdvert);
  assert.equal(own.garp.masterRefreshMicros, 30e6);
});

test("a missing brace is reported at the block before a keyword of the outer block", () => {
  const lines = [
    "interface eth0\nvirtual_router_id 51\nauthentication {\nauth_type PASS\nauth_pass ab",
    "virtual_ipaddress {\n10.0.0.1\n}\n",
  ];
  const { diagnostics } = read(`vrrp_instance A {\n${lines.join("\n")}}\n`);
  const [first] = diagnostics.filter(({ code }) => code === "missing-closing-brace");
  assert.equal(first?.line, 4);
});

test("an owner tracks only without weight, and no instance tracks its own interface", () => {
  const scripts = "vrrp_script heavy {\nscript /h.sh\n}\nvrrp_script plain {\nscript /p.sh\n}\n";
  const tracking = [
    "track_script {\nheavy weight 1\nplain\n}",
    "track_interface {\neth0\neth1 weight -1\nlo\n}",
  ].join("\n");
  const tracked = (priority: number): unknown => {
    const own = `priority ${priority}\ninterface eth0\nvirtual_router_id 51\n${tracking}\n`;
    const { config, diagnostics } = read(`${scripts}vrrp_instance VI_1 {\n${own}}\n`);
    const [found] = config?.vrrp.instances ?? [];
    const codes = diagnostics.map(({ code }) => code);
    return [
      found?.trackScripts.map(({ name }) => name),
      found?.trackInterfaces.map(({ name }) => name),
      codes.filter((code) => code === "owner-weight" || code === "own-interface-tracked"),
    ];
  };
  assert.deepEqual(tracked(255), [
    ["plain"],
    ["lo"],
    ["own-interface-tracked", "owner-weight", "owner-weight"],
  ]);
  assert.deepEqual(tracked(254), [["heavy", "plain"], ["eth1", "lo"], ["own-interface-tracked"]]);
});

test("auth_type without a password is reported", () => {
  const auth = (lines: string): string[] => logs(`authentication {\n${lines}\n}`);
  const none = "(VI_1) Authentication specified but no password given. Ignoring";
  assert.ok(auth("auth_type PASS").includes(none));
  assert.ok(auth('auth_type PASS\nauth_pass ""').includes(none));
  assert.ok(!auth("auth_type PASS\nauth_pass ab").includes(none));
});

test("global_defs sets values, and the rest have defaults", () => {
  const bare = globalOf("");
  assert.equal(bare.smtpConnectTimeoutMicros, 30_000_000);
  assert.equal(bare.childWaitTimeMicros, 5_000_000);
  assert.equal(bare.shutdownScriptTimeoutMicros, 10_000_000);
  assert.deepEqual([bare.noEmailFaults, bare.vrrpProcessName], [false, undefined]);
  const given = globalOf(
    [
      "notification_email_from a@b.example",
      "no_email_faults",
      "shutdown_script_timeout 8",
      "process_names",
      "vrrp_process_name own",
    ].join("\n"),
  );
  assert.equal(given.notificationEmailFrom, "a@b.example");
  const { config } = read("child_wait_time 7\nglobal_defs {\n}\n");
  assert.equal(config?.global.childWaitTimeMicros, 7_000_000);
  assert.equal(given.shutdownScriptTimeoutMicros, 8_000_000);
  assert.deepEqual([given.noEmailFaults, given.vrrpProcessName], [true, "own"]);
});

test("two FIFOs with the same path are one, and a FIFO without an existing user is not used", () => {
  const both = globalOf("notify_fifo /run/f\nvrrp_notify_fifo /run/f");
  assert.deepEqual([both.notifyFifo?.path, both.vrrpNotifyFifo], ["/run/f", undefined]);
  const apart = globalOf("notify_fifo /run/f\nvrrp_notify_fifo /run/g");
  assert.deepEqual([apart.notifyFifo?.path, apart.vrrpNotifyFifo?.path], ["/run/f", "/run/g"]);
  const text = "global_defs {\nenable_script_security\nnotify_fifo /run/f\n}\n";
  assert.equal(read(text, { users: [] }).config?.global.notifyFifo, undefined);
});

test("missing and duplicate names are reported", () => {
  const reported = (text: string): string[] =>
    read(text).diagnostics.map(({ code, line }) => `${code} ${line}`);
  const script = "vrrp_script a {\nscript /a.sh\n}\n";
  assert.ok(reported("vrrp_script {\nscript /a.sh\n}\n").includes("missing-argument 1"));
  assert.ok(reported(script + script).includes("duplicate-name 4"));
  assert.ok(reported("vrrp_script a {\n}\n").includes("script-unset 1"));
  assert.ok(reported("vrrp_instance {\n}\n").includes("missing-name 1"));
  assert.ok(reported("vrrp_instance a b {\n}\n").includes("missing-name 1"));
});

test("definitions, sequences and references are reported at their place as not implemented", () => {
  const reported = (line: string): string[] =>
    read(`vrrp_instance A {\n${line}\n}\n`)
      .diagnostics.filter(({ code }) => code === "not-implemented")
      .map(({ message, line: at, column }) => `${at}:${column} ${message}`);
  assert.deepEqual(reported("$IFACE = eth0"), ["2:1 '$IFACE =' is not implemented yet"]);
  assert.deepEqual(reported("~SEQ(X, 1, 2) priority $X"), ["2:1 '~SEQ' is not implemented yet"]);
  assert.deepEqual(reported("  notify $_PWD/n.sh"), ["2:10 '$_PWD' is not implemented yet"]);
  assert.deepEqual(reported("priority 100"), []);
  const all = read("$A = 1\nvrrp_instance A {\n}\n").diagnostics.map(({ code }) => code);
  assert.ok(!all.includes("unknown-keyword"), "reported once");
});

test("lines for another node are skipped, also with a given node name", () => {
  const text = `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\n@node1 priority 90\n@^node1 priority 80\n@one @^two state MASTER\n}\n`;
  const found = (configId?: string): unknown => {
    const [only] = read(text, {}, configId).config?.vrrp.instances ?? [];
    return [only?.priority, only?.state];
  };
  assert.deepEqual(found(), [90, "BACKUP"]);
  assert.deepEqual(found("two"), [80, "BACKUP"]);
  assert.deepEqual(found("one"), [80, "MASTER"]);
});

test("a missing value is reported with the arguments and range of the keyword", () => {
  const messages = (text: string): string[] => read(text).diagnostics.map(({ message }) => message);
  const instanceMessages = (lines: string): string[] =>
    messages(`vrrp_instance A {\n${lines}\n}\n`);
  assert.ok(instanceMessages("priority").includes("'priority' needs a value: <INT> (1..255)"));
  const inner = instanceMessages("authentication {\nauth_type\n}");
  assert.ok(inner.includes("'auth_type' needs a value: PASS"));
  assert.ok(messages("include\nglobal_defs {\n}\n").includes("'include' needs the path of a file"));
});
