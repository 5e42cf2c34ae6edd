// Names of files that the daemon uses.

/** Whether `path` can be passed to the kernel and logged in one line. */
export function isFileName(path: string): boolean {
  return !/[\0\n]/.test(path);
}
