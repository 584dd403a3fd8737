import timers from 'node:timers/promises'
import { CLOCK_VARIABLE, type CloudClock, MAX_TIMER_DELAY_MS } from './clock.ts'

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

/** Time that runs `speed` times faster than real time: at speed 600 a virtual minute takes 0.1 s. For people, who watch it: it goes on whoever works. */
export class ScaledClock implements CloudClock {
  readonly speed: number
  readonly startAt: number
  readonly #originMs: number
  readonly #isReal: boolean

  constructor(options: { readonly speed: number; readonly startAt?: number; readonly originMs?: number }) {
    if (!(options.speed > 0) || !Number.isFinite(options.speed)) {
      throw new RangeError(`speed must be a number above 0, got ${String(options.speed)}`)
    }
    this.speed = options.speed
    this.#isReal = options.speed === 1 && options.startAt === undefined
    this.startAt = options.startAt ?? Date.now()
    this.#originMs = options.originMs ?? monotonicMs()
  }

  now(): number {
    return Math.floor(this.startAt + (monotonicMs() - this.#originMs) * this.speed)
  }

  environment(): Record<string, string> {
    if (this.#isReal) return {}
    const origin: ClockOrigin = { speed: this.speed, startAt: this.startAt, originMs: this.#originMs }
    return { [CLOCK_VARIABLE]: JSON.stringify(origin) }
  }

  async sleep(virtualMs: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const virtualTime = this.now() + virtualMs
    // A timer may fire a fraction of a millisecond early, which a fast clock would show as seconds: look again.
    do {
      const realMs = Math.ceil((virtualTime - this.now()) / this.speed)
      await realSleep(Math.min(Math.max(realMs, 1), MAX_TIMER_DELAY_MS), undefined, options)
    } while (this.now() < virtualTime)
  }
}

/** The clock that a parent put into `environment` with `ScaledClock.environment()`, if there is one. */
export function scaledClockFrom(environment: NodeJS.ProcessEnv): ScaledClock | undefined {
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
