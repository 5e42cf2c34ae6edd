// The descriptors that the parent hands to a child, and the numbers under which the child finds them.

/** Behind standard input, output, error and the channel. */
const FIRST_INHERITED_FD = 4;

/** The number under which a child finds the `position`th of its inherited descriptors. */
export function inheritedFd(position: number): number {
  return FIRST_INHERITED_FD + position;
}
