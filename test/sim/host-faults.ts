// The start and end of each fault of a host.

import type { Fault } from "./fault.ts";
import type { Host } from "./host.ts";
import type { World } from "./world.ts";

export type HostFault = Extract<Fault, { readonly host: number }>;

interface Effect<Kind extends HostFault["kind"]> {
  begin(host: Host, fault: Extract<HostFault, { readonly kind: Kind }>, world: World): void;
  /** Undefined: the daemon must recover by itself. */
  readonly end?: (host: Host) => void;
}

const RESTART = (host: Host): void => {
  if (!host.isStarted || host.isStopping) host.start();
};

const EFFECTS: { readonly [kind in HostFault["kind"]]: Effect<kind> } = {
  freeze: { begin: (host) => host.freeze(), end: (host) => host.thaw() },
  freezeInTurn: {
    begin: (host, { afterCalls }) => host.beforeCall(afterCalls, () => host.freeze()),
    end: (host) => host.thaw(),
  },
  suspend: { begin: (host) => host.suspend(), end: (host) => host.resumeMachine() },
  crash: { begin: (host) => host.crash(), end: RESTART },
  reboot: {
    begin: (host) => {
      host.crash();
      host.kernel.clear();
    },
    end: RESTART,
  },
  stop: { begin: (host) => host.stop(), end: RESTART },
  crashChild: { begin: (host) => host.killChild() },
  crashChildInTurn: {
    begin: (host, { afterCalls }) => host.beforeCall(afterCalls, () => host.killChild()),
    // A process that has called no port since then is not stopped.
    end: (host) => host.continueChild(),
  },
  crashLoop: {
    begin: (host, fault, world) => {
      repeat(world, fault, () => host.killChild());
    },
  },
  stopChild: {
    begin: (host) => host.stopChild(false),
    end: (host) => host.continueChild(),
  },
  stopChildInTurn: {
    begin: (host, { afterCalls }) => host.beforeCall(afterCalls, () => host.stopChild(false)),
    end: (host) => host.continueChild(),
  },
  hangChild: { begin: (host) => host.stopChild(true) },
  undyingChild: {
    begin: (host, { at, until }) => {
      host.setDying(until - at);
      host.stopChild(false);
    },
  },
  linkDown: {
    begin: (host) => host.setLink("eth0", "down"),
    end: (host) => host.setLink("eth0", "up"),
  },
  carrierDown: {
    begin: (host) => host.setLink("eth1", "down"),
    end: (host) => host.setLink("eth1", "up"),
  },
  carrierGone: {
    begin: (host) => host.setLink("eth1", "gone"),
    end: (host) => host.setLink("eth1", "up"),
  },
  ownAddressGone: {
    begin: (host) => host.setOwnAddress(false),
    end: (host) => host.setOwnAddress(true),
  },
  unhealthy: {
    begin: (host) => {
      host.isHealthy = false;
    },
    end: (host) => {
      host.isHealthy = true;
    },
  },
  deleteAddresses: {
    begin: (host, fault, world) => {
      host.isRobbed = true;
      repeat(world, fault, () => {
        for (const { addresses } of host.config.instances) {
          for (const address of addresses) host.deleteAddress(address);
        }
      });
    },
    end: (host) => {
      host.isRobbed = false;
    },
  },
  reload: { begin: (host, { config }) => host.reload(config) },
};

/** Begins `fault`. */
export function beginFault(host: Host, fault: HostFault, world: World): void {
  (EFFECTS[fault.kind] as Effect<typeof fault.kind>).begin(host, fault as never, world);
}

/** Ends `fault`. */
export function endFault(host: Host, fault: HostFault): void {
  EFFECTS[fault.kind].end?.(host);
}

function repeat(
  world: World,
  { every, until }: Extract<HostFault, { readonly every: number }>,
  act: () => void,
): void {
  const once = (): void => {
    if (world.now > until) return;
    act();
    world.schedule(world.now + every, once);
  };
  once();
}
