// The scopes of an address by name.

/** The names of `ip` for RT_SCOPE_* (rtnetlink.h). */
export const SCOPES: ReadonlyMap<string, number> = new Map([
  ["global", 0],
  ["site", 200],
  ["link", 253],
  ["host", 254],
  ["nowhere", 255],
]);

/** The name of `scope`, or its number if it has none. */
export function scopeName(scope: number): string {
  return [...SCOPES].find(([, number]) => number === scope)?.[0] ?? String(scope);
}
