// A switch of the lab: a bridge in a namespace of its own; cables are veth pairs into the hosts.

import type { Anchor } from "./anchor.ts";
import { type RunResult, runCommand } from "./command.ts";

/** A switch. Made by `Lab.addSwitch`. */
export class NetworkSwitch {
  readonly name: string;
  readonly anchor: Anchor;
  #ports = 0;

  constructor(name: string, anchor: Anchor) {
    this.name = name;
    this.anchor = anchor;
  }

  /** Runs `ip` with these words in the switch. */
  ip(...words: readonly string[]): Promise<RunResult> {
    // Without its process namespace: `netns PID` below is a pid as seen from outside.
    return runCommand(["nsenter", "-t", String(this.anchor.pid), "-n", "--", "ip", ...words]);
  }

  /** Lays a cable to an interface that is made in the host whose first process is `hostPid`; gives the port's name. */
  async attach(host: string, hostPid: number, interfaceName: string): Promise<string> {
    this.#ports += 1;
    const port = `p${this.#ports}-${host}`.slice(0, 15);
    const peer = ["peer", "name", interfaceName, "netns", String(hostPid)];
    await this.ip("link", "add", port, "type", "veth", ...peer);
    await this.ip("link", "set", port, "master", "switch", "up");
    return port;
  }

  /** Sets a port up or down: the host at its other end gains or loses the carrier. */
  async setPort(port: string, state: "up" | "down"): Promise<void> {
    await this.ip("link", "set", port, state);
  }
}
