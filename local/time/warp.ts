/**
 * Preload for a child process (`node --import file:///…/local/time/warp.ts dist/index.js`): it lives on the clock that the parent put
 * into the environment. Without the variable this does nothing.
 *
 * On a scaled clock `Date` and the `setTimeout` of `node:timers/promises` run, which are the product's only clocks. The global
 * `setTimeout` and `AbortSignal.timeout` stay real: HTTP clients guard their sockets with them, and sockets are real. On a simulated
 * clock these two are simulated as well, since it stands still while a socket has to do.
 */
import { openSync, readSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { connect } from 'node:net'
import timersPromises from 'node:timers/promises'
import { CLOCK_VARIABLE, MAX_TIMER_DELAY_MS } from './clock.ts'
import { RequestsUnderWay, quiet } from './quiet.ts'
import { type ScaledClock, scaledClockFrom } from './scaled-clock.ts'
import type { SimulatedClockPlace, SleepReport } from './simulated-clock.ts'
import { VirtualTimers, installTimers, virtualDate } from './virtual-timers.ts'

const variable = process.env[CLOCK_VARIABLE] ?? ''
const described: unknown = variable === '' ? undefined : JSON.parse(variable)
const scaled = isSimulated(described) ? undefined : scaledClockFrom(process.env)
if (isSimulated(described)) liveOnSimulatedTime(described)
else if (scaled !== undefined) liveOnScaledTime(scaled)

function isSimulated(value: unknown): value is SimulatedClockPlace {
  return typeof value === 'object' && value !== null && 'door' in value
}

function liveOnScaledTime(clock: ScaledClock): void {
  globalThis.Date = virtualDate(Date, () => clock.now())
  const realSetTimeout = timersPromises.setTimeout
  timersPromises.setTimeout = async function setTimeout<T = void>(
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

/** The other end of this line is SimulatedClock. */
function liveOnSimulatedTime({ page, door, offsetMs }: SimulatedClockPlace): void {
  const file = openSync(page, 'r')
  const bytes = Buffer.alloc(8)
  // From a file and not from a message, which an answer of a server could overtake.
  const now = (): number => {
    readSync(file, bytes, 0, bytes.length, 0)
    return bytes.readDoubleLE() + offsetMs
  }
  const requests = new RequestsUnderWay(() => {
    lookAgain()
  })
  const realDate = Date
  const line = connect(door)
  const timers = new VirtualTimers(now, () => {
    if (timers.holdProcess) line.ref()
    else line.unref()
    lookAgain()
  })
  let asked = 0
  /** A question that waits for its answer: this process does not know what it waits for, or is about to end. */
  let open: number | undefined
  const lookAgain = (): void => {
    if (open !== undefined) void answer(open)
  }

  const answer = async (question: number): Promise<void> => {
    asked = question
    open = undefined
    const isDisturbed = (): boolean => question !== asked
    do {
      if (!(await quiet(isDisturbed))) return
    } while (timers.runNext())
    const nextMs = timers.nextMs() - offsetMs
    if (nextMs === Infinity && requests.count === 0) {
      open = question
      return
    }
    const report: SleepReport = {
      asked: question,
      nextMs: Number.isFinite(nextMs) ? nextMs : null,
      underWay: requests.count,
    }
    line.write(`${JSON.stringify(report)}\n`)
  }

  requests.watch()
  installTimers(timers)
  realDate.prototype.constructor = Date
  timersPromises.setTimeout = async function setTimeout<T = void>(
    delay?: number,
    value?: T,
    options: Parameters<typeof timersPromises.setTimeout>[2] = {},
  ): Promise<T> {
    await timers.sleepUntil(now() + Math.max(Math.trunc(delay ?? 1), 1), options)
    return value as T
  }
  syncBuiltinESMExports()
  line.write(`${String(process.pid)}\n`)
  line.setEncoding('utf8')
  let rest = ''
  line.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const question of lines) void answer(Number(question))
  })
  // The cloud is gone: nobody moves the clock any more.
  line.on('error', () => undefined)
  line.unref()
}
