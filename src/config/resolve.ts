// The tree to a configuration: blocks to drafts in the order of the file, then everything that needs the whole.

import { counted } from "../lib/counted.ts";
import { type Ip, ipFamily } from "../lib/ip.ts";
import { formatSeconds, SECOND } from "../lib/micros.ts";
import {
  allAddresses,
  type Config,
  type GlobalConfig,
  type InstanceConfig,
  MAXIMUM_ADDRESSES,
  MAXIMUM_INSTANCES,
  type ScriptConfig,
} from "./config.ts";
import type { Place } from "./diagnostic/diagnostic.ts";
import { type Report, reportFor, wholeFile } from "./diagnostic/report.ts";
import { type ConfigDraft, emptyDraft, type InstanceDraft, type ScriptDraft } from "./draft.ts";
import { GLOBAL_KEYWORDS, ROOT_KEYWORDS } from "./global/global.ts";
import { resolveGlobal } from "./global/resolve-global.ts";
import { applyBlock } from "./keyword/apply.ts";
import type { Context } from "./keyword/keyword.ts";
import { grammar, nearest } from "./keyword/lookup.ts";
import { keywordOf, placeOf, type Statement } from "./language/parser.ts";
import { type CommandResolver, commandResolver } from "./resolve-command.ts";
import type { InterfaceFacts, System } from "./system.ts";
import { findDuplicateIds, type InterfacePlace } from "./vrrp/duplicate-ids.ts";
import { isLeaseSafe, leaseEnd, leaseSeconds, peersWait } from "./vrrp/lease.ts";
import { resolveInstance } from "./vrrp/resolve-instance.ts";
import { INSTANCE_KEYWORDS } from "./vrrp/vrrp-instance.ts";
import { SCRIPT_KEYWORDS } from "./vrrp/vrrp-script.ts";

/** The configuration that `statements` describe. It is only good for use when nothing fatal was reported. */
export function resolve(
  statements: readonly Statement[],
  files: readonly string[],
  system: System,
  report: Report,
): Config {
  const main = wholeFile(files[0] ?? "");
  reportMissingBlocks(statements, main, report);
  const draft = emptyDraft();
  for (const statement of statements) applyRoot(statement, draft, system, report);
  const commands = commandResolver(draft.global, system, report, main);
  const global = resolveGlobal(draft.global, commands, system);
  const scripts = [...draft.scripts.values()].map((script) => resolveScript(script, commands));
  const runnable = new Map(
    scripts.map((script) => [script.name, script.command.refusal === undefined]),
  );
  const instances: InstanceConfig[] = [];
  for (const instance of draft.instances.values()) {
    const resolved = resolveInstance(
      instance,
      draft.global,
      global,
      runnable,
      commands,
      system,
      report,
    );
    if (resolved === undefined) continue;
    instances.push(resolved);
  }
  warnOfLeases(instances, global, draft, report);
  reportTooManyAddresses(instances, draft, report);
  reportDuplicateIds(instances, draft, system, report);
  const tracked = new Set(
    instances.flatMap((instance) => instance.trackScripts.map((track) => track.name)),
  );
  reportAwaited(instances, draft, system, report);
  reportUnused(draft, runnable, report);
  if (draft.instances.size > 0) commands.finish(main);
  return {
    files,
    global,
    vrrp: { scripts: scripts.filter((script) => tracked.has(script.name)), instances },
  };
}

function applyRoot(statement: Statement, draft: ConfigDraft, system: System, report: Report): void {
  const keyword = keywordOf(statement);
  if (keyword === "global_defs") applyGlobal(statement, draft, system, report);
  else if (keyword === "vrrp_script") openScript(statement, draft, system, report);
  else if (keyword === "vrrp_instance") openInstance(statement, draft, system, report);
  else {
    const context: Context = { logPrefix: "", report, system, draft };
    applyBlock([], ROOT_KEYWORDS, [statement], draft.global, context);
  }
}

function applyGlobal(
  statement: Statement,
  draft: ConfigDraft,
  system: System,
  report: Report,
): void {
  const context: Context = {
    logPrefix: "",
    report: reportFor(report, "global_defs"),
    system,
    draft,
  };
  const before = JSON.stringify(draft.global.defaults);
  applyBlock(["global_defs"], GLOBAL_KEYWORDS, statement.block ?? [], draft.global, context);
  if (draft.instances.size > 0 && JSON.stringify(draft.global.defaults) !== before) {
    const message =
      "defaults for instances that stand behind an instance do not reach it; put global_defs first";
    context.report("late-global-default", placeOf(statement), message);
  }
}

