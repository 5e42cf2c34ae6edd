// The one place that says which keepalived this program stands in for.

/** The keepalived whose options, log lines, exit codes and wire formats are kept. */
export const KEEPALIVED_VERSION = "2.4.3";

/** As `-v` and the first log line say it: `v2.4.3 (holdfast 0.1.0)`; `holdfastVersion` comes from package.json. */
export function versionText(holdfastVersion: string): string {
  return `v${KEEPALIVED_VERSION} (holdfast ${holdfastVersion})`;
}
