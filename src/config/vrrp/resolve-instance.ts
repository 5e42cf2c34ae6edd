// Resolves a vrrp_instance: fills in defaults, and checks its keywords against each other as keepalived does.

import type { Command } from "../../lib/script.ts";
import { VRRP_TTL } from "../../lib/vrrp.ts";
import { reportFor } from "../diagnostic/report.ts";
import type { Draft } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { Values } from "../keyword/values.ts";
import type { Shared } from "../subsystem.ts";
import type { InstanceContext } from "./instance-context.ts";
import { resolveAddresses } from "./resolve-addresses.ts";
import { resolveAdvertInt } from "./resolve-advert-int.ts";
import { resolveAuthentication } from "./resolve-authentication.ts";
import { resolveGarp } from "./resolve-garp.ts";
import { resolveTracking } from "./resolve-tracking.ts";
import { type NotifyEvent, OWNER_PRIORITY } from "./types.ts";
import type { InstanceConfig, InstanceFields, InstanceGiven } from "./vrrp-config.ts";

const DOWN_TIMER_ADVERTS = 3;
/** The prefix of the fields of `InstanceGiven` for the commands of one event. */
const NOTIFY = "notify.";

/** The instance of `draft`, whose rows have `values`; undefined without VRID or interface. Problems are reported. */
export function resolveInstance(
  draft: Draft,
  values: Values,
  runnable: ReadonlyMap<string, boolean>,
  shared: Shared,
): InstanceConfig | undefined {
  const context = contextOf(draft, values, runnable, shared);
  const { given, filled, reportAt, unicast } = context;
  const id = resolveId(context);
  const interfaceName = resolveInterface(context);
  const state = resolveState(context);
  checkUnicast(context);
  const authPass = resolveAuthentication(context);
  const preemption = resolvePreemption(context, state);
  const advertIntMicros = resolveAdvertInt(context);
  const accept = resolveAccept(context);
  if (given.mcastGroup !== undefined && unicast) {
    const message = "'mcast_dst_ip' has no effect with unicast peers";
    const log = "multicast destination specified with unicast - ignoring";
    reportAt("incompatible-settings", "mcast_dst_ip", message, log);
  }
  const garp = resolveGarp(context);
  const answers = resolveAnswers(context);
  const tracking = resolveTracking(context, interfaceName);
  const { addresses, excludedAddresses } = resolveAddresses(context, interfaceName);
  const scripts = resolveNotify(context);
  if (id === undefined || interfaceName === undefined) return undefined;
  return {
    name: draft.name,
    ...filled,
    state,
    interface: interfaceName,
    virtualRouterId: id,
    advertIntMicros,
    authPass,
    mcastSrcIp: unicast ? undefined : given.sourceIp,
    unicastSrcIp: unicast ? given.sourceIp : undefined,
    unicastPeers: (given.unicastPeers ?? []).map((peer) => peer.value),
    unicastTtl: unicast ? filled.unicastTtl : VRRP_TTL,
    ...preemption,
    downTimerAdverts: resolveDownTimer(context),
    addresses,
    excludedAddresses,
    garp,
    ...answers,
    accept,
    ...tracking,
    ...scripts,
    notifyDeleted: given.notifyDeleted === true,
  };
}

function contextOf(
  draft: Draft,
  values: Values,
  runnable: ReadonlyMap<string, boolean>,
  shared: Shared,
): InstanceContext {
  const { global, system } = shared;
  const report = reportFor(shared.report, `vrrp_instance ${draft.name}`);
  const given = draft.given as InstanceGiven;
  const filled = values.config() as unknown as InstanceFields;
  return {
    draft,
    given,
    filled,
    global,
    shared,
    system,
    runnable,
    version: filled.version,
    priority: filled.priority,
    strict: filled.strictMode,
    unicast: (given.unicastPeers ?? []).length > 0,
    reportAt: (code, keyword, message, log) =>
      report(code, draft.at.get(keyword) ?? draft.place, message, {
        log: `(${draft.name}) ${log}`,
      }),
    report,
    requireInterface: (name, place, log) => {
      if (global.dynamicInterfaces || system.interface(name) !== undefined) return true;
      const suggestion = (): string | undefined => nearest(name, system.interfaceNames);
      report("missing-interface", place, `there is no interface '${name}'`, { log, suggestion });
      return false;
    },
  };
}

