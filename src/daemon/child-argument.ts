// The word that makes main.ts a child instead of a parent.

/** In front of the child's role and the program's name; never written by a user. */
export const CHILD_ARGUMENT = "--child-of-parent";
