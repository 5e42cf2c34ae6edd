// A second role, in this one file: what a daemon knows of a child process beside vrrp. For each name in its part it
// holds a file and counts; a new process continues to count, or the parent removes the files.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
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
/** What waits for a toy. */
const PATIENCE: Micros = 3 * SECOND;

interface ToyPart {
  readonly names: readonly string[];
}

interface ToyRecord {
  readonly isHeld: boolean;
  readonly count: number;
  readonly countedAt: Micros;
}

interface Toy {
  readonly name: string;
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

export const toyRole: Role<ToyPart, Toy, ToyReport, ToyOrder> = {
  name: "toy",
  title: "Toy",
  logIdentity: "Keepalived_toy",
  pidFileName: "toy",
  pidFilePath: () => undefined,
  records: [TOY_RECORDS],

  isWanted: (config: Config) => partOf(config).names.length > 0,
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
  items: ({ names }: ToyPart, records: RecordFile) => {
    const section = records.section(TOY_RECORDS);
    return names.map((name, index) => ({ name, index, record: section.read(index) }));
  },
  resumeBy: ({ record }: Toy) =>
    record?.isHeld === true ? record.countedAt + PATIENCE : undefined,
  cleanUp: (_part: ToyPart, toys: readonly Toy[], records: RecordFile, log: Log) => {
    const section = records.section(TOY_RECORDS);
    for (const { name, index, record } of toys) {
      if (record?.isHeld === false) continue;
      if (existsSync(pathOf(name))) log("info", `Removed the toy ${name} behind its process`);
      rmSync(pathOf(name), { force: true });
      if (record !== undefined) section.write(index, { ...record, isHeld: false });
    }
  },
  sweep: (_part: ToyPart, toys: readonly Toy[]) => {
    for (const { name } of toys) rmSync(pathOf(name), { force: true });
  },
  cleanUpFormer: (former: ToyPart, part: ToyPart) => {
    const gone = former.names.filter((name) => !part.names.includes(name));
    for (const name of gone) rmSync(pathOf(name), { force: true });
  },

  renderDump: (_kind: DumpKind, part: ToyPart, pieces: readonly unknown[]) => {
    return { name: "toys", text: `${part.names.length} toys\n${pieces.join("\n")}\n` };
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
  part: () => ({ names: [] }),
};

/** Any list of the configuration would do: no VRRP process looks at the addresses for mail. */
function partOf({ global }: Config): ToyPart {
  return { names: global.notificationEmail };
}

function pathOf(name: string): string {
  return join(TOY_FOLDER, name);
}

class ToyProcess implements RunningChild<ToyPart, ToyOrder> {
  readonly #ports: ChildPorts<ToyReport>;
  readonly #timer: NodeJS.Timeout;
  #names: readonly string[];
  readonly #counts = new Map<string, number>();
  readonly #linkByFd = new Map<number, Link<readonly string[], readonly string[]>>();

  constructor({ part, resume }: StartOrder<ToyPart>, ports: ChildPorts<ToyReport>) {
    this.#ports = ports;
    this.#names = part.names;
    ports.log("info", `The toys' part of the configuration: ${Object.keys(part).join(" ")}`);
    mkdirSync(TOY_FOLDER, { recursive: true });
    for (const { name, record } of toyRole.items(part, ports.records)) {
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
    const added = part.names.filter((name) => !this.#counts.has(name));
    for (const name of added) this.#take(name);
    for (const name of added) this.#counts.set(name, 0);
    for (const name of this.#counts.keys()) if (!part.names.includes(name)) this.#release(name);
    this.#names = part.names;
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

  /** Sends its names to whoever is linked to it, and again to a new process. */
  #listen(): void {
    const { links, log, onFatal } = this.#ports;
    const epoll = new Epoll();
    for (const [peer, fd] of links) {
      const link = new Link<readonly string[], readonly string[]>(fd, {
        onMessage: (names) => {
          if (names.length > 0) log("info", `Heard from ${peer}: ${names.join(" ")}`);
        },
        onPeerStarted: () => void link.send(this.#names),
      });
      link.send(this.#names);
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
    for (const [index, name] of this.#names.entries()) {
      const count = (this.#counts.get(name) ?? 0) + 1;
      this.#counts.set(name, count);
      section.write(index, { isHeld: true, count, countedAt: now });
    }
    this.#ports.records.beat(now);
  }
}