function resolveId({ given, reportAt }: InstanceContext): number | undefined {
  if (given.virtualRouterId === undefined) {
    reportAt(
      "missing-vrid",
      "virtual_router_id",
      "'virtual_router_id' must be set",
      "the virtual router id must be set",
    );
  }
  return given.virtualRouterId;
}

function resolveInterface(context: InstanceContext): string | undefined {
  const { draft, given, system, reportAt, requireInterface } = context;
  const name = given.interface;
  if (name === undefined) {
    if (namesUnicast(given)) {
      const message = "an instance without 'interface' is not implemented yet";
      reportAt(
        "not-implemented",
        "interface",
        message,
        "Unicast instances must have unicast_src_ip or interface",
      );
    } else {
      reportAt("interface-unset", "interface", "'interface' must be set", "Unknown interface!");
    }
    return undefined;
  }
  const log = `WARNING - interface ${name} for vrrp_instance ${draft.name} doesn't exist`;
  if (!requireInterface(name, draft.at.get("interface") ?? draft.place, log)) return undefined;
  if (system.interface(name)?.loopback === true) {
    const message = `'${name}' is a loopback interface, which other nodes cannot reach`;
    reportAt(
      "loopback-interface",
      "interface",
      message,
      `cannot use a loopback interface (${name}) for vrrp - ignoring`,
    );
    return undefined;
  }
  return name;
}

function resolveState({
  filled,
  priority,
  strict,
  reportAt,
}: InstanceContext): "MASTER" | "BACKUP" {
  const natural = priority === OWNER_PRIORITY ? "MASTER" : "BACKUP";
  const { state } = filled;
  if (!strict || state === natural) return state;
  const message = `strict mode sets the state by the priority; ${natural} is used`;
  reportAt(
    "incompatible-settings",
    "state",
    message,
    "State MASTER must match being address owner",
  );
  return natural;
}

/** True if a keyword about unicast is set. */
function namesUnicast({ unicastPeers, unicastSrcIp, checkUnicastSrc }: InstanceGiven): boolean {
  return [unicastPeers, unicastSrcIp, checkUnicastSrc].some((value) => value !== undefined);
}

function checkUnicast(context: InstanceContext): void {
  const { draft, given, system, unicast, strict, reportAt } = context;
  if (!unicast && namesUnicast(given)) {
    const message = "there is no 'unicast_peer'; adverts are sent by multicast";
    const log =
      "A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.";
    const keywords = ["unicast_src_ip", "unicast_peer", "check_unicast_src"];
    const keyword = keywords.find((candidate) => draft.at.has(candidate)) ?? "interface";
    reportAt("unicast-ignored", keyword, message, log);
  }
  if (!unicast && given.unicastTtl !== undefined) {
    const message = "'unicast_ttl' has no effect without unicast peers";
    reportAt(
      "unicast-ignored",
      "unicast_ttl",
      message,
      "Cannot use unicast_ttl without unicast peers - resetting",
    );
  }
  const facts = given.interface === undefined ? undefined : system.interface(given.interface);
  if (unicast && strict && facts?.multicast === true) {
    const message = "strict mode does not allow unicast peers";
    reportAt(
      "strict-unicast",
      "unicast_peer",
      message,
      "Unicast peers are not supported in strict mode",
    );
  }
}

/** The effective nopreempt and preempt_delay. */
function resolvePreemption(
  { filled, priority, strict, reportAt }: InstanceContext,
  state: "MASTER" | "BACKUP",
): { nopreempt: boolean; preemptDelayMicros: number } {
  let { nopreempt, preemptDelayMicros } = filled;
  if (nopreempt && priority === OWNER_PRIORITY) {
    nopreempt = false;
    const log = `nopreempt is incompatible with priority ${OWNER_PRIORITY}. resetting nopreempt`;
    reportAt(
      "incompatible-settings",
      "nopreempt",
      "'nopreempt' has no effect with priority 255",
      log,
    );
  }
  if (nopreempt && state === "MASTER") {
    nopreempt = false;
    const log = "Warning - nopreempt will not work with initial state MASTER - clearing";
    reportAt(
      "incompatible-settings",
      "nopreempt",
      "'nopreempt' has no effect with state MASTER",
      log,
    );
  }
  const clear = (why: string, log: string): void => {
    preemptDelayMicros = 0;
    const message = `'preempt_delay' has no effect ${why}`;
    reportAt("incompatible-settings", "preempt_delay", message, log);
  };
  if (preemptDelayMicros > 0 && state === "MASTER") {
    clear(
      "with state MASTER",
      "Warning - preempt delay will not work with initial state MASTER - clearing",
    );
  } else if (preemptDelayMicros > 0 && strict) {
    clear("in strict mode", "preempt_delay is incompatible with strict mode - resetting");
  } else if (preemptDelayMicros > 0 && nopreempt) {
    clear("with 'nopreempt'", "preempt_delay is incompatible with nopreempt mode - resetting");
  }
  return { nopreempt, preemptDelayMicros };
}

