// What the kernel could not deliver to a node's vrrp process.

import { readFileSync } from "node:fs";
import type { SoakNode } from "../node.ts";

/** How many netlink announcements its sockets lost since it was started (ENOBUFS). */
export function announcementsLost(node: SoakNode): number {
  const child = node.childPid();
  const sockets = readFileSync(`/proc/${child}/net/netlink`, "latin1").trim().split("\n");
  const [head = "", ...rows] = sockets.map((line) => line.trim().split(/\s+/));
  const [group, drops] = [head.indexOf("Groups"), head.indexOf("Drops")];
  return rows
    .filter((row) => row[group] !== "00000000")
    .reduce((sum, row) => sum + Number(row[drops]), 0);
}
