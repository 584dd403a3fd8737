/** Somewhat less than the interval, differently each time: runs that started together do not poll together for ever. */
export function pollDelayMs(intervalMs: number): number {
  const JITTER = 0.1
  return Math.round(intervalMs * (1 - JITTER * Math.random()))
}
