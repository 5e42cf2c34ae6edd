// A fake machine for tests of the configuration.

import type { InterfaceFacts, System } from "../../src/config/keyword/system.ts";
import type { FileContent } from "../../src/config/language/read-file.ts";
import type { ScriptFacts } from "../../src/lib/script.ts";

export interface FakeMachine {
  /** Interfaces by name; default eth0, eth1 and lo. */
  readonly interfaces?: Readonly<Record<string, Partial<InterfaceFacts>>>;
  /** Users other than root. */
  readonly users?: readonly string[];
  /** Programs by path, in addition to every path that ends in .sh. */
  readonly scripts?: Readonly<Record<string, ScriptFacts>>;
}

const ETHERNET: Omit<InterfaceFacts, "segments"> = {
  mtu: 1500,
  loopback: false,
  multicast: true,
  addresses: [],
};
const ROOT = { uid: 0, gid: 0, groups: [0] };

type FoundScript = Extract<ScriptFacts, { kind: "found" }>;

/** The facts of an ordinary executable script, changed by `over`. */
export function foundScript(path: string, over: Partial<FoundScript> = {}): FoundScript {
  return {
    kind: "found",
    path,
    searched: false,
    irregular: undefined,
    executable: true,
    recognized: true,
    privileged: false,
    insecure: undefined,
    ...over,
  };
}

/** A machine with eth0, eth1 and lo, the user keepalived_script and every script that ends in .sh, by default. */
export function fakeSystem(machine: FakeMachine = {}): System {
  const interfaces = new Map(
    Object.entries(machine.interfaces ?? { eth0: {}, eth1: {}, lo: { loopback: true } }),
  );
  const users = machine.users ?? ["keepalived_script"];
  const scripts = new Map(Object.entries(machine.scripts ?? {}));
  return {
    hostName: "node1.example.net",
    self: { name: "root", ...ROOT },
    processors: 2,
    interfaceNames: [...interfaces.keys()],
    interface: (name) => {
      const facts = interfaces.get(name);
      return facts === undefined ? undefined : { ...ETHERNET, segments: [name], ...facts };
    },
    user: (name) => {
      if (name === "root") return ROOT;
      const index = users.indexOf(name);
      return index < 0
        ? undefined
        : { uid: 1000 + index, gid: 1000 + index, groups: [1000 + index] };
    },
    group: (name) =>
      name === "root" ? 0 : users.includes(name) ? 1000 + users.indexOf(name) : undefined,
    script: (program, uid, gid) =>
      scripts.get(program) ??
      (program.endsWith(".sh")
        ? foundScript(program, { privileged: uid === 0 || gid === 0 })
        : { kind: "missing", reason: "No such file or directory" }),
  };
}

/** Reads files given by path, as text or bytes. */
export function fakeFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
): (path: string) => FileContent {
  const table = new Map(Object.entries(files));
  return (path) => {
    const content = table.get(path);
    if (content === undefined) return { kind: "missing", reason: "No such file or directory" };
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { kind: "content", bytes };
  };
}

/** Lists the directories that contain `files`. */
export function fakeDirectories(
  files: Readonly<Record<string, unknown>>,
): (path: string) => string[] | undefined {
  return (path) => {
    const prefix = path.endsWith("/") ? path : `${path}/`;
    const inside = Object.keys(files).filter((file) => file.startsWith(prefix));
    const names = inside.map((file) => file.slice(prefix.length).split("/", 1)[0] ?? "");
    return names.length === 0 ? undefined : [...new Set(names)];
  };
}
