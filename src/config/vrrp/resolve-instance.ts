// One vrrp_instance with every default filled in, and everything that keepalived changes or refuses once it is whole.

import type { Command } from "../../lib/script.ts";
import {
  type GlobalConfig,
  type InstanceConfig,
  type NotifyEvent,
  OWNER_PRIORITY,
} from "../config.ts";
import type { Report, ReportDetails } from "../diagnostic/report.ts";
import type { GlobalDraft, InstanceDraft } from "../draft.ts";
import { nearest } from "../keyword/lookup.ts";
import type { CommandResolver } from "../resolve-command.ts";
import type { System } from "../system.ts";
import type { InstanceContext } from "./instance-context.ts";
import { resolveAddresses } from "./resolve-addresses.ts";
import { resolveAdvertInt } from "./resolve-advert-int.ts";
import { resolveAuthentication } from "./resolve-authentication.ts";
import { resolveGarp } from "./resolve-garp.ts";
import { resolveTracking } from "./resolve-tracking.ts";

const DEFAULT_PRIORITY = 100;
const DEFAULT_DOWN_TIMER_ADVERTS = 3;
const DEFAULT_TTL = 255;

/** The instance, or undefined when it lacks what it can't be without; everything wrong with it has been said. */
export function resolveInstance(
  draft: InstanceDraft,
  globalDraft: GlobalDraft,
  global: GlobalConfig,
  runnable: ReadonlyMap<string, boolean>,
  commands: CommandResolver,
  system: System,
  reportAny: Report,
): InstanceConfig | undefined {
  const object = `vrrp_instance ${draft.name}`;
  const report: Report = (code, place, message, details: ReportDetails = {}) =>
    reportAny(code, place, message, { object, ...details });
  const context = contextOf(draft, globalDraft, global, runnable, system, report);
  const { say, strict, unicast, priority, version } = context;
  const id = resolveId(context);
  const interfaceName = resolveInterface(context);
  const state = resolveState(context);
  checkUnicast(context);
  const authPass = resolveAuthentication(context);
  const preemption = resolvePreemption(context, state);
  const advertIntMicros = resolveAdvertInt(context);
  const accept = resolveAccept(context);
  if (draft.mcastGroup !== undefined && unicast) {
    const message = "adverts go to the peers, so 'mcast_dst_ip' has no effect";
    say(
      "incompatible-settings",
      "mcast_dst_ip",
      message,
      "multicast destination specified with unicast - ignoring",
    );
  }
  const garp = resolveGarp(context);
  const answers = resolveAnswers(context);
  const tracking = resolveTracking(context, interfaceName);
  const { addresses, excludedAddresses } = resolveAddresses(context, interfaceName);
  const notify = resolveNotify(draft, commands, object);
  if (id === undefined || interfaceName === undefined) return undefined;
  return {
    name: draft.name,
    state,
    interface: interfaceName,
    virtualRouterId: id,
    priority,
    version,
    advertIntMicros,
    authPass,
    mcastGroup: draft.mcastGroup ?? global.vrrpMcastGroup4,
    mcastSrcIp: unicast ? undefined : draft.sourceIp,
    unicastSrcIp: unicast ? draft.sourceIp : undefined,
    unicastPeers: draft.unicastPeers.map((peer) => peer.value),
    checkUnicastSrc: draft.checkUnicastSrc ?? globalDraft.checkUnicastSrc ?? false,
    unicastTtl: unicast ? (draft.unicastTtl ?? DEFAULT_TTL) : DEFAULT_TTL,
    ...preemption,
    downTimerAdverts: resolveDownTimer(context),
    addresses,
    excludedAddresses,
    promoteSecondaries: draft.promoteSecondaries ?? false,
    garp,
    ...answers,
    skipCheckAdvAddr: draft.skipCheckAdvAddr ?? false,
    v3ChecksumAsV2: draft.v3ChecksumAsV2 ?? false,
    strictMode: strict,
    accept,
    trackPrimary: draft.dontTrackPrimary !== true,
    ...tracking,
    notify,
    notifyAny:
      draft.notifyAny === undefined
        ? undefined
        : commands.resolve(draft.notifyAny, "notify", object),
    notifyDeleted: draft.notifyDeleted ?? false,
    notifyPriorityChanges:
      draft.notifyPriorityChanges ?? globalDraft.notifyPriorityChanges ?? false,
    smtpAlert: draft.smtpAlert ?? globalDraft.smtpAlertVrrp ?? globalDraft.smtpAlert ?? false,
    debug: draft.debug ?? 0,
  };
}

