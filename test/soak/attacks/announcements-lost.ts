// Counts netlink messages that a node's vrrp process has lost.

import { readFileSync } from "node:fs";
import type { SoakNode } from "../node.ts";

/** The number of netlink messages dropped by the kernel (ENOBUFS) since the process started. */
export function announcementsLost(node: SoakNode): number {
  const child = node.childPid();
  const sockets = readFileSync(`/proc/${child}/net/netlink`, "latin1").trim().split("\n");
  const [head = "", ...rows] = sockets.map((line) => line.trim().split(/\s+/));
  const [group, drops] = [head.indexOf("Groups"), head.indexOf("Drops")];
  return rows
    .filter((row) => row[group] !== "00000000")
    .reduce((sum, row) => sum + Number(row[drops]), 0);
}
