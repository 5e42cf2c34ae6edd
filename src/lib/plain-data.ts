// Plain data, the only kind that is sent between processes in pieces. The reader of the configuration and the parent
// measure it by the same function, so that too much is refused at its place in the file, and not on its way.

/** The maximum size of an item of a list, or of another member, that is sent between processes. */
export const MOST_ITEM_OCTETS: number = 1024 * 1024;

/** The maximum depth of plain data. */
const DEEPEST = 12;

/** Thrown for data that is larger than allowed. */
export class TooLarge extends RangeError {}

/** True if `value` is an object with members only: not a list, and not of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/**
 * The length of `value` as JSON, without escapes; a shared object counts each time, so that the work is bounded too.
 * Throws a RangeError that names the part that is not plain data, and TooLarge if it is more than `most`.
 */
export function octetsOf(value: unknown, most: number): number {
  const path: (string | number)[] = [];
  let total = 0;

  function spend(octets: number): void {
    total += octets;
    if (total > most) throw new TooLarge(`a part of it is larger than ${most} octets`);
  }

  function refuse(found: string, wanted: string): never {
    throw new RangeError(`${pathText(path)}is ${found}, not ${wanted}`);
  }

  function visitMember(name: string | number, member: unknown): void {
    path.push(name);
    visit(member);
    path.pop();
  }

  function visit(value: unknown): void {
    switch (typeof value) {
      case "string":
        spend(value.length + 2);
        break;
      case "number":
        if (!Number.isFinite(value)) refuse(String(value), "a finite number");
        spend(String(value).length);
        break;
      case "boolean":
      case "undefined":
        spend(4);
        break;
      case "object":
        if (value === null) spend(4);
        else if (path.length === DEEPEST) refuse(`deeper than ${DEEPEST} levels`, "plain data");
        else if (Array.isArray(value)) visitList(value);
        else if (isPlainObject(value)) visitObject(value);
        else refuse("of a class", "plain data");
        break;
      default:
        refuse(`a ${typeof value}`, "plain data");
    }
  }

  function visitList(list: readonly unknown[]): void {
    // First, since a list without values can be long and yet small.
    spend(list.length + 2);
    if (Object.keys(list).length !== list.length) refuse("a list with gaps or names", "a list");
    for (const [index, item] of list.entries()) visitMember(index, item);
  }

  function visitObject(members: Readonly<Record<string, unknown>>): void {
    spend(2);
    for (const [name, member] of Object.entries(members)) {
      spend(name.length + 4);
      visitMember(name, member);
      if (name === "__proto__") refuse("an object with a __proto__", "plain data");
    }
  }

  visit(value);
  return total;
}

/** `.addresses[3].label `; empty at the top. */
function pathText(path: readonly (string | number)[]): string {
  const names = path.map((name) => (typeof name === "number" ? `[${name}]` : `.${name}`));
  return names.length === 0 ? "" : `${names.join("").slice(0, 200)} `;
}
