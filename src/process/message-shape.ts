// What a message from another process must look like before it is taken for one.

/** The fields of one kind of message. */
export type Shape = { readonly [field: string]: "string" | "number" | "boolean" | "object" };

/** Whether `message` has a kind of `shapes` and the fields of that kind. */
export function hasShape(message: unknown, shapes: { readonly [kind: string]: Shape }): boolean {
  if (typeof message !== "object" || message === null) return false;
  const fields = message as { readonly [field: string]: unknown };
  const kind = fields["kind"];
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) return false;
  return Object.entries(shapes[kind] as Shape).every(
    ([field, type]) => typeof fields[field] === type && fields[field] !== null,
  );
}
