// Measures processor time, which unlike elapsed time does not depend on how busy the machine is.

/**
 * Processor time used by this process, in microseconds. The sum of user and system time: the kernel splits it by
 * sampling, so either part alone is inexact.
 */
export function processorMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Runs `body` three times and returns the smallest processor time, in microseconds. */
export function leastProcessorMicros(body: () => void): number {
  const once = (): number => {
    const before = processorMicros();
    body();
    return processorMicros() - before;
  };
  return Math.min(once(), once(), once());
}
