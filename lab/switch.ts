// A lab switch: a bridge in its own network namespace, connected to the hosts by veth pairs.

import type { Anchor } from "./anchor.ts";
import { type RunResult, runCommand } from "./command.ts";

/** A switch. Created by `Lab.addSwitch`. */
export class NetworkSwitch {
  readonly name: string;
  readonly anchor: Anchor;
  #ports = 0;

  constructor(name: string, anchor: Anchor) {
    this.name = name;
    this.anchor = anchor;
  }

  /** Runs `ip` with these arguments in the switch. */
  ip(...words: readonly string[]): Promise<RunResult> {
    // Does not enter the pid namespace: `netns PID` below takes a pid as seen from outside.
    return runCommand(["nsenter", "-t", String(this.anchor.pid), "-n", "--", "ip", ...words]);
  }

  /** Creates an interface in the host whose PID 1 is `hostPid`, connected to a new port. Returns the port's name. */
  async attach(host: string, hostPid: number, interfaceName: string): Promise<string> {
    this.#ports += 1;
    const port = `p${this.#ports}-${host}`.slice(0, 15);
    const peer = ["peer", "name", interfaceName, "netns", String(hostPid)];
    await this.ip("link", "add", port, "type", "veth", ...peer);
    await this.ip("link", "set", port, "master", "switch", "up");
    return port;
  }

  /** Sets a port up or down, which gives or takes the carrier at the host's end. */
  async setPort(port: string, state: "up" | "down"): Promise<void> {
    await this.ip("link", "set", port, state);
  }
}
