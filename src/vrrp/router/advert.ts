// The adverts of an instance, made once and sent unchanged until their content changes.

import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { type Ip, type IpFamily, ipFamily } from "../../lib/ip.ts";
import { VRRP_TTL } from "../../lib/vrrp.ts";
import { emitVrrp, VRRP_AUTH_SIMPLE, type VrrpAdvert } from "../../wire/vrrp.ts";
import type { SendAdvert } from "../action.ts";

/** The source of the adverts of `config`: as configured, else the interface's `own` address. */
export function advertSource(config: InstanceConfig, own: Ip | undefined): Ip | undefined {
  return config.unicastSrcIp ?? config.mcastSrcIp ?? own;
}

/** The addresses in an advert of `config`: those of the family that it is sent over. */
export function advertisedAddresses(
  { addresses }: Pick<InstanceConfig, "addresses">,
  family: IpFamily,
): readonly Ip[] {
  return addresses.map(({ address }) => address).filter((address) => ipFamily(address) === family);
}

/**
 * The actions that send one advert of `priority` from `source` to all destinations of `config`: one action, or one for
 * each unicast peer where the checksum covers the destination (RFC 9568 5.2.8).
 */
export function advertActions(
  config: InstanceConfig,
  source: Ip,
  priority: number,
): readonly SendAdvert[] {
  const advert: VrrpAdvert = {
    version: config.version,
    virtualRouterId: config.virtualRouterId,
    priority,
    advertisementIntervalMicros: config.advertIntMicros,
    addresses: advertisedAddresses(config, ipFamily(source)),
    ...(config.version === 2 && config.authPass !== undefined
      ? { auth: { type: VRRP_AUTH_SIMPLE, data: config.authPass } }
      : {}),
  };
  const isUnicast = config.unicastPeers.length > 0;
  const destinations = isUnicast ? config.unicastPeers : [config.mcastGroup];
  const coversDestination = config.version === 3 && !config.v3ChecksumAsV2;
  const batches = coversDestination ? destinations.map((one) => [one]) : [destinations];
  return batches.map((batch) => ({
    kind: "sendAdvert",
    instance: config.name,
    interface: config.interface,
    source,
    destinations: batch,
    ttl: isUnicast ? config.unicastTtl : VRRP_TTL,
    bytes: emitVrrp(advert, {
      source,
      destination: batch[0] ?? config.mcastGroup,
      checksumAsV2: config.v3ChecksumAsV2,
    }),
  }));
}
