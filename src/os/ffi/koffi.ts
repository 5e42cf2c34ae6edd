// koffi, the package that calls C: its native part alone where that is found at once.

import { createRequire } from "node:module";
import type Koffi from "koffi";

const require = createRequire(import.meta.url);

/**
 * koffi's own start takes longer than everything else that a process of the daemon loads: it looks through several
 * packages, reads the headers of Node's file, and wraps functions to warn of old names. What it finds on common
 * machines is asked for first. Pinned to one version, so that the file is where it was.
 */
function load(): typeof Koffi {
  const { platform, arch } = process;
  try {
    return require(`@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`);
  } catch {
    // Another C library, a rarer machine, or packages that lie elsewhere.
    return require("koffi");
  }
}

export const koffi: typeof Koffi = load();
