// The keywords of global_defs about the processes: names, scheduling, memory, files.

import type { Micros } from "../../lib/micros.ts";
import type { GlobalDraft } from "../draft.ts";
import { type Argument, cutText, integer } from "../keyword/argument.ts";
import {
  type Context,
  custom,
  firstArgument,
  flag,
  type Keywords,
  value,
} from "../keyword/keyword.ts";
import type { Statement } from "../language/parser.ts";

const processName: Argument<string> = cutText("<NAME>", 15);

const rttime: Argument<Micros> = integer(1, 4_294_967_295, {
  lenient: true,
  syntax: "<MICROSECONDS>",
});

const UMASK_BITS: ReadonlyMap<string, number> = new Map([
  ["IRUSR", 0o400],
  ["IWUSR", 0o200],
  ["IXUSR", 0o100],
  ["IRWXU", 0o700],
  ["IRGRP", 0o040],
  ["IWGRP", 0o020],
  ["IXGRP", 0o010],
  ["IRWXG", 0o070],
  ["IROTH", 0o004],
  ["IWOTH", 0o002],
  ["IXOTH", 0o001],
  ["IRWXO", 0o007],
]);

export const PROCESS_KEYWORDS: Keywords<GlobalDraft> = [
  flag(
    "process_names",
    { default: "off", means: "The children are called keepalived_vrrp and so on." },
    "processNames",
  ),
  value(
    "process_name",
    processName,
    { default: "as it was started", means: "The title of the parent." },
    "processName",
  ),
  value(
    "vrrp_process_name",
    processName,
    { default: "as the parent", means: "The title of the VRRP child." },
    "vrrpProcessName",
  ),
  value(
    "vrrp_priority",
    integer(-20, 19, { lenient: true, clamp: true }),
    { default: "unchanged", means: "The nice value of the VRRP child.", optional: true },
    (draft, priority) => {
      draft.vrrpProcess.priority = priority;
    },
  ),
  flag(
    "vrrp_no_swap",
    { default: "off", means: "The VRRP child's memory is never swapped out." },
    (draft) => {
      draft.vrrpProcess.noSwap = true;
    },
  ),
  value(
    "vrrp_rt_priority",
    integer(1, 99, { lenient: true, clamp: true }),
    { default: "none", means: "The real-time priority of the VRRP child.", optional: true },
    (draft, priority) => {
      draft.vrrpProcess.realtimePriority = priority;
    },
  ),
  custom(
    "vrrp_cpu_affinity",
    "<CPU> …",
    "0 to the number of processors less one",
    { default: "all", means: "The processors that the VRRP child may run on.", optional: true },
    (draft, statement, context) => {
      if (firstArgument(statement, context, true) === undefined) return;
      const cpu = integer(0, context.system.processors - 1, { lenient: true });
      const read = statement.words.slice(1).map((word) => cpu.read(word, context.report));
      const cpus = read.filter((number) => number !== undefined);
      if (cpus.length === read.length) draft.vrrpProcess.cpuAffinity = cpus;
    },
  ),
  value(
    "vrrp_rlimit_rttime",
    rttime,
    {
      default: "10000",
      means: "How long the VRRP child may compute in one go at real-time priority.",
      optional: true,
    },
    (draft, micros) => {
      draft.vrrpProcess.rlimitRttimeMicros = Math.max(micros, 2);
    },
  ),
  value(
    "vrrp_rlimit_rtime",
    rttime,
    {
      default: "10000",
      means: "Old name of vrrp_rlimit_rttime.",
      replacedBy: "vrrp_rlimit_rttime",
      optional: true,
    },
    (draft, micros) => {
      draft.vrrpProcess.rlimitRttimeMicros = Math.max(micros, 2);
    },
  ),
  custom(
    "umask",
    "<NUMBER>|<BIT>[|<BIT>…]",
    "0..0777",
    { default: "0177", means: "What is taken from the modes of new files." },
    (draft, statement, context) => {
      const umask = readUmask(statement, context);
      if (umask !== undefined) draft.umask = umask;
    },
  ),
];

function readUmask(statement: Statement, context: Context): number | undefined {
  const first = firstArgument(statement, context, false);
  if (first === undefined) return undefined;
  const written = statement.words
    .slice(1)
    .map((word) => word.text)
    .join("");
  const number = /^0[0-7]*$/.test(written)
    ? Number.parseInt(written, 8)
    : /^(0x[0-9a-fA-F]+|[1-9][0-9]*)$/.test(written)
      ? Number(written)
      : undefined;
  if (number !== undefined && number <= 0o777) return number;
  const bits = written.split("|").map((name) => UMASK_BITS.get(name));
  if (number !== undefined || bits.includes(undefined)) {
    context.report("bad-value", first, `'${written}' is not a umask`, {
      log: `invalid umask value ${written}`,
    });
    return undefined;
  }
  return bits.reduce<number>((all, bit) => all | (bit ?? 0), 0);
}