function openScript(
  statement: Statement,
  draft: ConfigDraft,
  system: System,
  report: Report,
): void {
  const name = statement.words[1];
  const place = placeOf(statement);
  if (name === undefined) {
    report("missing-argument", place, "'vrrp_script' needs a name", {
      log: "*** Configuration line starting `vrrp_script` is missing a parameter after keyword `vrrp_script` at word position 2",
    });
    return;
  }
  const object = `vrrp_script ${name.text}`;
  const context: Context = { logPrefix: "", report: reportFor(report, object), system, draft };
  const script: ScriptDraft = { name: name.text, place, at: new Map() };
  applyBlock(["vrrp_script"], SCRIPT_KEYWORDS, statement.block ?? [], script, context);
  if (draft.scripts.has(script.name)) {
    context.report("duplicate-name", name, `there is a vrrp_script '${name.text}' already`);
  } else if (script.command === undefined) {
    context.report("script-unset", place, "'script' is missing; it is left out", {
      log: `No script set for vrrp_script ${name.text} - removing`,
    });
  } else if (script.userFailed !== true) {
    draft.scripts.set(script.name, script);
  }
}

function openInstance(
  statement: Statement,
  draft: ConfigDraft,
  system: System,
  report: Report,
): void {
  const [, name, extra] = statement.words;
  const place = placeOf(statement);
  if (name === undefined || extra !== undefined) {
    const message =
      name === undefined
        ? "'vrrp_instance' needs a name; the block is ignored"
        : "'vrrp_instance' needs one name, in quotes if it has blanks; the block is ignored";
    report("missing-name", place, message, { log: "vrrp_instance must have a name" });
    return;
  }
  const object = `vrrp_instance ${name.text}`;
  if (draft.instances.has(name.text)) {
    const message = `there is a vrrp_instance '${name.text}' already; this block is ignored`;
    const log = `vrrp instance ${name.text} already defined`;
    report("duplicate-name", name, message, { object, log });
    return;
  }
  const { defaults } = draft.global;
  const instance: InstanceDraft = {
    name: name.text,
    place,
    at: new Map(),
    garp: { ...defaults.garp },
    addresses: [],
    excludedAddresses: [],
    unicastPeers: [],
    trackInterfaces: [],
    trackScripts: [],
    listed: new Set(),
    notify: {},
    ...(defaults.downTimerAdverts === undefined
      ? {}
      : { downTimerAdverts: defaults.downTimerAdverts }),
    skipCheckAdvAddr: defaults.skipCheckAdvAddr ?? false,
    v3ChecksumAsV2: defaults.v3ChecksumAsV2 ?? false,
  };
  delete instance.garp.lowerPrioDelayMicros;
  delete instance.garp.lowerPrioRepeat;
  const context: Context = {
    logPrefix: `(${name.text}) `,
    report: reportFor(report, object),
    system,
    draft,
  };
  applyBlock(["vrrp_instance"], INSTANCE_KEYWORDS, statement.block ?? [], instance, context);
  draft.instances.set(instance.name, instance);
  if (draft.instances.size > MAXIMUM_INSTANCES) {
    report("too-many-instances", place, `more than ${MAXIMUM_INSTANCES} instances`);
  }
}

function resolveScript(draft: ScriptDraft, commands: CommandResolver): ScriptConfig {
  const written = draft.command ?? { text: "", argv: [], user: undefined, place: draft.place };
  const command = { ...written, user: draft.user };
  const intervalMicros = draft.intervalMicros ?? SECOND;
  return {
    name: draft.name,
    command: commands.resolve(command, "script", `vrrp_script ${draft.name}`),
    intervalMicros,
    timeoutMicros: draft.timeoutMicros ?? 0,
    weight: draft.weight ?? 0,
    reverse: draft.reverse ?? false,
    rise: draft.rise ?? 1,
    fall: draft.fall ?? 1,
    initFail: draft.initFail ?? false,
  };
}

/** A file that holds nothing at all, or nothing that keepalived knows: it would run idle and take nothing over. */
function reportMissingBlocks(statements: readonly Statement[], main: Place, report: Report): void {
  const wanted = "such as 'vrrp_instance NAME { … }'";
  if (statements.length === 0) {
    report("empty-file", { ...main, line: 1 }, `the file has no configuration, ${wanted}`, {
      log: "Configuration file has no configuration",
    });
    return;
  }
  const isBlock = (statement: Statement): boolean => {
    const kind = grammar([], keywordOf(statement));
    return statement.block !== undefined && (kind === "block" || kind === "list");
  };
  if (!statements.some(isBlock)) {
    const first = statements[0]?.words[0] ?? main;
    report("no-block", first, `the file is not a configuration: it has no block, ${wanted}`);
  }
}

/** Where the instance `name` says its `keyword`, else where it begins. */
function placeIn(draft: ConfigDraft, name: string, keyword: string): Place {
  const own = draft.instances.get(name);
  return own?.at.get(keyword) ?? own?.place ?? wholeFile("");
}

/** Once for each interface, at the instance that is one too many. */
function reportTooManyAddresses(
  instances: readonly InstanceConfig[],
  draft: ConfigDraft,
  report: Report,
): void {
  const counts = new Map<string, number>();
  for (const instance of instances) {
    for (const { interface: name } of allAddresses(instance)) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count !== MAXIMUM_ADDRESSES + 1) continue;
      const place = placeIn(draft, instance.name, "virtual_ipaddress");
      const message = `more than ${MAXIMUM_ADDRESSES} addresses on '${name}': the kernel could not renew them in time`;
      report("too-many-addresses", place, message, { object: `vrrp_instance ${instance.name}` });
    }
  }
}

