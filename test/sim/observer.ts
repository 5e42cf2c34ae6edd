// What a simulated host reports to whoever checks the rules.

import type { Ip } from "../../src/lib/ip.ts";
import type { InstanceRecord } from "../../src/vrrp/event.ts";
import type { Host } from "./host.ts";
import type { Delivery } from "./lan.ts";

export interface Observer {
  onSent(host: Host, instance: string, priority: number): Delivery;
  onRecord(host: Host, instance: string, record: InstanceRecord): void;
  onSet(host: Host, instance: string): void;
  onArp(host: Host, address: Ip): void;
  onStarted(host: Host): void;
  onFrozen(host: Host): void;
  onThawed(host: Host): void;
  onLinkChanged(host: Host): void;
  afterTurn(host: Host): void;
}
