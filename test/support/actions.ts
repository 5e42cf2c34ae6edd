// Converts batches to and from lists of actions for tests.

import {
  appendBatch,
  type Batch,
  LANES,
  type Lane,
  type NodeAction,
  newBatch,
} from "../../src/vrrp/action.ts";

const LANE_OF: { readonly [kind in NodeAction["kind"]]: Lane } = {
  record: "records",
  removeAddresses: "addressesOut",
  keepAddresses: "addressesOut",
  sendAdvert: "adverts",
  log: "logLines",
  setAddresses: "addressesIn",
  arp: "announcements",
  runScript: "scriptRuns",
  notify: "notifications",
  stopped: "end",
};

/** The actions of `batch` in the order in which they are performed. */
export function actionsOf(batch: Batch): NodeAction[] {
  return LANES.flatMap((lane): readonly NodeAction[] => batch[lane]);
}

/** A turn in which each of `actions` results from a separate event. */
export function batchesOf(...actions: readonly NodeAction[]): Batch[] {
  const batches: Batch[] = [];
  for (const action of actions) {
    const batch = newBatch();
    const lane: NodeAction[] = batch[LANE_OF[action.kind]];
    lane.push(action);
    appendBatch(batches, batch);
  }
  return batches;
}