/** Two nodes would take one instance's adverts for the other's. */
function reportDuplicateIds(
  instances: readonly InstanceConfig[],
  draft: ConfigDraft,
  system: System,
  report: Report,
): void {
  // An instance of the other family is refused for that.
  const ofFamily = instances.filter(({ name }) => draft.instances.get(name)?.family !== 6);
  const placeOf = (name: string): InterfacePlace | undefined => {
    const facts = system.interface(name);
    return facts && { segments: facts.segments, ipv4: ownIpv4(facts) };
  };
  for (const { first, second, segment } of findDuplicateIds(ofFamily, placeOf)) {
    const { virtualRouterId: id, interface: name } = second;
    const suffix = name === first.interface ? "" : `, which shares its network with '${name}'`;
    const message = `instance '${first.name}' has VRID ${id} on '${first.interface}' too${suffix}`;
    // A network of another namespace has no name here.
    const on = segment.includes("/") ? name : segment;
    const log =
      second.unicastPeers.length > 0
        ? `(${first.name}) duplicate VRID conflict with ${second.name} VRID ${id}`
        : `${first.name} and ${second.name} both use VRID ${id} with IPv4 on interface ${on}`;
    report("duplicate-vrid", placeIn(draft, second.name, "virtual_router_id"), message, {
      object: `vrrp_instance ${second.name}`,
      log,
    });
  }
}

function ownIpv4({ addresses }: InterfaceFacts): Ip | undefined {
  return addresses.find(({ address }) => ipFamily(address) === 4)?.address;
}

/** With `dynamic_interfaces` a name that is written wrong is waited for as well. */
function reportAwaited(
  instances: readonly InstanceConfig[],
  draft: ConfigDraft,
  system: System,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const instance of instances) {
    for (const [keyword, on] of interfacesOf(instance)) {
      if (seen.has(on) || system.interface(on) !== undefined) continue;
      seen.add(on);
      const place = placeIn(draft, instance.name, keyword);
      report("interface-awaited", place, `there is no interface '${on}' yet; it is waited for`, {
        object: `vrrp_instance ${instance.name}`,
        log: `Configuration specifies interface ${on} which doesn't currently exist - will use if created`,
        suggestion: () => nearest(on, system.interfaceNames),
      });
    }
  }
}

/** The interfaces that an instance names, each with the keyword. */
function interfacesOf(instance: InstanceConfig): (readonly [keyword: string, name: string])[] {
  const { interface: own, addresses, excludedAddresses, trackInterfaces } = instance;
  return [
    ["interface", own],
    ...addresses.map((entry) => ["virtual_ipaddress", entry.interface] as const),
    ...excludedAddresses.map((entry) => ["virtual_ipaddress_excluded", entry.interface] as const),
    ...trackInterfaces.map((entry) => ["track_interface", entry.name] as const),
  ];
}

function reportUnused(
  draft: ConfigDraft,
  runnable: ReadonlyMap<string, boolean>,
  report: Report,
): void {
  const named = new Set(
    [...draft.instances.values()].flatMap((instance) =>
      instance.trackScripts.map(({ value }) => value.name),
    ),
  );
  for (const script of draft.scripts.values()) {
    if (named.has(script.name) || runnable.get(script.name) !== true) continue;
    const object = `vrrp_script ${script.name}`;
    report("script-unused", script.place, "no instance tracks it; it is not run", {
      object,
      log: `Warning - script ${script.name} is not used`,
    });
  }
}

/** A lease is whole seconds and ends up to a second late: with short intervals a backup can be quicker. Said once. */
function warnOfLeases(
  instances: readonly InstanceConfig[],
  { vipLease }: GlobalConfig,
  draft: ConfigDraft,
  report: Report,
): void {
  const late = instances.flatMap((instance) => {
    const { advertIntMicros: interval, downTimerAdverts } = instance;
    const seconds = leaseSeconds(vipLease, interval, downTimerAdverts);
    const isSafe = seconds === undefined || isLeaseSafe(seconds, interval, downTimerAdverts);
    return isSafe ? [] : [{ instance, seconds }];
  });
  const [first] = late;
  if (first === undefined) return;
  const { name, advertIntMicros, downTimerAdverts } = first.instance;
  const place = placeIn(draft, name, "advert_int");
  const end = formatSeconds(leaseEnd(first.seconds));
  const wait = formatSeconds(peersWait(advertIntMicros, downTimerAdverts));
  const others = late.length - 1;
  const message =
    `after a crash of this node its addresses may stay for ${end} s, but a backup may take over after ${wait} s and the skew` +
    (others === 0 ? "" : `; so it is with ${counted(others, "other instance")}`);
  report("slow-lease", place, message, { object: `vrrp_instance ${name}` });
}
