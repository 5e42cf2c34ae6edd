// The two daemons under comparison, and the configuration that both read.

import { join } from "node:path";
import { projectRoot } from "../lab/anchor.ts";
import type { Host } from "../lab/host.ts";
import type { Program } from "../lab/program.ts";
import { Elections } from "./elections.ts";
import { type LogFile, spawnLogged } from "./log-file.ts";

export const sides = ["holdfast", "keepalived"] as const;

export type Side = (typeof sides)[number];

const configPath = "/etc/keepalived/keepalived.conf";

/** Without `-D`, to measure the protocol rather than logging. */
const words: readonly string[] = ["-n", "-l", "-f", configPath];

/** The command of each side's program. */
export const programs: { readonly [side in Side]: readonly string[] } = {
  holdfast: [process.execPath, join(projectRoot, "bin/holdfast")],
  keepalived: ["keepalived"],
};

/** The command that runs a side's daemon in the foreground with the host's configuration. */
export function daemonCommand(side: Side): readonly string[] {
  return [...programs[side], ...words];
}

/** A daemon on one host. */
export interface Node {
  readonly program: Program;
  readonly log: LogFile;
  readonly elections: Elections;
}

/** Starts one side's daemon on a host that has its configuration (`writeConfig`). */
export function startDaemon(host: Host, side: Side): Node {
  const elections = new Elections();
  return { ...spawnLogged(host, daemonCommand(side), elections.take), elections };
}

/** The version line of a side. */
export async function versionOf(host: Host, side: Side): Promise<string> {
  const { stdout, stderr } = await host.run([...programs[side], "-v"], { mayFail: true });
  return `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}

/** One virtual router of the pair. */
export interface Router {
  readonly name: string;
  readonly interface: string;
  readonly virtualRouterId: number;
  readonly addresses: readonly string[];
}

/** Maximum number of virtual routers on one interface. */
export const routersPerInterface = 250;

/** The interface of the virtual router with this index. */
export function interfaceOf(index: number): string {
  return `eth${Math.floor(index / routersPerInterface)}`;
}

/** Creates `count` virtual routers with `addressesEach` distinct floating addresses: 10.(100+interface).n.vrid. */
export function makeRouters(count: number, addressesEach = 1): Router[] {
  return Array.from({ length: count }, (_, index) => {
    const network = Math.floor(index / routersPerInterface);
    const virtualRouterId = 1 + (index % routersPerInterface);
    const addresses = Array.from(
      { length: addressesEach },
      (_, address) => `10.${100 + network}.${1 + address}.${virtualRouterId}`,
    );
    return { name: `VI_${index + 1}`, interface: interfaceOf(index), virtualRouterId, addresses };
  });
}

/** Renders the configuration of one node. Uses version 3, which allows intervals below a second. */
export function renderConfig(node: {
  readonly name: string;
  readonly priority: number;
  readonly advertSeconds: number;
  readonly routers: readonly Router[];
}): string {
  const instances = node.routers.map(
    (router) => `vrrp_instance ${router.name} {
    state BACKUP
    interface ${router.interface}
    virtual_router_id ${router.virtualRouterId}
    priority ${node.priority}
    advert_int ${node.advertSeconds}
    virtual_ipaddress {
${router.addresses.map((address) => `        ${address}\n`).join("")}    }
}
`,
  );
  return `global_defs {
    router_id ${node.name}
    vrrp_version 3
}
${instances.join("")}`;
}

/** Writes a host's configuration. */
export function writeConfig(host: Host, text: string): void {
  host.write(configPath, text);
}
