// The version of holdfast and of the keepalived that it replaces.

/** The keepalived version whose options, log lines, exit codes and wire formats are implemented. */
export const KEEPALIVED_VERSION = "2.4.3";

/** The text of `-v` and the first log line: `v2.4.3 (holdfast 0.1.0)`. `holdfastVersion` comes from package.json. */
export function versionText(holdfastVersion: string): string {
  return `v${KEEPALIVED_VERSION} (holdfast ${holdfastVersion})`;
}
