// Runs the contract tests against the fake kernel, on a virtual clock.

import { ip } from "../../src/lib/ip.ts";
import { type Micros, SECOND } from "../../src/lib/micros.ts";
import { encodeDeleteAddress } from "../../src/netlink/address.ts";
import { decodeLink, encodeGetLink } from "../../src/netlink/link.ts";
import { NetlinkRequester } from "../../src/netlink/requester.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { declareKernelTests, type TestKernel } from "./kernel-contract.ts";

declareKernelTests(makeKernel);

function makeKernel(): TestKernel {
  let now: Micros = 0;
  const kernel = new FakeKernel(() => now);
  return {
    explains: true,
    expiryLateMicros: SECOND / 50,
    open: (groups, receiveBufferOctets) => kernel.open(groups, receiveBufferOctets),
    addLink: (name) => void kernel.addLink(name),
    changeLink: (name, change) => kernel.changeLink(name, change),
    removeLink: (name) => kernel.removeLink(name),
    setPromoteSecondaries: (name, on) => kernel.setPromoteSecondaries(name, on),
    deleteAddress: (name, cidr) => {
      const program = new NetlinkRequester(kernel.open());
      const links = program.get(encodeGetLink({ name }), decodeLink);
      if (links.failure !== undefined) throw new Error(`no link ${name}`);
      const [address = "", prefixLength] = cidr.split("/");
      for (const { index } of links.items) {
        const key = { index, address: ip(address), prefixLength: Number(prefixLength) };
        program.request([encodeDeleteAddress(key)]);
      }
    },
    now: () => now,
    wait: async (micros) => {
      // In small steps, like the kernel's timer.
      for (const end = now + micros; now < end; ) {
        now = Math.min(end, now + SECOND / 100);
        kernel.expire();
      }
    },
    close: () => {},
  };
}
