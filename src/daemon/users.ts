import { readFileSync } from "node:fs";
export function userByName(n: string): { uid: number; gid: number; groups: number[] } | undefined {
  const l = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((x) => x.startsWith(`${n}:`))
    ?.split(":");
  return l === undefined ? undefined : { uid: Number(l[2]), gid: Number(l[3]), groups: [] };
}
export function groupByName(n: string): number | undefined {
  const l = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((x) => x.startsWith(`${n}:`))
    ?.split(":");
  return l === undefined ? undefined : Number(l[2]);
}
