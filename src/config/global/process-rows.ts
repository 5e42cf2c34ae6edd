// The keywords of global_defs about the processes: names, scheduling, memory, files.

import type { Micros } from "../../lib/micros.ts";
import { type Argument, cutText, integer } from "../keyword/argument.ts";
import { custom, derived, firstArgument, flag, value } from "../keyword/keyword.ts";
import type { Context, Draft } from "../keyword/row.ts";
import type { Statement } from "../language/parser.ts";

const processName: Argument<string> = cutText("<NAME>", 15);

const rttime: Argument<Micros> = integer(1, 4_294_967_295, {
  lenient: true,
  syntax: "<MICROSECONDS>",
});

/** The default if the process has a real-time priority. */
const DEFAULT_RTTIME_MICROS = 10_000;

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

export const PROCESS_ROWS = [
  flag("process_names", {
    field: "processNames",
    means: "Set the titles of the children to keepalived_vrrp and so on.",
  }),
  value("process_name", processName, {
    field: "processName",
    default: derived("the name it was started with", () => undefined),
    means: "The title of the parent.",
  }),
  value("vrrp_process_name", processName, {
    field: "vrrpProcessName",
    default: derived("as the parent, or keepalived_vrrp with process_names", (c) =>
      c.value("processNames") === true ? "keepalived_vrrp" : undefined,
    ),
    means: "The title of the VRRP child.",
  }),
  value("vrrp_priority", integer(-20, 19, { lenient: true, clamp: true }), {
    field: "vrrpProcess.priority",
    default: derived("unchanged", () => undefined),
    means: "The nice value of the VRRP child.",
    optional: true,
  }),
  flag("vrrp_no_swap", {
    field: "vrrpProcess.noSwap",
    means: "Lock the memory of the VRRP child.",
  }),
  value("vrrp_rt_priority", integer(1, 99, { lenient: true, clamp: true }), {
    field: "vrrpProcess.realtimePriority",
    default: undefined,
    means: "The real-time priority of the VRRP child.",
    optional: true,
  }),
  custom(
    "vrrp_cpu_affinity",
    { syntax: "<CPU> …", range: "0 to the number of processors minus one" },
    {
      field: "vrrpProcess.cpuAffinity",
      default: derived("all", (): readonly number[] => []),
      means: "The processors that the VRRP child may run on.",
    },
    readProcessors,
  ),
  value("vrrp_rlimit_rttime", rttime, {
    field: "vrrpProcess.rlimitRttimeMicros",
    default: derived(`${DEFAULT_RTTIME_MICROS} with vrrp_rt_priority`, (c) =>
      c.value("vrrpProcess.realtimePriority") === undefined ? undefined : DEFAULT_RTTIME_MICROS,
    ),
    means: "The time that the VRRP child may compute without a pause at real-time priority.",
    optional: true,
    set: setRttime,
  }),
  value("vrrp_rlimit_rtime", rttime, {
    field: "vrrpProcess.rlimitRttimeMicros",
    default: derived("as vrrp_rlimit_rttime", () => undefined),
    means: "Old name of vrrp_rlimit_rttime.",
    replacedBy: "vrrp_rlimit_rttime",
    stage: "draft",
    optional: true,
    set: setRttime,
  }),
  custom(
    "umask",
    {
      syntax: "<NUMBER>|<BIT>[|<BIT>…]",
      range: "0..0777",
      show: showOctal,
      isDumpedAsWritten: true,
    },
    { field: "umask", default: 0o177, means: "The bits removed from the modes of new files." },
    readUmask,
  ),
] as const;

function setRttime({ given }: Draft, micros: Micros): void {
  given["vrrpProcess.rlimitRttimeMicros"] = Math.max(micros, 2);
}

function readProcessors(statement: Statement, context: Context): readonly number[] | undefined {
  if (firstArgument(statement, context, true) === undefined) return undefined;
  const processor = integer(0, context.system.processors - 1, { lenient: true });
  const read = statement.words.slice(1).map((word) => processor.read(word, context.report));
  const found = read.filter((number) => number !== undefined);
  return found.length === read.length ? found : undefined;
}

function showOctal(mask: number): string {
  return `0${mask.toString(8)}`;
}

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
    context.report(
      "bad-value",
      first,
      `'${written}' is not a umask from 0 to 0777 or names such as IRWXG|IRWXO; it is ignored`,
      {
        log: `invalid umask value ${written}`,
      },
    );
    return undefined;
  }
  return bits.reduce<number>((all, bit) => all | (bit ?? 0), 0);
}
