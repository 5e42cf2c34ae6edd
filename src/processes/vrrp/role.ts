// The vrrp process as a role: its part of the configuration, what is resumed, and how the parent cleans up after it.

import type { Options } from "../../cli/options.ts";
import { type Config, type VrrpPart, vrrpPart } from "../../config/config.ts";
import type { ProcessOptions } from "../../config/global/global-config.ts";
import { peersWait, shortestPeersWait } from "../../config/vrrp/lease.ts";
import { allAddresses, type VirtualAddress } from "../../config/vrrp/types.ts";
import type { Log } from "../../lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import { addressKey } from "../../lib/prefix.ts";
import type { DumpKind } from "../../process/messages.ts";
import type { RecordFile } from "../../process/record.ts";
import type {
  ChildProgram,
  DumpFile,
  FreezeLimits,
  ParentServices,
  Role,
  RoleScript,
} from "../../process/role.ts";
import { isResumableWithin } from "../../process/watchdog.ts";
import { resumeBy } from "../../vrrp/router/timing.ts";
import { scriptTimeout } from "../../vrrp/tracking/script-tracker.ts";
import { cleanUp as cleanUpKernel, type LostInstance } from "./clean-up.ts";
import type { VrrpSnapshot } from "./dump.ts";
import type { VrrpOrder, VrrpReport } from "./messages.ts";
import { INSTANCE_RECORDS } from "./records.ts";

/** An instance of the recorded configuration. */
export interface RecordedInstance extends LostInstance {
  /** Its index in the record file. */
  readonly index: number;
}

export type VrrpRole = Role<VrrpPart, RecordedInstance, VrrpReport, VrrpOrder>;

/** Removes the addresses of `lost`, and resigns. */
export type CleanUp = (part: VrrpPart, lost: readonly LostInstance[], log: Log) => void;

/** The role, with `cleanUp` for its clean-up. */
export function vrrpRoleWith(cleanUp: CleanUp): VrrpRole {
  return {
    name: "vrrp",
    title: "VRRP",
    logIdentity: "Keepalived_vrrp",
    pidFileName: "vrrp",
    pidFilePath: (options: Options) => options.pidFiles.vrrp,

    isWanted: (config: Config, options: Options) =>
      options.subsystems.vrrp && (config.vrrp.instances.length > 0 || options.runAll),
    maySpawnEarly: (options: Options) => options.subsystems.vrrp,
    part: vrrpPart,
    processName: ({ global }: VrrpPart) =>
      global.vrrpProcessName ?? (global.processNames ? "keepalived_vrrp" : undefined),
    processOptions: ({ global }: VrrpPart): ProcessOptions => global.vrrpProcess,
    scripts: ({ scripts }: VrrpPart): RoleScript[] =>
      scripts.map((script) => {
        const { name, command } = script;
        return { name, command, timeoutMicros: scriptTimeout(script) };
      }),

    freezeLimits: ({ instances }: VrrpPart): FreezeLimits => {
      const shortestAdvert = Math.min(...instances.map((entry) => entry.advertIntMicros), SECOND);
      return {
        peersWaitMicros: shortestPeersWait(instances),
        stoppedMicros: longestStop(shortestAdvert),
      };
    },
    records: [INSTANCE_RECORDS],
    items: ({ instances }: VrrpPart, records: RecordFile): RecordedInstance[] => {
      const section = records.section(INSTANCE_RECORDS);
      return instances.map((instance, index) => ({ instance, index, record: section.read(index) }));
    },
    resumeBy: resumeInstanceBy,
    cleanUp: (
      part: VrrpPart,
      lost: readonly RecordedInstance[],
      records: RecordFile,
      log: Log,
    ): void => {
      try {
        cleanUp(part, lost, log);
      } finally {
        const section = records.section(INSTANCE_RECORDS);
        for (const { index, record } of lost) {
          if (record !== undefined) section.write(index, { ...record, active: false });
        }
      }
    },
    sweep: (part: VrrpPart, lost: readonly RecordedInstance[], log: Log): void => {
      // Without a record, only addresses with our mark are removed, and no resignation is sent.
      const unrecorded = lost
        .filter(({ record }) => record?.active !== false)
        .map(({ instance }) => ({ instance, record: undefined }));
      cleanUp(part, unrecorded, log);
    },
    cleanUpFormer: (former: VrrpPart, part: VrrpPart, log: Log): void => {
      cleanUp(former, goneInstances(former, part), log);
    },

    renderDump: async (
      kind: DumpKind,
      part: VrrpPart,
      pieces: readonly unknown[],
    ): Promise<DumpFile> => {
      const { renderDump } = await import("./render-dump.ts");
      return renderDump(kind, part, pieces as readonly VrrpSnapshot[]);
    },
    handle: (report: VrrpReport, part: VrrpPart, services: ParentServices<VrrpOrder>): void => {
      switch (report.kind) {
        case "runScript": {
          const { script, run } = report;
          services.runScript(script, (outcome) => {
            services.send({ kind: "scriptEnded", script, run, outcome });
          });
          break;
        }
        case "notify":
          for (const notification of report.notifications) services.notify(notification);
          break;
        case "leasedInterface":
          if (part.global.vipLease !== "off") services.requirePromoteSecondaries(report.interface);
          break;
        default:
          // Of a child whose program is newer than this parent's.
          report satisfies never;
      }
    },
    load: async (): Promise<ChildProgram<VrrpPart, VrrpReport, VrrpOrder>> => {
      const { vrrpProgram } = await import("./vrrp-main.ts");
      return vrrpProgram;
    },
  };
}

export const vrrpRole: VrrpRole = vrrpRoleWith(cleanUpKernel);

/** When a process that resumes this instance must be ready; undefined if it cannot be resumed. */
function resumeInstanceBy({ instance, record }: RecordedInstance): Micros | undefined {
  if (record?.active !== true) return undefined;
  const wait = peersWait(record.advertisementIntervalMicros, instance.downTimerAdverts);
  if (!isResumableWithin(wait)) return undefined;
  return resumeBy(record.lastAdvertAt, wait);
}

/**
 * How long a signal may keep the process stopped. With a fifth of an interval, a process that is stopped just before an
 * advert is found, killed and resumed before its leases of two intervals end.
 */
export function longestStop(shortestAdvertMicros: Micros): Micros {
  return Math.max(40 * MILLISECOND, Math.min(0.2 * shortestAdvertMicros, 3 * SECOND));
}

/** The instances of `former`, each with those of its addresses that `part` does not have. */
function goneInstances(former: VrrpPart, part: VrrpPart): LostInstance[] {
  const kept = new Set(part.instances.flatMap(allAddresses).map(addressKey));
  return former.instances.map((instance) => {
    const isGone = (entry: VirtualAddress): boolean => !kept.has(addressKey(entry));
    const addresses = instance.addresses.filter(isGone);
    const excludedAddresses = instance.excludedAddresses.filter(isGone);
    return { instance: { ...instance, addresses, excludedAddresses }, record: undefined };
  });
}
