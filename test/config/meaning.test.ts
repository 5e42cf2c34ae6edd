// The meaning of statements: from lines of a file to fields of the configuration.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../src/config/config.ts";
import type { GlobalConfig } from "../../src/config/global/global-config.ts";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import type { InstanceConfig } from "../../src/config/vrrp/vrrp-config.ts";
import type { ScriptFacts } from "../../src/lib/script.ts";
import { type FakeMachine, fakeFiles, fakeSystem, foundScript } from "./fake-system.ts";

function read(text: string, machine: FakeMachine = {}): ReadConfigResult {
  const readFile = fakeFiles({ "k.conf": text });
  return readConfig({ path: "k.conf", readFile, system: fakeSystem(machine) });
}

function parsed(text: string, machine: FakeMachine = {}): Config {
  const { config, diagnostics } = read(text, machine);
  assert.ok(config !== undefined, diagnostics.map(({ message }) => message).join("; "));
  return config;
}

function instanceText(lines: string): string {
  return `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n${lines}\n}\n`;
}

function instance(lines: string, globals = "", machine: FakeMachine = {}): InstanceConfig {
  const found = parsed(`global_defs {\n${globals}\n}\n${instanceText(lines)}`, machine).vrrp
    .instances[0];
  assert.ok(found !== undefined);
  return found;
}

function codes(lines: string, globals = "", machine: FakeMachine = {}): string[] {
  const { diagnostics } = read(`global_defs {\n${globals}\n}\n${instanceText(lines)}`, machine);
  return diagnostics.map(({ code }) => code);
}

const INSTANCE_LINES: readonly [lines: string, wanted: Partial<InstanceConfig>][] = [
  ["", { state: "BACKUP", priority: 100, version: 2, advertIntMicros: 1_000_000, accept: true }],
  ["state MASTER", { state: "MASTER", priority: 255 }],
  ["state MASTER\npriority 150", { state: "MASTER", priority: 150 }],
  ["state MASTER\npriority 300", { state: "MASTER", priority: 100 }],
  ["priority 255", { state: "MASTER", priority: 255 }],
  ["state BACKUP\npriority 255", { state: "BACKUP", priority: 255 }],
  ["advert_int 1.5", { advertIntMicros: 2_000_000 }],
  ["advert_int 0.3", { advertIntMicros: 1_000_000 }],
  ["version 3\nadvert_int 0.3", { version: 3, advertIntMicros: 300_000 }],
  ["version 3\nadvert_int 0.015", { advertIntMicros: 20_000 }],
  ["version 3\nadvert_int 200", { advertIntMicros: 40_950_000 }],
  ["nopreempt", { nopreempt: true }],
  ["nopreempt\npreempt", { nopreempt: false }],
  ["nopreempt\nstate MASTER\npriority 150", { nopreempt: false }],
  ["preempt_delay 2.5", { preemptDelayMicros: 2_500_000 }],
  ["preempt_delay 5\nnopreempt", { nopreempt: true, preemptDelayMicros: 0 }],
  ["authentication {\nauth_type PASS\nauth_pass ab\n}", { authPass: "6162000000000000" }],
  ["authentication {\nauth_type PASS\nauth_pass 123456789\n}", { authPass: "3132333435363738" }],
  ["authentication {\nauth_pass ab\n}", { authPass: undefined }],
  ["version 3\nauthentication {\nauth_type PASS\nauth_pass ab\n}", { authPass: undefined }],
  ["garp_master_delay 2", { garp: { ...garp(), masterDelayMicros: 2_000_000 } }],
  ["garp_master_repeat 0", { garp: { ...garp(), masterRepeat: 1 } }],
  ["garp_lower_prio_repeat 0", { garp: { ...garp(), lowerPrioRepeat: 0 } }],
  ["mcast_src_ip 10.0.0.9", { mcastSrcIp: "10.0.0.9" as InstanceConfig["mcastGroup"] }],
  ["notify_deleted", { notifyDeleted: true, notify: {} }],
  ["owner_ignore_adverts", { ownerIgnoreAdverts: false }],
  ["owner_ignore_adverts\npriority 255", { ownerIgnoreAdverts: true }],
  ["dont_track_primary", { trackPrimary: false }],
  ["debug 4", { debug: 4 }],
];

function garp(): InstanceConfig["garp"] {
  return {
    masterDelayMicros: 5_000_000,
    masterRepeat: 5,
    masterRefreshMicros: 0,
    masterRefreshRepeat: 1,
    lowerPrioDelayMicros: 5_000_000,
    lowerPrioRepeat: 5,
    intervalMicros: 0,
  };
}