function contextOf(
  draft: InstanceDraft,
  globalDraft: GlobalDraft,
  global: GlobalConfig,
  runnable: ReadonlyMap<string, boolean>,
  system: System,
  report: Report,
): InstanceContext {
  return {
    draft,
    global,
    globalDraft,
    system,
    runnable,
    version: draft.version ?? global.vrrpVersion,
    priority: draft.priority ?? (draft.state === "MASTER" ? OWNER_PRIORITY : DEFAULT_PRIORITY),
    strict: draft.strictMode ?? global.vrrpStrict,
    unicast: draft.unicastPeers.length > 0,
    say: (code, keyword, message, log) =>
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

function resolveId({ draft, say }: InstanceContext): number | undefined {
  if (draft.virtualRouterId === undefined) {
    say(
      "missing-vrid",
      "virtual_router_id",
      "'virtual_router_id' must be set",
      "the virtual router id must be set",
    );
  }
  return draft.virtualRouterId;
}

function resolveInterface(context: InstanceContext): string | undefined {
  const { draft, system, say, requireInterface } = context;
  const name = draft.interface;
  if (name === undefined) {
    if (draft.unicast === true) {
      const message = "an instance without 'interface' is not implemented yet";
      say(
        "not-implemented",
        "interface",
        message,
        "Unicast instances must have unicast_src_ip or interface",
      );
    } else {
      say("interface-unset", "interface", "'interface' must be set", "Unknown interface!");
    }
    return undefined;
  }
  const log = `WARNING - interface ${name} for vrrp_instance ${draft.name} doesn't exist`;
  if (!requireInterface(name, draft.at.get("interface") ?? draft.place, log)) return undefined;
  if (system.interface(name)?.loopback === true) {
    const message = `'${name}' is a loopback interface: there are no other nodes on it`;
    say(
      "loopback-interface",
      "interface",
      message,
      `cannot use a loopback interface (${name}) for vrrp - ignoring`,
    );
    return undefined;
  }
  return name;
}

function resolveState({ draft, priority, strict, say }: InstanceContext): "MASTER" | "BACKUP" {
  const natural = priority === OWNER_PRIORITY ? "MASTER" : "BACKUP";
  const state = draft.state ?? natural;
  if (!strict || state === natural) return state;
  const message = `in strict mode the state follows from the priority: ${natural}`;
  say("incompatible-settings", "state", message, "State MASTER must match being address owner");
  return natural;
}

function checkUnicast({ draft, system, unicast, strict, say }: InstanceContext): void {
  if (!unicast && draft.unicast === true) {
    const message = "there are no unicast peers, so adverts go out by multicast";
    const log =
      "A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.";
    const keywords = ["unicast_src_ip", "unicast_peer", "check_unicast_src"];
    const keyword = keywords.find((candidate) => draft.at.has(candidate)) ?? "interface";
    say("unicast-ignored", keyword, message, log);
  }
  if (!unicast && draft.unicastTtl !== undefined) {
    const message = "'unicast_ttl' has no effect without unicast peers";
    say(
      "unicast-ignored",
      "unicast_ttl",
      message,
      "Cannot use unicast_ttl without unicast peers - resetting",
    );
  }
  const facts = draft.interface === undefined ? undefined : system.interface(draft.interface);
  if (unicast && strict && facts?.multicast === true) {
    const message = "strict mode allows no unicast peers";
    say(
      "strict-unicast",
      "unicast_peer",
      message,
      "Unicast peers are not supported in strict mode",
    );
  }
}

/** nopreempt and preempt_delay, and where they can't be. */
function resolvePreemption(
  { draft, priority, strict, say }: InstanceContext,
  state: "MASTER" | "BACKUP",
): { nopreempt: boolean; preemptDelayMicros: number } {
  let nopreempt = draft.nopreempt ?? false;
  let preemptDelayMicros = draft.preemptDelayMicros ?? 0;
  if (nopreempt && priority === OWNER_PRIORITY) {
    nopreempt = false;
    const log = `nopreempt is incompatible with priority ${OWNER_PRIORITY}. resetting nopreempt`;
    say("incompatible-settings", "nopreempt", "'nopreempt' has no effect with priority 255", log);
  }
  if (nopreempt && state === "MASTER") {
    nopreempt = false;
    const log = "Warning - nopreempt will not work with initial state MASTER - clearing";
    say("incompatible-settings", "nopreempt", "'nopreempt' has no effect with state MASTER", log);
  }
  const clear = (why: string, log: string): void => {
    preemptDelayMicros = 0;
    const message = `'preempt_delay' has no effect ${why}`;
    say("incompatible-settings", "preempt_delay", message, log);
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

function resolveDownTimer({ draft, strict, say }: InstanceContext): number {
  const adverts = draft.downTimerAdverts ?? DEFAULT_DOWN_TIMER_ADVERTS;
  if (!strict || adverts === DEFAULT_DOWN_TIMER_ADVERTS) return adverts;
  const message = `strict mode counts ${DEFAULT_DOWN_TIMER_ADVERTS} adverts, not ${adverts}`;
  say(
    "incompatible-settings",
    "down_timer_adverts",
    message,
    "down_timer_adverts is incompatible with strict mode - resetting",
  );
  return DEFAULT_DOWN_TIMER_ADVERTS;
}

function resolveAccept({ draft, priority, strict, version, say }: InstanceContext): boolean {
  let accept = draft.accept ?? (priority === OWNER_PRIORITY || !strict);
  if (accept && priority !== OWNER_PRIORITY && strict && version === 2) {
    accept = false;
    const log = "warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting";
    say("incompatible-settings", "accept", "strict mode and version 2 allow no 'accept'", log);
  }
  if (!accept && priority !== OWNER_PRIORITY) {
    const keyword = draft.accept === false ? "no_accept" : "strict_mode";
    const message =
      "the firewall rule for 'no_accept' and strict mode is not implemented yet: packets to the addresses are accepted";
    say("no-firewall", keyword, message, message);
  }
  return accept;
}

/** How a master answers other adverts; strict mode leaves no choice. */
function resolveAnswers({ draft, globalDraft, priority, strict, say }: InstanceContext): {
  lowerPrioNoAdvert: boolean;
  higherPrioSendAdvert: boolean;
  ownerIgnoreAdverts: boolean;
} {
  const refuse = (keyword: string, log: string): void =>
    say("incompatible-settings", keyword, `strict mode decides about '${keyword}'`, log);
  if (strict && draft.lowerPrioNoAdvert === false) {
    refuse("lower_prio_no_advert", "Strict mode requires no lower priority advert. resetting");
  }
  if (strict && draft.higherPrioSendAdvert === true) {
    refuse(
      "higher_prio_send_advert",
      "strict mode requires higher_prio_send_advert to be clear. resetting",
    );
  }
  const owner = priority === OWNER_PRIORITY;
  if (draft.ownerIgnoreAdverts === true && !owner) {
    const message = "'owner_ignore_adverts' has no effect below priority 255";
    const log = `ignoring owner_ignore_adverts since priority is not ${OWNER_PRIORITY}`;
    say("incompatible-settings", "owner_ignore_adverts", message, log);
  }
  const ignore = draft.ownerIgnoreAdverts ?? (strict || (globalDraft.ownerIgnoreAdverts ?? false));
  return {
    lowerPrioNoAdvert:
      strict || (draft.lowerPrioNoAdvert ?? globalDraft.lowerPrioNoAdvert ?? false),
    higherPrioSendAdvert:
      !strict && (draft.higherPrioSendAdvert ?? globalDraft.higherPrioSendAdvert ?? false),
    ownerIgnoreAdverts: owner && ignore,
  };
}

function resolveNotify(
  draft: InstanceDraft,
  commands: CommandResolver,
  object: string,
): { readonly [event in NotifyEvent]?: Command } {
  const notify: { [event in NotifyEvent]?: Command } = {};
  for (const event of Object.keys(draft.notify) as NotifyEvent[]) {
    const command = draft.notify[event];
    if (command !== undefined) notify[event] = commands.resolve(command, "notify", object);
  }
  return notify;
}
