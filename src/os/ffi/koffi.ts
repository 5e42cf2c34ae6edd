// koffi, the package that calls C: loads only its native part where possible.

import { createRequire } from "node:module";
import type Koffi from "koffi";

const require = createRequire(import.meta.url);

/**
 * koffi's JavaScript takes longer to load than everything else in a process of the daemon: it searches several
 * packages, reads the headers of Node's file, and wraps functions to warn about old names. So try the usual path of its
 * native part first. The version is pinned, so that the path stays the same.
 */
function load(): typeof Koffi {
  const { platform, arch } = process;
  try {
    return require(`@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`);
  } catch {
    // Another C library, a rare architecture, or packages in another place.
    return require("koffi");
  }
}

export const koffi: typeof Koffi = load();