for (const [lines, wanted] of INSTANCE_LINES) {
  test(`vrrp_instance: ${lines.replaceAll("\n", "; ") || "nothing but what is needed"}`, () => {
    const found = instance(lines);
    for (const key of Object.keys(wanted) as (keyof InstanceConfig)[]) {
      assert.deepEqual(found[key], wanted[key], key);
    }
  });
}

const GLOBAL_LINES: readonly [lines: string, wanted: Partial<GlobalConfig>][] = [
  ["", { routerId: "node1.example.net", umask: 0o177, vipLease: "auto", smtpServer: undefined }],
  ["", { notificationEmailFrom: "root@node1.example.net", smtpHeloName: "node1.example.net" }],
  ['router_id "a b"', { routerId: "a b" }],
  ["notification_email {\na@b c@d\ne@f\n}", { notificationEmail: ["a@b", "c@d", "e@f"] }],
  ["smtp_server mail.example.net", { smtpServer: { host: "mail.example.net", port: 25 } }],
  ["smtp_connect_timeout 0", { smtpConnectTimeoutMicros: 1_000_000 }],
  ["umask IRWXO|IWGRP", { umask: 0o027 }],
  ["umask 022", { umask: 0o022 }],
  ["umask 0x1f", { umask: 0o037 }],
  ["process_names", { processNames: true, vrrpProcessName: "keepalived_vrrp" }],
  ["process_name a23456789012345678", { processName: "a23456789012345" }],
  ["vip_lease off", { vipLease: "off" }],
  ["", { scriptShortageLimitMicros: 300_000_000 }],
  ["script_shortage_limit 20", { scriptShortageLimitMicros: 20_000_000 }],
  ["vip_lease 7", { vipLease: 7 }],
  ["vrrp_startup_delay 1.5", { vrrpStartupDelayMicros: 1_500_000 }],
  ["config_strict", { configStrict: true }],
];

for (const [lines, wanted] of GLOBAL_LINES) {
  test(`global_defs: ${lines.replaceAll("\n", "; ") || "nothing"}`, () => {
    const found = parsed(`global_defs {\n${lines}\n}\n`).global;
    for (const key of Object.keys(wanted) as (keyof GlobalConfig)[]) {
      assert.deepEqual(found[key], wanted[key], key);
    }
  });
}

test("scheduling of the VRRP process", () => {
  const text = "vrrp_rt_priority 200\nvrrp_cpu_affinity 0 1\nvrrp_no_swap\nvrrp_priority -7";
  assert.deepEqual(parsed(`global_defs {\n${text}\n}`).global.vrrpProcess, {
    priority: -7,
    realtimePriority: 99,
    cpuAffinity: [0, 1],
    noSwap: true,
    rlimitRttimeMicros: 10_000,
  });
});

test("net_namespace and instance select a directory for pid files", () => {
  const { global } = parsed("net_namespace blue\ninstance one\nglobal_defs {\n}\n");
  assert.deepEqual([global.netNamespace, global.instance, global.usePidDir], ["blue", "one", true]);
});

test("defaults of global_defs apply to later instances only", () => {
  const globals = "global_defs {\nvrrp_garp_master_repeat 2\nvrrp_garp_master_delay 1\n}\n";
  const before = parsed(globals + instanceText("")).vrrp.instances[0]?.garp;
  assert.deepEqual([before?.masterRepeat, before?.masterDelayMicros], [2, 1_000_000]);
  assert.deepEqual([before?.lowerPrioRepeat, before?.lowerPrioDelayMicros], [2, 1_000_000]);
  const after = parsed(instanceText("") + globals).vrrp.instances[0]?.garp;
  assert.deepEqual([after?.masterRepeat, after?.masterDelayMicros], [5, 5_000_000]);
});

test("vrrp_version and vrrp_strict apply wherever they are", () => {
  const text = `${instanceText("")}global_defs {\nvrrp_version 3\nvrrp_strict\n}\n`;
  const found = parsed(text).vrrp.instances[0];
  assert.deepEqual([found?.version, found?.strictMode, found?.accept], [3, true, false]);
});

test("strict mode overrides settings", () => {
  const found = instance("state MASTER\npriority 150\npreempt_delay 5", "vrrp_strict");
  assert.equal(found.state, "BACKUP");
  assert.equal(found.preemptDelayMicros, 0);
  assert.ok(found.lowerPrioNoAdvert && !found.higherPrioSendAdvert);
  assert.deepEqual([found.garp.lowerPrioRepeat, found.garp.lowerPrioDelayMicros], [0, 0]);
});

