// A second role, complete in this file. For each toy in its part the process holds a file and counts. A resumed process
// continues to count; otherwise the parent removes the files.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { integer, text } from "../../src/config/keyword/argument.ts";
import { flag, value } from "../../src/config/keyword/keyword.ts";
import { table } from "../../src/config/keyword/row.ts";
import {
  ALL_GLOBAL_ROWS,
  type Registry,
  registryOf,
  SUBSYSTEMS,
} from "../../src/config/registry.ts";
import { type Block, matchByName, type Subsystem } from "../../src/config/subsystem.ts";
import type { Log } from "../../src/lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../../src/lib/micros.ts";
import { boottime } from "../../src/os/loop/clock.ts";
import { Epoll } from "../../src/os/loop/epoll.ts";
import { Link } from "../../src/process/link.ts";
import type { DumpKind, StartOrder } from "../../src/process/messages.ts";
import {
  flagField,
  microsField,
  type RecordFile,
  type SectionKind,
  wordField,
} from "../../src/process/record.ts";
import type { ChildPorts, Role, RunningChild } from "../../src/process/role.ts";

/** Where the files are. */
export const TOY_FOLDER = "/run/toys";

const TICK_MILLIS = 50;
/** How long a toy's peers wait. */
const PATIENCE: Micros = 3 * SECOND;

interface ToyConfig {
  readonly name: string;
  /** Whether the process holds a file for it. */
  readonly isKept: boolean;
  readonly size: number;
  readonly colour: string;
}

interface ToyPart {
  readonly toys: readonly ToyConfig[];
}

interface ToyRecord {
  readonly isHeld: boolean;
  readonly count: number;
  readonly countedAt: Micros;
}

interface Toy {
  readonly name: string;
  readonly isKept: boolean;
  readonly index: number;
  readonly record: ToyRecord | undefined;
}

interface ToyReport {
  readonly kind: "played";
  readonly name: string;
}

interface ToyOrder {
  readonly kind: "applause";
  readonly name: string;
  readonly outcome: string;
}

const TOY_RECORDS: SectionKind<ToyRecord> = {
  name: "toys",
  version: 1,
  capacity: 32_768,
  fields: { isHeld: flagField, count: wordField, countedAt: microsField },
};

const TOY_BLOCK: Block = {
  keyword: "toy",
  table: table([
    flag("kept", { field: "isKept", means: "The process holds a file for it." }),
    value("size", integer(1, 9), { field: "size", default: 4, means: "How large it is." }),
    value("colour", text("<COLOUR>"), { field: "colour", default: "red", means: "How it looks." }),
  ]),
  means: "Something to play with.",
  logPrefix: (name) => `toy ${name}: `,
  readName: (statement) => statement.words[1],
};

const TOYS: Subsystem<"play", { readonly toys: readonly ToyConfig[] }> = {
  name: "play",
  blocks: [TOY_BLOCK],
  lists: { toys: { block: "toy", match: matchByName } },
  resolve: (drafts, shared) => ({
    toys: [...drafts.of("toy").values()].map((draft) => {
      const values = shared.valuesOf(TOY_BLOCK.table, draft);
      return {
        name: draft.name,
        isKept: values.value("isKept") === true,
        size: values.value("size") as number,
        colour: values.value("colour") as string,
      };
    }),
  }),
};

/** holdfast's language and the toys'. */
export const TOY_REGISTRY: Registry = registryOf([...SUBSYSTEMS, TOYS], ALL_GLOBAL_ROWS);

export const toyRole: Role<ToyPart, Toy, ToyReport, ToyOrder> = {
  name: "toy",
  title: "Toy",
  logIdentity: "Keepalived_toy",
  pidFileName: "toy",
  pidFilePath: () => undefined,
  records: [TOY_RECORDS],

  isWanted: (config: Config) => partOf(config).toys.length > 0,
  part: partOf,
  processName: () => undefined,
  processOptions: () => ({
    priority: undefined,
    realtimePriority: undefined,
    cpuAffinity: [],
    noSwap: false,
    rlimitRttimeMicros: undefined,
  }),
  scripts: () => [
    {
      name: "clap",
      timeoutMicros: SECOND,
      command: {
        text: "/bin/sh -c 'exit 3'",
        argv: ["/bin/sh", "-c", "exit 3"],
        uid: 0,
        gid: 0,
        supplementaryGroups: [],
        refusal: undefined,
      },
    },
  ],

  freezeLimits: () => ({ peersWaitMicros: PATIENCE, stoppedMicros: 200 * MILLISECOND }),
  items: ({ toys }: ToyPart, records: RecordFile) => {
    const section = records.section(TOY_RECORDS);
    return toys.map(({ name, isKept }, index) => {
      return { name, isKept, index, record: section.read(index) };
    });
  },
  resumeBy: ({ record }: Toy) =>
    record?.isHeld === true ? record.countedAt + PATIENCE : undefined,
  cleanUp: (_part: ToyPart, toys: readonly Toy[], records: RecordFile, log: Log) => {
    const section = records.section(TOY_RECORDS);
    for (const { name, index, record } of toys) {
      if (record?.isHeld === false) continue;
      if (existsSync(pathOf(name))) log("info", `Removed the toy ${name} of its process`);
      rmSync(pathOf(name), { force: true });
      if (record !== undefined) section.write(index, { ...record, isHeld: false });
    }
  },
  sweep: (_part: ToyPart, toys: readonly Toy[]) => {
    for (const { name } of toys) rmSync(pathOf(name), { force: true });
  },
  cleanUpFormer: (former: ToyPart, part: ToyPart) => {
    const kept = new Set(namesOf(part));
    const gone = namesOf(former).filter((name) => !kept.has(name));
    for (const name of gone) rmSync(pathOf(name), { force: true });
  },

  renderDump: async (_kind: DumpKind, part: ToyPart, pieces: readonly unknown[]) => {
    return { name: "toys", text: `${part.toys.length} toys\n${pieces.join("\n")}\n` };
  },
  handle: ({ name }: ToyReport, _part: ToyPart, services) => {
    services.runScript("clap", (outcome) => {
      services.send({ kind: "applause", name, outcome: JSON.stringify(outcome) });
    });
  },
  load: () => Promise.resolve({ start: (order, ports) => new ToyProcess(order, ports) }),
};

