// global_defs with every default filled in.

import { ip } from "../../lib/ip.ts";
import { SECOND } from "../../lib/micros.ts";
import type { Command } from "../../lib/script.ts";
import type { Fifo, GlobalConfig } from "../config.ts";
import type { FifoDraft, GlobalDraft } from "../draft.ts";
import type { CommandResolver } from "../resolve-command.ts";
import type { System } from "../system.ts";

const DEFAULT_UMASK = 0o177;
const DEFAULT_RTTIME_MICROS = 10_000;

/** The global part of the configuration. */
export function resolveGlobal(
  draft: GlobalDraft,
  commands: CommandResolver,
  system: System,
): GlobalConfig {
  const script = (of: "startupScript" | "shutdownScript"): Command | undefined => {
    const command = draft[of];
    return command === undefined ? undefined : commands.resolve(command, "notify", "global_defs");
  };
  return {
    routerId: draft.routerId ?? system.hostName,
    notificationEmail: draft.notificationEmail,
    notificationEmailFrom: draft.notificationEmailFrom ?? `${system.self.name}@${system.hostName}`,
    smtpServer: draft.smtpServer,
    smtpHeloName: draft.smtpHeloName ?? system.hostName,
    smtpConnectTimeoutMicros: draft.smtpConnectTimeoutMicros ?? 30 * SECOND,
    noEmailFaults: draft.noEmailFaults ?? false,
    vrrpVersion: draft.vrrpVersion ?? 2,
    vrrpMcastGroup4: draft.vrrpMcastGroup4 ?? ip("224.0.0.18"),
    vrrpStrict: draft.vrrpStrict ?? false,
    dynamicInterfaces: draft.dynamicInterfaces ?? false,
    logUnknownVrids: draft.logUnknownVrids ?? false,
    vrrpStartupDelayMicros: draft.vrrpStartupDelayMicros ?? 0,
    vipLease: draft.vipLease ?? "auto",
    scriptShortageLimitMicros: draft.scriptShortageLimitMicros ?? 300 * SECOND,
    configStrict: draft.configStrict ?? false,
    enableScriptSecurity: draft.enableScriptSecurity ?? false,
    vrrpNotifyFifo:
      draft.vrrpNotifyFifo.path === draft.notifyFifo.path
        ? undefined
        : resolveFifo(draft.vrrpNotifyFifo, commands),
    notifyFifo: resolveFifo(draft.notifyFifo, commands),
    fifoWriteVrrpStatesOnReload: draft.fifoWriteVrrpStatesOnReload ?? false,
    startupScript: script("startupScript"),
    startupScriptTimeoutMicros: draft.startupScriptTimeoutMicros ?? 10 * SECOND,
    shutdownScript: script("shutdownScript"),
    shutdownScriptTimeoutMicros: draft.shutdownScriptTimeoutMicros ?? 10 * SECOND,
    childWaitTimeMicros: draft.childWaitTimeMicros ?? 5 * SECOND,
    processNames: draft.processNames ?? false,
    processName: draft.processName,
    vrrpProcessName:
      draft.vrrpProcessName ?? (draft.processNames === true ? "keepalived_vrrp" : undefined),
    vrrpProcess: {
      priority: draft.vrrpProcess.priority,
      realtimePriority: draft.vrrpProcess.realtimePriority,
      cpuAffinity: draft.vrrpProcess.cpuAffinity ?? [],
      noSwap: draft.vrrpProcess.noSwap ?? false,
      rlimitRttimeMicros:
        draft.vrrpProcess.rlimitRttimeMicros ??
        (draft.vrrpProcess.realtimePriority === undefined ? undefined : DEFAULT_RTTIME_MICROS),
    },
    instance: draft.instance,
    netNamespace: draft.netNamespace,
    usePidDir: draft.usePidDir ?? false,
    umask: draft.umask ?? DEFAULT_UMASK,
  };
}

/** The path of a FIFO is the last argument of the program that reads it. */
function resolveFifo(draft: FifoDraft, commands: CommandResolver): Fifo | undefined {
  if (draft.path === undefined) return undefined;
  const user = draft.user ?? commands.defaultUser();
  if (user === undefined) return undefined;
  const command =
    draft.script === undefined
      ? undefined
      : commands.resolve(draft.script, "notify", "global_defs");
  return {
    path: draft.path,
    uid: user.uid,
    gid: user.gid,
    script: command && { ...command, argv: [...command.argv, draft.path] },
  };
}