test("unicast: one source for both keywords, and only with peers", () => {
  const unicast = instance("mcast_src_ip 10.0.0.9\nunicast_peer {\n10.0.0.8\n10.0.0.7\n}");
  assert.equal(unicast.unicastSrcIp, "10.0.0.9");
  assert.equal(unicast.mcastSrcIp, undefined);
  assert.deepEqual(unicast.unicastPeers, ["10.0.0.8", "10.0.0.7"]);
  const multicast = instance("unicast_src_ip 10.0.0.9");
  assert.equal(multicast.mcastSrcIp, "10.0.0.9");
  assert.deepEqual(multicast.unicastPeers, []);
});

test("the options of an address", () => {
  const lines =
    "virtual_ipaddress_excluded {\n10.1.2.3/20 dev eth1 scope link label eth1:9 brd + no_track\n10.1.2.4/20 brd - scope 200\n10.1.2.5 broadcast 10.1.2.255\n}";
  const [one, two, three] = instance(lines).excludedAddresses;
  assert.deepEqual(one, {
    address: "10.1.2.3",
    prefixLength: 20,
    interface: "eth1",
    scope: 253,
    label: "eth1:9",
    broadcast: "10.1.15.255",
    noTrack: true,
  });
  assert.deepEqual([two?.broadcast, two?.scope, two?.interface], ["10.1.0.0", 200, "eth0"]);
  assert.deepEqual([three?.broadcast, three?.prefixLength], ["10.1.2.255", 32]);
});

test("an invalid prefix length means a single address, or its leading digits", () => {
  const lines = "10.0.0.1\n10.0.0.2/255.255.255.0\n10.0.0.3/24,\n10.0.0.4/\n10.0.0.5/33";
  const text = `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n${lines}\n}\n}`;
  const { config, diagnostics } = read(text);
  const lengths = config?.vrrp.instances[0]?.addresses.map((address) => address.prefixLength);
  assert.deepEqual(lengths, [32, 32, 24, 32, 32]);
  assert.equal(diagnostics[0]?.suggestion, "10.0.0.2/24");
});

test("reports escapes that keepalived 2.2 reads differently", () => {
  const text = (command: string): string =>
    `vrrp_script a {\nscript ${command}\n}\n${instanceText("track_script {\na\n}")}`;
  const { config, diagnostics } = read(text(String.raw`"/x.sh -c \"a b\""`));
  assert.deepEqual(config?.vrrp.scripts[0]?.command.argv, ["/x.sh", "-c", '"a', 'b"']);
  assert.equal(diagnostics[0]?.code, "escapes-differ");
  assert.match(diagnostics[0]?.message ?? "", /would run '\/x\.sh' '-c' 'a b'/);
  const same = read(text(String.raw`"/x.sh 'a b' 'c \"d e\"'"`));
  assert.deepEqual(same.config?.vrrp.scripts[0]?.command.argv, ["/x.sh", "a b", 'c "d e"']);
  assert.ok(!same.diagnostics.some(({ code }) => code === "escapes-differ"));
});

test("octets that are not UTF-8 are a warning in comments, an error in words and fatal in passwords", () => {
  const latin1 = (lines: string): ReadConfigResult => {
    const text = instanceText(`authentication {\nauth_type PASS\n${lines}\n}`);
    const readFile = fakeFiles({ "k.conf": Buffer.from(text, "latin1") });
    return readConfig({ path: "k.conf", readFile, system: fakeSystem() });
  };
  const codesOf = ({ diagnostics }: ReadConfigResult): string[] =>
    diagnostics.map(({ code }) => code);
  assert.deepEqual(codesOf(latin1("auth_pass secret # größer")), ["not-utf8"]);
  const wrong = latin1("auth_pass größer");
  assert.deepEqual(codesOf(wrong), ["not-utf8", "not-utf8-word", "not-utf8-password"]);
  assert.equal(wrong.config, undefined);
});

test("suggests the intended state, authentication type or boolean", () => {
  const meant: readonly [lines: string, suggestion: string | undefined][] = [
    ["state master", "MASTER"],
    ["state Backup", "BACKUP"],
    ["state SLAVE", undefined],
    ["authentication {\nauth_type PASS;\nauth_pass ab\n}", "PASS"],
    ["authentication {\nauth_type MD5\nauth_pass ab\n}", undefined],
    ["smtp_alert True", "true"],
    ["Priority 100", "priority"],
  ];
  for (const [lines, suggestion] of meant) {
    assert.equal(read(instanceText(lines)).diagnostics[0]?.suggestion, suggestion, lines);
  }
});

