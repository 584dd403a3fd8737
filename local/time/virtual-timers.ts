import { promisify } from 'node:util'
import { timerDelayMs } from './clock.ts'
import { dateOf } from './date.ts'

interface Timer {
  readonly id: number
  readonly run: () => void
  readonly delayMs: number
  dueMs: number
  isRef: boolean
}

interface SleepOptions {
  readonly signal?: AbortSignal | undefined
  readonly ref?: boolean | undefined
}

/** Timers on a clock that somebody else moves. Those that are due at the same time run in the order in which they were set. */
export class VirtualTimers {
  readonly now: () => number
  readonly #changed: () => void
  readonly #timers = new Map<number, Timer>()
  #lastId = 0

  constructor(now: () => number, changed: () => void) {
    this.now = now
    this.#changed = changed
  }

  set(run: () => void, ms: number | undefined, { isRef = true } = {}): Timer {
    const delayMs = timerDelayMs(ms)
    return this.at(run, this.now() + delayMs, { isRef, delayMs })
  }

  at(run: () => void, dueMs: number, { isRef = true, delayMs = 0 } = {}): Timer {
    this.#lastId += 1
    const timer = { id: this.#lastId, run, delayMs, dueMs, isRef }
    this.#timers.set(timer.id, timer)
    this.#changed()
    return timer
  }

  again(timer: Timer): void {
    timer.dueMs = this.now() + timer.delayMs
    this.#timers.set(timer.id, timer)
    this.#changed()
  }

  clear(id: number): void {
    if (this.#timers.delete(id)) this.#changed()
  }

  refer(timer: Timer, isRef: boolean): void {
    timer.isRef = isRef
    this.#changed()
  }

  /** Whether a process must not end because of them. */
  get holdProcess(): boolean {
    return [...this.#timers.values()].some(({ isRef }) => isRef)
  }

  /** When the next one is due, on this clock; never is Infinity. */
  nextMs(): number {
    return Math.min(Infinity, ...[...this.#timers.values()].map(({ dueMs }) => dueMs))
  }

  /** Runs one that is due; `false` where there is none. */
  runNext(): boolean {
    const due = [...this.#timers.values()].filter(({ dueMs }) => dueMs <= this.now())
    const [next] = due.toSorted((a, b) => a.dueMs - b.dueMs || a.id - b.id)
    if (next === undefined) return false
    this.clear(next.id)
    try {
      next.run()
    } catch (error) {
      // As Node does: an uncaught exception, and no reason not to go on.
      process.nextTick(() => {
        throw error
      })
    }
    return true
  }

  /** Rejects with an AbortError, as the `setTimeout` of `node:timers/promises` does. */
  async sleepUntil(dueMs: number, { signal, ref = true }: SleepOptions = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const abort = (): void => {
      const cause: unknown = signal?.reason
      reject(
        Object.assign(new Error('The operation was aborted', { cause }), {
          name: 'AbortError',
          code: 'ABORT_ERR',
        }),
      )
    }
    if (signal?.aborted === true) abort()
    const timer = this.at(
      () => {
        resolve(undefined)
      },
      dueMs,
      { isRef: ref },
    )
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
      this.clear(timer.id)
    }
  }
}

/**
 * From now on the global `setTimeout`, `Date` and `AbortSignal.timeout` of this process are those of `timers`. The time limits of
 * sockets themselves (`socket.setTimeout`, agents) are not global, and stay real. Returns the way back.
 */
export function installTimers(timers: VirtualTimers): () => void {
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    Date: globalThis.Date,
    timeout: AbortSignal.timeout.bind(AbortSignal),
  }
  const set = (run: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown => {
    const timer = timers.set(() => {
      run(...rest)
    }, ms)
    return handleOf(timers, timer)
  }
  globalThis.Date = dateOf(timers.now)
  const promised = async (ms?: number, value?: unknown): Promise<unknown> => {
    await new Promise((resolve) => set(resolve, ms))
    return value
  }
  Object.defineProperty(set, promisify.custom, { value: promised })
  globalThis.setTimeout = set as typeof setTimeout
  globalThis.clearTimeout = (handle: unknown): void => {
    const id =
      typeof handle === 'number'
        ? handle
        : (handle as { readonly virtualId?: number } | null | undefined)?.virtualId
    if (id === undefined) real.clearTimeout(handle as NodeJS.Timeout)
    else timers.clear(id)
  }
  AbortSignal.timeout = (ms: number): AbortSignal => {
    const controller = new AbortController()
    const expire = (): void => {
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    }
    timers.set(expire, ms, { isRef: false })
    return controller.signal
  }
  return () => {
    globalThis.setTimeout = real.setTimeout
    globalThis.clearTimeout = real.clearTimeout
    globalThis.Date = real.Date
    AbortSignal.timeout = real.timeout
  }
}

/** What Node's `setTimeout` gives back, as far as anybody uses it. */
function handleOf(timers: VirtualTimers, timer: Timer): object {
  const handle = {
    virtualId: timer.id,
    ref: () => {
      timers.refer(timer, true)
      return handle
    },
    unref: () => {
      timers.refer(timer, false)
      return handle
    },
    hasRef: () => timer.isRef,
    refresh: () => {
      timers.again(timer)
      return handle
    },
    close: () => {
      timers.clear(timer.id)
      return handle
    },
    [Symbol.toPrimitive]: () => timer.id,
  }
  return handle
}
