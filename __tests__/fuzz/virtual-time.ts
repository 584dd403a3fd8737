import diagnostics from 'node:diagnostics_channel'
import type { Clock as LocalClock } from '../../local/clock.ts'
import type { Clock } from '../../src/clock.ts'

/** Turns of the event loop in which nothing came: then everybody waits for time to pass. */
const QUIET_TURNS = 4
/** So long in real time, and in so many turns, nothing comes before it counts as never: files may be slow. */
const NEVER_MS = 500
const NEVER_TURNS = 1_000
/** What the event loop still owes an answer: a file, a name, a connection, bytes under way. */
const OWED = /^(?:FSReq|CloseReq|GetAddrInfo|GetNameInfo|TCPConnect|WriteWrap|ShutdownWrap)/

interface Timer {
  readonly id: number
  readonly run: () => void
  readonly ms: number
  dueMs: number
}

/** Requests that a client has sent and that have not been answered yet, whichever client it is. */
class RequestsUnderWay {
  readonly #requests = new Set<unknown>()
  readonly #begin = (message: unknown): void => {
    this.#requests.add((message as { readonly request: unknown }).request)
  }
  readonly #end = (message: unknown): void => {
    this.#requests.delete((message as { readonly request: unknown }).request)
  }
  readonly #channels = [
    ['http.client.request.start', this.#begin],
    ['http.client.request.error', this.#end],
    ['http.client.response.finish', this.#end],
    ['undici:request:create', this.#begin],
    ['undici:request:error', this.#end],
    ['undici:request:trailers', this.#end],
  ] as const

  watch(): void {
    for (const [name, listener] of this.#channels) diagnostics.subscribe(name, listener)
  }

  unwatch(): void {
    for (const [name, listener] of this.#channels) diagnostics.unsubscribe(name, listener)
    this.#requests.clear()
  }

  get count(): number {
    return this.#requests.size
  }
}

interface VirtualTimeOptions {
  readonly startMs: number
  readonly limitMs: number
  readonly onStuck: () => void
}

/**
 * Time that passes only while everybody waits for it: when no request is under way and the event loop has nothing to do, it jumps
 * to the next timer. So hours take milliseconds, and the same case takes the same course again.
 *
 * `setTimeout`, `Date` and `AbortSignal.timeout` are those of this clock while `during` runs.
 */
export class VirtualTime implements Clock, LocalClock {
  readonly startMs: number
  readonly #limitMs: number
  readonly #onStuck: () => void
  #isStuck = false
  #nowMs: number
  #lastId = 0
  #timers = new Map<number, Timer>()
  #held = 0
  readonly #underWay = new RequestsUnderWay()

  /** `onStuck` must end what waits for nothing: it is called when time would have to pass beyond `limitMs`, or without an end. */
  constructor({ startMs, limitMs, onStuck }: VirtualTimeOptions) {
    this.startMs = startMs
    this.#limitMs = limitMs
    this.#onStuck = onStuck
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  get elapsedMs(): number {
    return this.#nowMs - this.startMs
  }

  get isStuck(): boolean {
    return this.#isStuck
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const end = (): void => {
      resolve(undefined)
    }
    const timer = this.#set(end, ms)
    signal?.addEventListener('abort', end, { once: true })
    await promise
    signal?.removeEventListener('abort', end)
    this.#timers.delete(timer.id)
  }

  /** The same for a server that keeps a request waiting: meanwhile that request is not under way. */
  async hold(ms: number): Promise<void> {
    this.#held += 1
    await this.sleep(ms)
    this.#held -= 1
  }

  async during<T>(play: () => Promise<T>): Promise<T> {
    const restore = this.#install()
    this.#underWay.watch()
    const end = { isReached: false }
    try {
      const played = play().finally(() => {
        end.isReached = true
      })
      await Promise.all([played, this.#pass(end)])
      return await played
    } finally {
      this.#underWay.unwatch()
      restore()
    }
  }

  async #pass(end: { readonly isReached: boolean }): Promise<void> {
    let quiet = 0
    let quietSince = performance.now()
    while (!end.isReached) {
      await new Promise(setImmediate)
      quiet = this.#isBusy() ? 0 : quiet + 1
      if (quiet === 0) quietSince = performance.now()
      const next = this.#next()
      const isNever = quiet >= NEVER_TURNS && performance.now() - quietSince > NEVER_MS
      const isTime = next === undefined ? isNever : quiet >= QUIET_TURNS
      if (!isTime) continue
      this.#jump(next)
      quiet = 0
      quietSince = performance.now()
    }
  }

  #isBusy(): boolean {
    return (
      this.#underWay.count > this.#held || process.getActiveResourcesInfo().some((name) => OWED.test(name))
    )
  }

  /** The timer that is due next; none that lies beyond the limit, as long as the run can be ended. */
  #next(): Timer | undefined {
    const next = [...this.#timers.values()].toSorted((a, b) => a.dueMs - b.dueMs || a.id - b.id)[0]
    const isBeyond = next !== undefined && next.dueMs > this.startMs + this.#limitMs
    return isBeyond && !this.#isStuck ? undefined : next
  }

  #jump(next: Timer | undefined): void {
    if (next === undefined) {
      if (!this.#isStuck) this.#onStuck()
      this.#isStuck = true
      return
    }
    this.#timers.delete(next.id)
    this.#nowMs = Math.max(this.#nowMs, next.dueMs)
    next.run()
  }

  #set(run: () => void, ms: number | undefined): Timer {
    this.#lastId += 1
    const delayMs = Math.max(1, ms ?? 1)
    const timer = { id: this.#lastId, run, ms: delayMs, dueMs: this.#nowMs + delayMs }
    this.#timers.set(timer.id, timer)
    return timer
  }

  #install(): () => void {
    const real = {
      setTimeout: globalThis.setTimeout,
      clearTimeout: globalThis.clearTimeout,
      Date: globalThis.Date,
      timeout: AbortSignal.timeout.bind(AbortSignal),
    }
    const now = (): number => this.#nowMs
    globalThis.Date = new Proxy(real.Date, {
      construct: (target, parameters: unknown[], newTarget) =>
        Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget) as object,
      get: (target, property, receiver): unknown =>
        property === 'now' ? now : Reflect.get(target, property, receiver),
    })
    const set = (run: (...rest: unknown[]) => void, ms?: number, ...rest: unknown[]): unknown =>
      this.#handle(
        this.#set(() => {
          run(...rest)
        }, ms),
      )
    globalThis.setTimeout = set as typeof setTimeout
    globalThis.clearTimeout = (handle: unknown): void => {
      const id = (handle as { readonly id?: number } | null | undefined)?.id
      if (id === undefined) real.clearTimeout(handle as NodeJS.Timeout)
      else this.#timers.delete(id)
    }
    AbortSignal.timeout = (ms: number): AbortSignal => {
      const controller = new AbortController()
      this.#set(() => {
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
      }, ms)
      return controller.signal
    }
    return () => {
      globalThis.setTimeout = real.setTimeout
      globalThis.clearTimeout = real.clearTimeout
      globalThis.Date = real.Date
      AbortSignal.timeout = real.timeout
    }
  }

  /** What Node's `setTimeout` gives back, as far as HTTP clients use it. */
  #handle(timer: Timer): object {
    const handle = {
      id: timer.id,
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      refresh: () => {
        timer.dueMs = this.#nowMs + timer.ms
        this.#timers.set(timer.id, timer)
        return handle
      },
      close: () => {
        this.#timers.delete(timer.id)
        return handle
      },
    }
    return handle
  }
}