test("drops prefix lengths of peers and sources", () => {
  const lines = "unicast_src_ip 10.0.0.8/24\nunicast_peer {\n10.0.0.9/24\n10.0.0.10-20\n}";
  const found = instance(lines);
  assert.equal(found.unicastSrcIp, "10.0.0.8");
  assert.deepEqual(found.unicastPeers, ["10.0.0.9", "10.0.0.10"]);
});

test("reports where a misplaced keyword belongs", () => {
  const { diagnostics } = read(`track_script {\nchk\n}\n${instanceText("")}`);
  assert.match(diagnostics[0]?.message ?? "", /it belongs in vrrp_sync_group or vrrp_instance/);
  assert.equal(diagnostics[0]?.suggestion, undefined);
});

test("moves addresses that do not fit into an advert to the excluded ones", () => {
  const many = Array.from({ length: 30 }, (_, index) => `10.0.1.${index + 1}`).join("\n");
  const machine = { interfaces: { eth0: { mtu: 130 } } };
  const found = instance(`virtual_ipaddress {\n${many}\n}`, "", machine);
  assert.equal(found.addresses.length, 20);
  assert.equal(found.excludedAddresses.length, 11);
  assert.equal(found.addresses[0]?.address, "10.0.0.1");
});

test("reports a missing interface once with dynamic_interfaces, with a suggestion", () => {
  const text = `global_defs {\ndynamic_interfaces\n}\n${instanceText("").replace("eth0", "eth00")}`;
  const twice =
    text + instanceText("").replace("eth0", "eth00").replace("VI_1", "VI_2").replace("51", "52");
  const { diagnostics } = read(twice);
  assert.deepEqual(
    diagnostics.map(({ code, grade, line, suggestion, logText }) => [
      code,
      grade,
      line,
      suggestion,
      logText,
    ]),
    [
      [
        "interface-awaited",
        "warning",
        5,
        "eth0",
        "Configuration specifies interface eth00 which doesn't currently exist - will use if created",
      ],
    ],
  );
  assert.deepEqual(codes("", "dynamic_interfaces"), []);
});

test("weights of tracked scripts and interfaces", () => {
  const script = (name: string, lines: string): string =>
    `vrrp_script ${name} {\nscript /${name}.sh\n${lines}\n}\n`;
  const text =
    script("a", "weight 5") +
    script("b", "weight -5 reverse") +
    instanceText(
      "track_script {\na\nb weight 3 noreverse\n}\ntrack_interface {\neth1 weight -254 reverse\n}",
    );
  const found = parsed(text).vrrp.instances[0];
  assert.deepEqual(found?.trackScripts, [
    { name: "a", weight: 5, reverse: false },
    { name: "b", weight: 3, reverse: false },
  ]);
  assert.deepEqual(found?.trackInterfaces, [{ name: "eth1", weight: -253, reverse: true }]);
});

test("does not track a script that cannot run, and reports why", () => {
  const reasons: readonly [facts: ScriptFacts, code: string][] = [
    [{ kind: "missing", reason: "No such file or directory" }, "script-missing"],
    [foundScript("/opt/chk", { executable: false }), "script-not-executable"],
    [foundScript("/opt/chk", { privileged: true, insecure: "/opt" }), "script-insecure"],
  ];
  for (const [facts, code] of reasons) {
    const text = `global_defs {\nenable_script_security\nscript_user root\n}\nvrrp_script chk {\nscript /opt/chk\n}\n${instanceText("track_script {\nchk\n}")}`;
    const { config, diagnostics } = read(text, { scripts: { "/opt/chk": facts } });
    assert.deepEqual(
      diagnostics.map((diagnostic) => diagnostic.code),
      [code],
    );
    assert.deepEqual(config?.vrrp.instances[0]?.trackScripts, []);
    assert.deepEqual(config?.vrrp.scripts, []);
  }
});

test("without script security an insecure script runs, with a warning", () => {
  const facts = foundScript("/opt/chk", { privileged: true, insecure: "/opt" });
  const text = `vrrp_script chk {\nscript /opt/chk\n}\n${instanceText("track_script {\nchk\n}")}`;
  const { config, diagnostics } = read(text, { scripts: { "/opt/chk": facts } });
  const found = diagnostics.map(({ code }) => code);
  assert.deepEqual(found, ["script-unsafe", "script-security-off"]);
  assert.equal(config?.vrrp.scripts[0]?.command.refusal, undefined);
});

test("keeps a notify command that cannot run, with the reason", () => {
  const { config, diagnostics } = read(instanceText('notify_master "/nowhere x"'));
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["notify-missing"],
  );
  assert.equal(config?.vrrp.instances[0]?.notify.master?.refusal, "No such file or directory");
});

