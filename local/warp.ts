/**
 * Preload for a child process (`node --import file:///…/local/warp.ts dist/index.js`): `Date` and the `setTimeout` of
 * `node:timers/promises`, which are the product's only clocks, run on the scaled clock that the parent put into the
 * environment. The global `setTimeout` and `AbortSignal.timeout` stay real on purpose: HTTP clients guard their sockets
 * with them, and sockets are real. Without the variable this does nothing.
 */
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { clockFromEnvironment, MAX_TIMER_DELAY_MS, type ScaledClock } from './clock.ts'

const clock = clockFromEnvironment(process.env)
if (clock !== undefined) {
  warpDate(clock)
  warpTimers(clock)
}

function warpDate(clock: ScaledClock): void {
  const RealDate = Date
  const now = (): number => clock.now()
  const WarpedDate = new Proxy(RealDate, {
    construct: (target, parameters: unknown[], newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [clock.now()] : parameters, newTarget) as object,
    apply: () => new RealDate(clock.now()).toString(),
    get: (target, property, receiver): unknown =>
      property === 'now' ? now : Reflect.get(target, property, receiver),
  })
  RealDate.prototype.constructor = WarpedDate
  globalThis.Date = WarpedDate
}

function warpTimers(clock: ScaledClock): void {
  const realSetTimeout = timers.setTimeout
  timers.setTimeout = async function setTimeout<T = void>(
    delay?: number,
    value?: T,
    options?: Parameters<typeof realSetTimeout>[2],
  ): Promise<T> {
    // As Node does with a delay that is missing, negative or too long for its timers.
    const virtualMs = delay !== undefined && delay >= 1 && delay <= MAX_TIMER_DELAY_MS ? Math.trunc(delay) : 1
    const deadline = clock.now() + virtualMs
    let settled: T
    do {
      // The first round goes through Node's own function in any case, so that arguments are checked and an aborted
      // signal rejects exactly as without a preload.
      const realMs = Math.max(Math.ceil((deadline - clock.now()) / clock.speed), 1)
      settled = await realSetTimeout(realMs, value as T, options)
    } while (clock.now() < deadline)
    return settled
  }
  syncBuiltinESMExports()
}
