// What this process has cost a processor: unlike the time that passed, it is no longer on a busy machine.

/**
 * Microseconds of processor time that this process has used. Only the sum of user and system time is exact: the kernel
 * divides it by what the clock's ticks met with, so that either of the two may stand still for a while.
 */
export function processorMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