test("commands: quotes, users, search path, links", () => {
  const found = instance(String.raw`notify_master "/n.sh 'a b' \"c d\" \x41" keepalived_script`);
  assert.deepEqual(found.notify.master?.argv, ["/n.sh", "a b", '"c', 'd"', "A"]);
  assert.deepEqual([found.notify.master?.uid, found.notify.master?.gid], [1000, 1000]);
  const machine = {
    scripts: {
      tool: foundScript("/usr/bin/tool", { searched: true }),
      "/bin/x": foundScript("/usr/bin/x"),
    },
  };
  const both = "notify_master tool\nnotify_backup /bin/x";
  assert.deepEqual(instance(both, "", machine).notify.master?.argv, ["/usr/bin/tool"]);
  assert.deepEqual(instance(both, "", machine).notify.backup?.argv, ["/usr/bin/x"]);
  const kept = instance(both, "use_symlink_paths", machine).notify;
  assert.deepEqual([kept.master?.argv, kept.backup?.argv], [["/usr/bin/tool"], ["/bin/x"]]);
  assert.ok(codes(both, "", machine).includes("script-path-search"));
});

test("scripts run as script_user, else as keepalived_script, else as the daemon", () => {
  const user = (globals: string, users: readonly string[]): number | undefined =>
    instance("notify /n.sh", globals, { users }).notifyAny?.uid;
  assert.equal(user("script_user other", ["keepalived_script", "other"]), 1001);
  assert.equal(user("", ["keepalived_script"]), 1000);
  assert.equal(user("", []), 0);
  const failed = instance("notify /n.sh", "script_user nobody_at_all").notifyAny;
  assert.match(failed?.refusal ?? "", /user/);
});

test("sets supplementary groups only if asked to", () => {
  const lines = 'notify_master "/n.sh" keepalived_script';
  assert.deepEqual(instance(lines).notify.master?.supplementaryGroups, []);
  const all = instance(lines, "set_supplementary_groups").notify.master;
  assert.deepEqual(all?.supplementaryGroups, [1000]);
});

test("passes a FIFO's path to its reader", () => {
  const globals = 'vrrp_notify_fifo /run/f root\nvrrp_notify_fifo_script "/r.sh -v"';
  const { vrrpNotifyFifo } = parsed(`global_defs {\n${globals}\n}\n`).global;
  assert.deepEqual([vrrpNotifyFifo?.path, vrrpNotifyFifo?.uid], ["/run/f", 0]);
  assert.deepEqual(vrrpNotifyFifo?.script?.argv, ["/r.sh", "-v", "/run/f"]);
});

test("mail: the instance takes precedence, then smtp_alert_vrrp, then smtp_alert", () => {
  assert.equal(instance("").smtpAlert, false);
  assert.equal(instance("", "smtp_alert").smtpAlert, true);
  assert.equal(instance("", "smtp_alert\nsmtp_alert_vrrp off").smtpAlert, false);
  assert.equal(instance("smtp_alert", "smtp_alert off").smtpAlert, true);
});

test("strict reading makes every error fatal", () => {
  const text = instanceText("nopremt");
  assert.ok(read(text).config !== undefined);
  const readFile = fakeFiles({ "k.conf": text });
  const strict = readConfig({ path: "k.conf", readFile, system: fakeSystem(), strict: true });
  assert.equal(strict.config, undefined);
  assert.deepEqual(
    strict.diagnostics.map(({ grade }) => grade),
    ["fatal"],
  );
  assert.equal(read(`global_defs {\nconfig_strict\n}\n${text}`).config, undefined);
});

test("a configuration is immutable", () => {
  const config = parsed(instanceText("")) as unknown as {
    vrrp: { instances: { priority: number }[] };
  };
  assert.throws(() => {
    (config.vrrp.instances[0] as { priority: number }).priority = 1;
  }, TypeError);
});

test("warns of a lease that ends after a backup may take over", () => {
  assert.ok(!codes("advert_int 1").includes("slow-lease"));
  assert.ok(!codes("down_timer_adverts 2").includes("slow-lease"), "a lease of one second");
  assert.ok(codes("down_timer_adverts 1").includes("slow-lease"));
  const lines = "down_timer_adverts 10";
  assert.ok(!codes(lines, "vip_lease 9").includes("slow-lease"), "peers wait for ten");
  assert.ok(codes(lines, "vip_lease 10").includes("slow-lease"));
  assert.ok(!codes(lines, "vip_lease off").includes("slow-lease"));
});
