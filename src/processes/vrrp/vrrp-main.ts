// What the life of a child process needs to know of the vrrp role.

import { type ChildRole, runChild } from "../../process/child-main.ts";
import { type Order, parseOrder, type Report } from "../../process/ipc.ts";
import { VrrpProcess } from "./vrrp.ts";

type VrrpStart = Extract<Order, { kind: "start" }>;
type VrrpOrder = Exclude<Order, VrrpStart>;

const VRRP_ROLE: ChildRole<VrrpStart, VrrpOrder, Report> = {
  name: "vrrp",
  identity: "Keepalived_vrrp",
  parseOrder,
  settings: ({ config: { global } }) => {
    return { processName: global.vrrpProcessName, options: global.vrrpProcess };
  },
  start: (order, ports) => {
    const running = new VrrpProcess(order, ports);
    running.start();
    return running;
  },
};

/** Runs the vrrp process of the daemon that was started as `programName`. */
export function runVrrp(programName: string): void {
  runChild(VRRP_ROLE, programName);
}