function resolveDownTimer({ filled, strict, reportAt }: InstanceContext): number {
  const adverts = filled.downTimerAdverts;
  if (!strict || adverts === DOWN_TIMER_ADVERTS) return adverts;
  const message = `strict mode does not allow ${adverts}; ${DOWN_TIMER_ADVERTS} is used`;
  reportAt(
    "incompatible-settings",
    "down_timer_adverts",
    message,
    "down_timer_adverts is incompatible with strict mode - resetting",
  );
  return DOWN_TIMER_ADVERTS;
}

function resolveAccept(context: InstanceContext): boolean {
  const { given, filled, priority, strict, version, reportAt } = context;
  let { accept } = filled;
  if (accept && priority !== OWNER_PRIORITY && strict && version === 2) {
    accept = false;
    const log = "warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting";
    reportAt(
      "incompatible-settings",
      "accept",
      "strict mode in version 2 does not allow 'accept'; it is ignored",
      log,
    );
  }
  if (!accept && priority !== OWNER_PRIORITY) {
    const keyword = given.accept === false ? "no_accept" : "strict_mode";
    const message =
      "'no_accept' and strict mode are not implemented yet: packets to the addresses are accepted";
    reportAt("no-firewall", keyword, message, message);
  }
  return accept;
}

/** How a master answers other adverts; strict mode overrides it. */
function resolveAnswers({ given, filled, priority, strict, reportAt }: InstanceContext): {
  lowerPrioNoAdvert: boolean;
  higherPrioSendAdvert: boolean;
  ownerIgnoreAdverts: boolean;
} {
  const refuse = (keyword: string, log: string): void =>
    reportAt(
      "incompatible-settings",
      keyword,
      `strict mode sets '${keyword}'; this value is ignored`,
      log,
    );
  if (strict && given.lowerPrioNoAdvert === false) {
    refuse("lower_prio_no_advert", "Strict mode requires no lower priority advert. resetting");
  }
  if (strict && given.higherPrioSendAdvert === true) {
    refuse(
      "higher_prio_send_advert",
      "strict mode requires higher_prio_send_advert to be clear. resetting",
    );
  }
  const owner = priority === OWNER_PRIORITY;
  if (given.ownerIgnoreAdverts === true && !owner) {
    const message = "'owner_ignore_adverts' has no effect below priority 255";
    const log = `ignoring owner_ignore_adverts since priority is not ${OWNER_PRIORITY}`;
    reportAt("incompatible-settings", "owner_ignore_adverts", message, log);
  }
  const ignores = given.ownerIgnoreAdverts ?? (strict || filled.ownerIgnoreAdverts);
  return {
    lowerPrioNoAdvert: strict || filled.lowerPrioNoAdvert,
    higherPrioSendAdvert: !strict && filled.higherPrioSendAdvert,
    ownerIgnoreAdverts: owner && ignores,
  };
}

function resolveNotify({
  draft,
  given,
  shared,
}: InstanceContext): Pick<InstanceConfig, "notify" | "notifyAny"> {
  const object = `vrrp_instance ${draft.name}`;
  const notify: { [event in NotifyEvent]?: Command } = {};
  for (const field of Object.keys(given).filter((name) => name.startsWith(NOTIFY))) {
    const event = field.slice(NOTIFY.length) as NotifyEvent;
    const command = given[`${NOTIFY}${event}`];
    if (command !== undefined) notify[event] = shared.commands.resolve(command, "notify", object);
  }
  const { notifyAny } = given;
  return {
    notify,
    notifyAny: notifyAny && shared.commands.resolve(notifyAny, "notify", object),
  };
}
