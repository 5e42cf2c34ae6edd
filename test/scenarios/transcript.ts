// Runs a scenario: a readable file of events for one node, each followed by the actions of the engine.
//
// A line that begins with `>` is an event. The lines below it are the engine's actions, which `play` writes again. Times
// are in seconds. Between two events the node is called at its deadlines, unless it sleeps.
//
//   ## title                                     a fresh node
//   global vip_lease=off                         settings, by the keywords of the configuration file
//   script NAME fall=2 command=/bin/other        a tracked script
//   instance NAME priority=100 vip=192.0.2.101/24,192.0.2.102/24
//                                                one gratuitous ARP a burst, and no second burst, unless set;
//                                                no_track=… and excluded=… add addresses of these kinds
//   > 0 start [holding=ADDRESS/LENGTH,…]         with addresses that an earlier run left, unless `own` is added
//   > 5 start resume=NAME last=4.5 holding=…     a process that resumes the state of a killed one
//   > 5 start resume=NAME notified=BACKUP            which was a backup
//   > 7 advert NAME priority=150 from=192.0.2.2 [to=ADDRESS] [every=SECONDS] [waited=SECONDS]
//   > 8 interface eth0 down|up|gone [holding=…]  also before the start; there is an eth1 too
//   > 8 interface eth0 bare [holding=…]          up, but without an address of its own
//   > 8 interface eth0 up has=192.0.2.9/24       with another address of its own
//   > 9 expired|deleted|wentAlong ADDRESS/LENGTH [eth1]
//   > 9 script NAME exit=1 | timeout | signal=9 | shortage
//   > 9 unclaimed NAME
//   > 9 unannounced ADDRESS                      announcements on eth0 that were skipped
//   > 9 reload NAME key=value …                  changed settings; `reload without NAME`; `reload global key=value`;
//                                                `reload script NAME key=value`
//   > 9 stop [keep]
//   > 9 due                                      only the deadlines up to then
//   > 9 sleep                                    the process is stopped until then

import type { VrrpPart } from "../../src/config/config.ts";
import { assert, defined } from "../../src/lib/assert.ts";
import { ip } from "../../src/lib/ip.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import { type Prefix, prefix, prefixText } from "../../src/lib/prefix.ts";
import type { ScriptOutcome } from "../../src/lib/script.ts";
import type { NodeAction } from "../../src/vrrp/action.ts";
import type { InterfaceState, KeptRecord, NodeEvent, NotifiedState } from "../../src/vrrp/event.ts";
import { VrrpNode } from "../../src/vrrp/node.ts";
import { emitVrrp, VRRP_AUTH_SIMPLE } from "../../src/wire/vrrp.ts";
import { actionsOf } from "../support/actions.ts";
import { interfaceState } from "../support/vrrp-config.ts";
import { Settings, type Words } from "./settings.ts";

type LinkCondition = "up" | "down" | "gone" | "bare";

const OWN_ADDRESS = "192.0.2.1/24";

/** The scenario `text` with the actions of the current engine. */
export function play(text: string): string {
  const lines: string[] = [];
  let scene = new Scene();
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) {
      if (line.startsWith("## ")) scene = new Scene();
      lines.push(line);
    } else if (line.startsWith("> ")) {
      lines.push(line, ...scene.happen(line.slice(2)));
    } else if (/^(global|script|instance) /.test(line)) {
      scene.configure(line);
      lines.push(line);
    } else if (line.trim() === "") {
      lines.push(line);
    }
  }
  return lines.join("\n");
}

