/**
 * Preload for a child process (`node --import file:///…/local/time/warp.ts dist/index.js`): `Date` and the `setTimeout` of
 * `node:timers/promises`, which are the product's only clocks, run on the scaled clock that the parent put into the
 * environment. The global `setTimeout` and `AbortSignal.timeout` stay real on purpose: HTTP clients guard their sockets
 * with them, and sockets are real. Without the variable this does nothing.
 */
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import { timerDelayMs } from './clock.ts'
import { dateOf } from './date.ts'
import { type ScaledClock, scaledClockFrom } from './scaled-clock.ts'

const clock = scaledClockFrom(process.env)
if (clock !== undefined) {
  globalThis.Date = dateOf(() => clock.now())
  warpTimers(clock)
}

function warpTimers(clock: ScaledClock): void {
  const realSetTimeout = timersPromises.setTimeout
  timersPromises.setTimeout = async function setTimeout<T = void>(
    delay?: number,
    value?: T,
    options?: Parameters<typeof realSetTimeout>[2],
  ): Promise<T> {
    const deadline = clock.now() + timerDelayMs(delay)
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
