// Pair A, used by the demo and many tests: two nodes and a client on one switch.

import { startEcho } from "./gap-client.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { renderPairA } from "./pair-configs.ts";
import type { NetworkSwitch } from "./switch.ts";

/** The check script fails while this file exists. */
export const downFile = "/etc/keepalived/down";

/** The path of each node's configuration. */
export const configPath = "/etc/keepalived/keepalived.conf";

const checkScript = `#!/bin/bash
[[ -f ${downFile} ]] && exit 1 || exit 0
`;

/** notify.sh appends its argument to this file, one per line. */
export const notifyLog = "/run/notify.log";

const notifyScript = `#!/bin/sh
echo "$1" >> ${notifyLog}
`;

/** The hosts of pair A. */
export interface PairA {
  readonly network: NetworkSwitch;
  /** Priority 99, state MASTER, 192.168.7.1. */
  readonly r1: Host;
  /** Priority 90, state BACKUP, 192.168.7.2. */
  readonly r2: Host;
  /** 192.168.7.100. */
  readonly client: Host;
}

export interface PairAOptions {
  /** Create the user keepalived_script, which the check runs as, on the nodes. Default true. */
  readonly keepalivedScriptUser?: boolean;
}

/** Builds pair A with its files and echoes. Starts no daemon. */
export async function buildPairA(lab: Lab, options: PairAOptions = {}): Promise<PairA> {
  const keepalivedScriptUser = options.keepalivedScriptUser ?? true;
  const network = await lab.addSwitch();
  const addNode = async (name: string, address: string, config: string): Promise<Host> => {
    const host = await lab.addHost(name, { keepalivedScriptUser });
    await host.connect(network, { interface: "ens39", address });
    host.write(configPath, config);
    host.write("/etc/keepalived/chk_down.sh", checkScript, 0o755);
    host.write("/etc/keepalived/notify.sh", notifyScript, 0o755);
    await startEcho(host);
    return host;
  };
  const r1 = await addNode(
    "r1",
    "192.168.7.1/24",
    renderPairA({ routerId: "keepalivedR1", state: "MASTER", priority: 99 }),
  );
  const r2 = await addNode(
    "r2",
    "192.168.7.2/24",
    renderPairA({ routerId: "keepalivedR2", state: "BACKUP", priority: 90 }),
  );
  const client = await lab.addHost("client");
  await client.connect(network, { interface: "eth0", address: "192.168.7.100/24" });
  return { network, r1, r2, client };
}