/** One node from its start. */
class Scene {
  readonly #settings = new Settings();
  /** Their configuration; undefined after a change. */
  #part: VrrpPart | undefined;
  /** The last run of each script. */
  readonly #runs = new Map<string, Micros>();
  #node: VrrpNode | undefined;
  #now: Micros = 0;
  readonly #links = new Map<string, LinkCondition>([
    ["eth0", "up"],
    ["eth1", "up"],
  ]);

  /** The network that an interface is on, by the interface's name. */
  readonly #networks = new Map<string, string>();

  configure(line: string): void {
    const [kind = "", ...rest] = line.split(" ");
    this.#set(kind, rest);
  }

  #set(kind: string, [name = "", ...rest]: readonly string[]): void {
    this.#part = undefined;
    if (kind === "global") this.#settings.setGlobal(wordsOf([name, ...rest]));
    else if (kind === "script") this.#settings.setScript(name, wordsOf(rest));
    else this.#settings.setInstance(name, wordsOf(rest));
  }

  happen(line: string): string[] {
    const [time = "", kind = "", ...rest] = line.split(" ");
    const at = Math.round(Number(time) * SECOND);
    assert(at >= this.#now, `${line}: time runs backwards`);
    const out: string[] = [];
    // After a sleep, queued packets are handled before deadlines.
    const isAwake = at > this.#now || kind === "due";
    if (kind !== "sleep" && isAwake) this.#runTo(at, out);
    this.#now = at;
    if (kind === "sleep" || kind === "due") return out;
    for (const event of this.#eventsOf(kind, rest)) out.push(...this.#handle(event));
    return out;
  }

  #runTo(until: Micros, out: string[]): void {
    for (;;) {
      const deadline = this.#node?.deadline();
      if (deadline === undefined || deadline > until) return;
      this.#now = Math.max(deadline, this.#now);
      out.push(...this.#handle({ kind: "deadline" }));
    }
  }

  #handle(event: NodeEvent): string[] {
    const node = defined(this.#node, "a started node");
    const time = (this.#now / SECOND).toFixed(6).replace(/0{1,3}$/, "");
    const actions = actionsOf(node.handle(event, this.#now));
    for (const action of actions) {
      if (action.kind === "runScript") this.#runs.set(action.script, action.run);
    }
    return actions
      .filter((action) => action.kind !== "log" || !/^Sending gratuitous/.test(action.text))
      .map((action) => `  ${time} ${show(action)}`);
  }

  #config(): VrrpPart {
    this.#part ??= this.#settings.read();
    return this.#part;
  }

  #eventsOf(kind: string, rest: readonly string[]): NodeEvent[] {
    const words = wordsOf(rest);
    const [first = ""] = rest;
    switch (kind) {
      case "start":
        return [this.#start(words, rest.includes("own"))];
      case "advert":
        return [this.#advert(first, words)];
      case "interface": {
        this.#links.set(first, rest[1] as LinkCondition);
        this.#networks.set(first, words.get("on") ?? first);
        if (this.#node === undefined) return [];
        const holding = words.get("holding")?.split(",") ?? [];
        const own = words.get("has");
        const [state] = this.#interface(first, holding, rest.includes("own"), own);
        return [{ kind: "interface", name: first, state }];
      }
      case "expired":
      case "deleted":
      case "wentAlong": {
        const where = { interface: rest[1] ?? "eth0", ...prefix(first) };
        return [{ kind: "addressRemoved", ...where, cause: kind }];
      }
      case "script":
        return [this.#scriptEnded(first, outcomeOf(words, rest))];
      case "unclaimed":
        return [{ kind: "unclaimed", instance: first }];
      case "unannounced":
        return [
          { kind: "unannounced", announcements: [{ interface: "eth0", address: ip(first) }] },
        ];
      case "reload":
        this.#part = undefined;
        if (first === "without") this.#settings.removeInstance(rest[1] ?? "");
        else if (first === "global" || first === "script") this.#set(first, rest.slice(1));
        else this.#set("instance", rest);
        return [{ kind: "reload", config: this.#config() }];
      case "stop":
        return [{ kind: "stop", keepAddresses: first === "keep" }];
      default:
        throw new RangeError(`nobody knows what "${kind}" is`);
    }
  }

  /** The answer to the last order. */
  #scriptEnded(script: string, outcome: ScriptOutcome): NodeEvent {
    const run = defined(this.#runs.get(script), `a run of ${script}`);
    return { kind: "scriptEnded", script, run, outcome };
  }

  #start(words: Words, isOwn: boolean): NodeEvent {
    const holding = words.get("holding")?.split(",") ?? [];
    const name = words.get("resume");
    const record: KeptRecord = {
      active: (words.get("notified") ?? "MASTER") === "MASTER",
      lastAdvertAt: Math.round(Number(words.get("last")) * SECOND),
      advertisementIntervalMicros: SECOND,
      effectivePriority: Number(words.get("priority") ?? "100"),
      notified: (words.get("notified") ?? "MASTER") as NotifiedState,
    };
    this.#node = new VrrpNode(this.#config());
    return {
      kind: "start",
      interfaces: [
        ...this.#interface("eth0", holding, isOwn),
        ...this.#interface("eth1", [], false),
      ],
      records: name === undefined ? undefined : new Map([[name, record]]),
    };
  }

  /** Empty while it is gone. */
  #interface(
    name: string,
    holding: readonly string[],
    isOwn: boolean,
    own: string = OWN_ADDRESS,
  ): InterfaceState[] {
    const condition = this.#links.get(name);
    if (condition === "gone") return [];
    const isBare = condition === "bare";
    const state = interfaceState(name, own, {
      up: condition !== "down",
      ...(isBare && { ipv4: undefined }),
      addresses: isBare ? holding : [own, ...holding],
      marked: isOwn ? [] : holding,
      segments: [this.#networks.get(name) ?? name],
    });
    return [state];
  }

  #advert(name: string, words: Words): NodeEvent {
    const instance = defined(
      this.#config().instances.find((candidate) => candidate.name === name),
      `instance ${name}`,
    );
    const source = ip(words.get("from") ?? "192.0.2.2");
    const own = instance.unicastSrcIp ?? ip("192.0.2.1");
    const to = words.get("to");
    const usual = instance.unicastPeers.length > 0 ? own : instance.mcastGroup;
    const destination = to === undefined ? usual : ip(to);
    const every = words.get("every");
    const message = emitVrrp(
      {
        version: instance.version,
        virtualRouterId: instance.virtualRouterId,
        priority: Number(words.get("priority")),
        advertisementIntervalMicros:
          every === undefined ? instance.advertIntMicros : Math.round(Number(every) * SECOND),
        addresses: instance.addresses.map(({ address }) => address),
        ...(instance.authPass === undefined
          ? {}
          : { auth: { type: VRRP_AUTH_SIMPLE, data: words.get("pass") ?? instance.authPass } }),
      },
      { source, destination },
    );
    return {
      kind: "packet",
      interface: instance.interface,
      source,
      destination,
      ttl: Number(words.get("ttl") ?? "255"),
      payload: message,
      waitedMicros: Math.round(Number(words.get("waited") ?? "0") * SECOND),
    };
  }
}

function wordsOf(words: readonly string[]): Words {
  return new Map(
    words
      .filter((word) => word.includes("="))
      .map((word): [string, string] => {
        const [key = "", value = ""] = word.split("=");
        return [key, value];
      }),
  );
}

function outcomeOf(words: Words, rest: readonly string[]): ScriptOutcome {
  if (rest.includes("timeout")) return { kind: "timedOut" };
  if (rest.includes("shortage")) return { kind: "shortage", reason: "no process" };
  const signal = words.get("signal");
  if (signal !== undefined) return { kind: "signalled", signal: Number(signal) };
  return { kind: "exited", status: Number(words.get("exit")) };
}

function show(action: NodeAction): string {
  switch (action.kind) {
    case "sendAdvert": {
      const [, id, priority] = action.bytes;
      const from = OWN_ADDRESS.startsWith(`${action.source}/`) ? "" : ` from ${action.source}`;
      return `advert vrid ${id} priority ${priority}${from} to ${action.destinations.join(" ")}`;
    }
    case "setAddresses": {
      const how = action.renewal ? "renew" : "set";
      const lease = action.leaseSeconds === undefined ? "for good" : `for ${action.leaseSeconds} s`;
      return `${how} ${listOf(action.addresses)} ${lease}`;
    }
    case "keepAddresses":
      return `renew ${listOf(action.addresses)} for good`;
    case "removeAddresses":
      return `remove ${listOf(action.addresses)}`;
    case "arp":
      return `arp ${action.address} on ${action.interface}`;
    case "runScript":
      return `run ${action.script}`;
    case "notify":
      return `notify ${action.instance} ${action.event} ${action.state} ${action.priority}`;
    case "log":
      return `${action.detail ? "detail" : "log"} ${action.text}`;
    case "record":
      return `record ${action.instance} ${action.record.active ? "active" : "inactive"}`;
    case "stopped":
      return "stopped";
  }
}

function listOf(addresses: readonly Prefix[]): string {
  return addresses.map(prefixText).join(" ");
}
