import timers from 'node:timers/promises'

/** Milliseconds since the epoch, as `Date.now()` gives them, but of the local cloud's own time. */
export interface Clock {
  now(): number
}

/** The variable that carries a clock into a child process; `warp.ts` reads it there. */
export const CLOCK_VARIABLE = 'AURORA_LOCAL_CLOCK'

/** Node fires a timer of a longer delay after one millisecond instead. */
export const MAX_TIMER_DELAY_MS = 2 ** 31 - 1

// Taken before a preload can replace it: the clock itself must sleep in real time.
const realSleep = timers.setTimeout

/**
 * Real time that never jumps, in fractions of a millisecond. Every process of a machine reads the same counter, so two
 * processes that know the same origin agree on the time to well under a millisecond, whatever the speed.
 */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

interface ClockOrigin {
  readonly speed: number
  readonly startAt: number
  readonly originMs: number
}

/** Time that runs `speed` times faster than real time: at speed 600 a virtual minute takes 0.1 s. */
export class ScaledClock implements Clock {
  readonly speed: number
  readonly startAt: number
  readonly #originMs: number

  constructor(options: { readonly speed: number; readonly startAt?: number; readonly originMs?: number }) {
    if (!(options.speed > 0) || !Number.isFinite(options.speed)) {
      throw new RangeError(`speed must be a number above 0, got ${String(options.speed)}`)
    }
    this.speed = options.speed
    this.startAt = options.startAt ?? Date.now()
    this.#originMs = options.originMs ?? monotonicMs()
  }

  now(): number {
    return Math.floor(this.startAt + (monotonicMs() - this.#originMs) * this.speed)
  }

  /** What a child process needs in its environment to share this very clock. */
  environment(): Record<string, string> {
    const origin: ClockOrigin = { speed: this.speed, startAt: this.startAt, originMs: this.#originMs }
    return { [CLOCK_VARIABLE]: JSON.stringify(origin) }
  }

  /** Resolves when `virtualMs` have passed on this clock, never earlier. */
  async sleep(
    virtualMs: number,
    options: { readonly signal?: AbortSignal; readonly ref?: boolean } = {},
  ): Promise<void> {
    await this.sleepUntil(this.now() + virtualMs, options)
  }

  /** Resolves when this clock shows `virtualTime` (milliseconds since the epoch), never earlier. */
  async sleepUntil(
    virtualTime: number,
    options: { readonly signal?: AbortSignal; readonly ref?: boolean } = {},
  ): Promise<void> {
    // A timer may fire a fraction of a millisecond early, which a fast clock would show as seconds: look again.
    do {
      const realMs = Math.ceil((virtualTime - this.now()) / this.speed)
      await realSleep(Math.min(Math.max(realMs, 1), MAX_TIMER_DELAY_MS), undefined, options)
    } while (this.now() < virtualTime)
  }
}

/** The clock that a parent put into `environment` with `ScaledClock.environment()`, if there is one. */
export function clockFromEnvironment(environment: NodeJS.ProcessEnv): ScaledClock | undefined {
  const text = environment[CLOCK_VARIABLE]
  if (text === undefined || text === '') return undefined
  const origin: unknown = JSON.parse(text)
  if (!isClockOrigin(origin)) throw new Error(`${CLOCK_VARIABLE} does not describe a clock: ${text}`)
  return new ScaledClock(origin)
}

function isClockOrigin(value: unknown): value is ClockOrigin {
  if (typeof value !== 'object' || value === null) return false
  const { speed, startAt, originMs } = value as Partial<Record<keyof ClockOrigin, unknown>>
  return typeof speed === 'number' && typeof startAt === 'number' && typeof originMs === 'number'
}
