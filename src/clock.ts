import { setTimeout as delay } from 'node:timers/promises'

/** All code that waits or compares times uses this. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` is aborted; the caller checks the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

let lastMs = Number.NEGATIVE_INFINITY
let lostMs = 0

/** The machine's clock, but it never goes back: if the machine's is set back during a run, waits continue. */
export const systemClock: Clock = {
  now() {
    const nowMs = Date.now() + lostMs
    if (nowMs < lastMs) lostMs += lastMs - nowMs
    lastMs = Math.max(lastMs, nowMs)
    return lastMs
  },
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  },
}
