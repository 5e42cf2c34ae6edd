// Makes a process run out of file descriptors, and undoes it.

import { readdirSync } from "node:fs";
import { runCommand } from "../../lab/command.ts";

/** Prevents `pid` from opening further descriptors; undone by `allowDescriptors`. */
export async function forbidDescriptors(pid: number): Promise<void> {
  const numbers = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let free = 0;
  while (numbers.has(free)) free++;
  await runCommand(["prlimit", `--pid=${pid}`, `--nofile=${free}:`]);
}

/** Undoes `forbidDescriptors`. */
export async function allowDescriptors(pid: number): Promise<void> {
  await runCommand(["prlimit", `--pid=${pid}`, "--nofile=1024:"]);
}