/** A role that holds nothing and listens to the toy process. */
export const twinRole: typeof toyRole = {
  ...toyRole,
  name: "twin",
  title: "Twin",
  logIdentity: "Keepalived_twin",
  pidFileName: "twin",
  links: ["toy"],
  isWanted: () => true,
  part: () => ({ toys: [] }),
  renderDump: async () => ({ name: "twins", text: "" }),
};

function partOf(config: Config): ToyPart {
  return (config as unknown as { readonly play: ToyPart }).play;
}

/** Those that the process holds a file for. */
function namesOf({ toys }: ToyPart): string[] {
  return toys.filter(({ isKept }) => isKept).map(({ name }) => name);
}

function pathOf(name: string): string {
  return join(TOY_FOLDER, name);
}

class ToyProcess implements RunningChild<ToyPart, ToyOrder> {
  readonly #ports: ChildPorts<ToyReport>;
  readonly #timer: NodeJS.Timeout;
  #part: ToyPart;
  readonly #counts = new Map<string, number>();
  readonly #linkByFd = new Map<number, Link<readonly string[], readonly string[]>>();

  constructor({ part, resume }: StartOrder<ToyPart>, ports: ChildPorts<ToyReport>) {
    this.#ports = ports;
    this.#part = part;
    ports.log("info", `The toys' part of the configuration: ${Object.keys(part).join(" ")}`);
    mkdirSync(TOY_FOLDER, { recursive: true });
    for (const { name, isKept, record } of toyRole.items(part, ports.records)) {
      if (!isKept) continue;
      const isResumed = resume && record?.isHeld === true;
      if (isResumed) ports.log("info", `Toy ${name} continues from ${record.count}`);
      else this.#take(name);
      this.#counts.set(name, isResumed ? record.count : 0);
    }
    this.#listen();
    this.#timer = setInterval(() => this.#tick(), TICK_MILLIS);
    this.#tick();
  }

  reload(part: ToyPart, generation: number): void {
    const names = namesOf(part);
    const added = names.filter((name) => !this.#counts.has(name));
    for (const name of added) this.#take(name);
    for (const name of added) this.#counts.set(name, 0);
    for (const name of this.#counts.keys()) if (!names.includes(name)) this.#release(name);
    this.#part = part;
    this.#ports.records.begin(generation);
    this.#tick();
    this.#ports.onReloaded(generation);
  }

  *dump(): Generator<unknown, undefined> {
    for (const [name, count] of this.#counts) yield `${name} ${count}`;
    return undefined;
  }

  obey({ name, outcome }: ToyOrder): void {
    this.#ports.log("info", `Applause for ${name}: ${outcome}`);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const name of [...this.#counts.keys()]) this.#release(name);
    this.#ports.onStopped();
  }

  /** Sends its names to the children linked to it, and again when one of them is restarted. */
  #listen(): void {
    const { links, log, onFatal } = this.#ports;
    const epoll = new Epoll();
    for (const [peer, fd] of links) {
      const link = new Link<readonly string[], readonly string[]>(fd, {
        onMessage: (names) => {
          if (names.length > 0) log("info", `Heard from ${peer}: ${names.join(" ")}`);
        },
        onPeerStarted: () => void link.send(namesOf(this.#part)),
      });
      link.send(namesOf(this.#part));
      this.#linkByFd.set(fd, link);
      epoll.add(fd);
    }
    epoll.watch(() => {
      for (const fd of epoll.ready()) this.#linkByFd.get(fd)?.read();
    }, onFatal);
  }

  #take(name: string): void {
    writeFileSync(pathOf(name), "");
    this.#ports.log("info", `Toy ${name} is new`);
    this.#ports.report({ kind: "played", name });
  }

  #release(name: string): void {
    rmSync(pathOf(name), { force: true });
    this.#counts.delete(name);
  }

  #tick(): void {
    const now = boottime();
    const section = this.#ports.records.section(TOY_RECORDS);
    for (const [index, { name, isKept }] of this.#part.toys.entries()) {
      if (!isKept) continue;
      const count = (this.#counts.get(name) ?? 0) + 1;
      this.#counts.set(name, count);
      section.write(index, { isHeld: true, count, countedAt: now });
    }
    this.#ports.records.beat(now);
  }
}
