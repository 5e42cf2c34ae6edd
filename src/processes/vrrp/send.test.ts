import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../lib/ip.ts";
import { errnoNumber, errnoText } from "../../os/ffi/errno.ts";
import type { VrrpSender } from "../../os/net/vrrp-socket.ts";
import type { SendAdvert } from "../../vrrp/action.ts";
import { sendAdverts } from "./send.ts";

function advert(instance: string, interfaceName: string, destinations: string[]): SendAdvert {
  return {
    kind: "sendAdvert",
    instance,
    interface: interfaceName,
    source: ip("192.0.2.1"),
    destinations: destinations.map(ip),
    ttl: 255,
    bytes: new Uint8Array(20),
  };
}

/** A sender that records the destinations of each call; `unreachable` ones fail. */
function sender(calls: string[][], unreachable: readonly string[] = []): VrrpSender {
  const send: VrrpSender["send"] = (messages) => {
    const destinations = messages.map(({ destination }) => destination as string);
    calls.push(destinations);
    return destinations.flatMap((destination, index) =>
      unreachable.includes(destination) ? [{ index, errno: errnoNumber.EHOSTUNREACH }] : [],
    );
  };
  return { send } as VrrpSender;
}

test("the adverts of an interface are sent in one call, in order", () => {
  const calls: { [name: string]: string[][] } = { eth0: [], eth1: [] };
  const adverts = [
    advert("A", "eth0", ["224.0.0.18"]),
    advert("B", "eth1", ["192.0.2.2", "192.0.2.3"]),
    advert("C", "eth0", ["192.0.2.4"]),
  ];
  const failed = sendAdverts(adverts, (name) => sender(calls[name] ?? []));
  assert.equal(failed.size, 0);
  assert.deepEqual(calls, {
    eth0: [["224.0.0.18", "192.0.2.4"]],
    eth1: [["192.0.2.2", "192.0.2.3"]],
  });
});

test("an instance has failed if none of its messages could be sent", () => {
  const peers = (one: string, other: string): string[] => [one, other];
  const adverts = [
    advert("one", "eth0", peers("192.0.2.2", "192.0.2.9")),
    advert("none", "eth0", peers("192.0.2.8", "192.0.2.9")),
    advert("gone", "eth7", ["224.0.0.18"]),
  ];
  const eth0 = sender([], ["192.0.2.8", "192.0.2.9"]);
  const failed = sendAdverts(adverts, (name) => (name === "eth0" ? eth0 : undefined));
  assert.deepEqual(Object.fromEntries(failed), {
    gone: "no interface eth7",
    none: `${errnoText(errnoNumber.EHOSTUNREACH)} on eth0`,
  });
});
