// Resolves the tracked objects of an instance: they must exist, be runnable, and have no weight for an owner.

import type { Placed } from "../keyword/keyword.ts";
import type { InstanceContext } from "./instance-context.ts";
import { OWNER_PRIORITY, type TrackConfig } from "./types.ts";

/** The effective tracked scripts and interfaces. */
export function resolveTracking(
  context: InstanceContext,
  ownInterface: string | undefined,
): { trackInterfaces: TrackConfig[]; trackScripts: TrackConfig[] } {
  const { draft, given, priority, report, requireInterface, runnable } = context;
  const prefix = `(${draft.name})`;

  const weightAllowed = (
    what: string,
    log: string,
    { value, place }: Placed<TrackConfig>,
  ): boolean => {
    if (priority !== OWNER_PRIORITY || value.weight === 0) return true;
    const message = `${what} '${value.name}' has a weight, but priority ${OWNER_PRIORITY} never changes; it is not tracked`;
    report("owner-weight", place, message, { log: `${prefix} ${log}` });
    return false;
  };

  const trackInterfaces = (given.trackInterfaces ?? []).filter((entry) => {
    const { value, place } = entry;
    const missing = `${prefix} tracked interface ${value.name} doesn't exist`;
    if (!requireInterface(value.name, place, missing)) return false;
    if (value.name === ownInterface) {
      const message = `'${value.name}' is the instance's own interface, which is always tracked; this entry is ignored`;
      const log = `${prefix} Ignoring track_interface ${value.name} since own interface`;
      report("own-interface-tracked", place, message, { log });
      return false;
    }
    const log = `ignoring ${value.name} tracked interface due to address owner`;
    return weightAllowed("interface", log, entry);
  });

  const trackScripts = (given.trackScripts ?? []).filter((entry) => {
    if (runnable.get(entry.value.name) !== true) return false;
    const log = `ignoring tracked script ${entry.value.name} with weights due to address_owner`;
    return weightAllowed("script", log, entry);
  });

  return {
    trackInterfaces: trackInterfaces.map(({ value }) => value),
    trackScripts: trackScripts.map(({ value }) => value),
  };
}
