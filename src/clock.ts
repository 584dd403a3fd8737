import { setTimeout as delay } from 'node:timers/promises'

/** Time as the product sees it. Everything that waits or compares times goes through here. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` is aborted: the caller looks at the signal itself. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

let lastMs = Number.NEGATIVE_INFINITY
let lostMs = 0

/** Of the machine. It never goes back: when that is set back during a run, waits go on from where they were. */
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
