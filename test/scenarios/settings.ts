// The settings of a scenario, as a configuration file that is read as by the daemon.

import { type VrrpPart, vrrpPart } from "../../src/config/config.ts";
import type { System } from "../../src/config/keyword/system.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { assert } from "../../src/lib/assert.ts";
import type { ScriptFacts } from "../../src/lib/script.ts";
import { fakeFiles, fakeSystem } from "../config/fake-system.ts";

/** `key=value` of one line. */
export type Words = ReadonlyMap<string, string>;

const FOUND: ScriptFacts = {
  kind: "found",
  path: "/bin/true",
  searched: false,
  irregular: undefined,
  executable: true,
  recognized: true,
  privileged: false,
  insecure: undefined,
};

/** Every command exists. */
const SYSTEM: System = {
  ...fakeSystem(),
  script: (program) => ({ ...FOUND, path: program }),
};

/** Blocks with one entry a line, each with how a scenario's short form of an entry is written in the file. */
const LISTS: Readonly<Record<string, readonly [keyword: string, entry: (text: string) => string]>> =
  {
    vip: ["virtual_ipaddress", addressEntry],
    no_track: ["virtual_ipaddress", (text) => `${addressEntry(text)} no_track`],
    excluded: ["virtual_ipaddress_excluded", addressEntry],
    peers: ["unicast_peer", (text) => text],
    track_script: ["track_script", trackEntry],
    track_interface: ["track_interface", trackEntry],
  };

/** The settings of one scenario, which change while it plays. */
export class Settings {
  readonly #global = new Map<string, string>();
  readonly #scripts = new Map<string, Words>();
  readonly #instances = new Map<string, Map<string, string>>();

  setGlobal(words: Words): void {
    for (const [key, value] of words) this.#global.set(key, value);
  }

  /** Replaces the script `name`. */
  setScript(name: string, words: Words): void {
    this.#scripts.set(name, words);
  }

  /** Changes the instance `name`, or adds it with one address and one gratuitous ARP a burst. */
  setInstance(name: string, words: Words): void {
    const id = this.#instances.size + 1;
    const settings = this.#instances.get(name) ?? defaultsOf(id);
    if (words.has("vip") || words.has("no_track")) {
      settings.delete("vip");
      settings.delete("no_track");
    }
    for (const [key, value] of words) settings.set(key, value);
    this.#instances.set(name, settings);
  }

  removeInstance(name: string): void {
    this.#instances.delete(name);
  }

  /** What the configuration file with these settings means. */
  read(): VrrpPart {
    const text = this.#text();
    const readFile = fakeFiles({ scenario: text });
    const { config, diagnostics } = readConfig({ path: "scenario", readFile, system: SYSTEM });
    const problems = diagnostics.map(({ line, message }) => `${line}: ${message}`);
    assert(config !== undefined, `${problems.join("\n")}\n${text}`);
    return vrrpPart(config);
  }

  #text(): string {
    return [
      block("global_defs", statements(this.#global)),
      ...[...this.#scripts].map(([name, words]) => {
        const { command = "/bin/true", ...rest } = Object.fromEntries(words);
        const lines = statements(new Map([["script", command], ...Object.entries(rest)]));
        return block(`vrrp_script ${name}`, lines);
      }),
      ...[...this.#instances].map(([name, words]) =>
        block(`vrrp_instance ${name}`, statements(words)),
      ),
    ].join("");
  }
}

function defaultsOf(id: number): Map<string, string> {
  return new Map([
    ["interface", "eth0"],
    ["virtual_router_id", String(id)],
    ["vip", `192.0.2.${100 + (id % 150)}/24`],
    ["garp_master_repeat", "1"],
    ["garp_master_delay", "0"],
  ]);
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.join("\n")}\n}\n`;
}

function statements(words: Words): string[] {
  return [...words].map(([key, value]) => {
    const list = LISTS[key];
    if (list !== undefined) return block(list[0], value.split(",").map(list[1]));
    if (key === "auth_pass")
      return block("authentication", ["auth_type PASS", `auth_pass ${value}`]);
    return value === "on" ? key : `${key} ${value}`;
  });
}

/** `192.0.2.101/24`, or `192.0.2.101/24:eth1`. */
function addressEntry(text: string): string {
  const [address, device] = text.split(":");
  return device === undefined ? `${address}` : `${address} dev ${device}`;
}

/** `name`, `name:-20` with a weight, `name:-20:reverse`. */
function trackEntry(text: string): string {
  const [name, weight, reverse = ""] = text.split(":");
  return weight === undefined ? `${name}` : `${name} weight ${weight} ${reverse}`;
}
