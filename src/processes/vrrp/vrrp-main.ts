// The program that a child process of the vrrp role runs.

import type { VrrpPart } from "../../config/config.ts";
import type { StartOrder } from "../../process/messages.ts";
import type { ChildPorts, ChildProgram } from "../../process/role.ts";
import type { VrrpOrder, VrrpReport } from "./messages.ts";
import { VrrpProcess } from "./vrrp.ts";

export const vrrpProgram: ChildProgram<VrrpPart, VrrpReport, VrrpOrder> = {
  start: (order: StartOrder<VrrpPart>, ports: ChildPorts<VrrpReport>) => {
    const running = new VrrpProcess(order, ports);
    running.start();
    return running;
  },
};
