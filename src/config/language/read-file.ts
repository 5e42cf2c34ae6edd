// How a file is read. The caller provides it, since this folder does no I/O.

/** The content of a file, or the reason (a text of strerror) why it cannot be read. */
export type FileContent =
  | {
      readonly kind: "content";
      readonly bytes: Uint8Array;
      /** Has an execute bit: such a file is not included. */
      readonly executable?: boolean;
    }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string }
  /** A directory, a FIFO, a loop of links. */
  | { readonly kind: "irregular"; readonly reason: string }
  | { readonly kind: "too-large" };

/** Reads a whole file of at most `mostOctets`. */
export type ReadFile = (path: string, mostOctets: number) => FileContent;
