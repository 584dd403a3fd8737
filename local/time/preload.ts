/**
 * Preload for a child process (`node --import file:///…/local/time/preload.ts dist/index.js`): it lives on the simulated clock
 * that the parent put into the environment, and tells it when it sleeps. `Date`, the global `setTimeout`, that of
 * `node:timers/promises` and `AbortSignal.timeout` are those of that clock.
 */
import type { ChildProcess } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import { openSync, readSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { connect } from 'node:net'
import timersPromises from 'node:timers/promises'
import { CLOCK_VARIABLE, timerDelayMs } from './clock.ts'
import { RequestsUnderWay, quiet } from './quiet.ts'
import type { SimulatedClockPlace, SleepReport } from './simulated-clock.ts'
import { VirtualTimers, installTimers } from './virtual-timers.ts'
import { compileHere } from './wasm.ts'

compileHere()
liveOn(JSON.parse(process.env[CLOCK_VARIABLE] ?? '') as SimulatedClockPlace)

/** The other end of this line is SimulatedClock. */
function liveOn({ page, door, offsetMs }: SimulatedClockPlace): void {
  const file = openSync(page, 'r')
  const bytes = Buffer.alloc(8)
  // From a file and not from a message, which an answer of a server could overtake.
  const now = (): number => {
    readSync(file, bytes, 0, bytes.length, 0)
    return bytes.readDoubleLE() + offsetMs
  }
  const requests = new RequestsUnderWay(
    () => {
      lookAgain()
    },
    () => {
      // It was answered without the clock's knowledge.
      if (said !== undefined && said === asked) void answer(said)
    },
  )
  const line = connect(door)
  const timers = new VirtualTimers(now, () => {
    if (timers.holdProcess) line.ref()
    else line.unref()
    lookAgain()
  })
  let asked = 0
  let children = 0
  /** A question that waits for its answer: this process does not know what it waits for, or is about to end. */
  let open: number | undefined
  /** The question that was answered last. */
  let said: number | undefined
  const lookAgain = (): void => {
    if (open !== undefined) void answer(open)
  }

  const answer = async (question: number): Promise<void> => {
    asked = question
    open = undefined
    said = undefined
    const isDisturbed = (): boolean => question !== asked
    do {
      if (!(await quiet(isDisturbed))) return
    } while (timers.runNext())
    const nextMs = timers.nextMs() - offsetMs
    // Nothing that it waits for, or something else: a limit that nobody waits for, while a process of its own works.
    if ((!timers.holdProcess && requests.count === 0) || children > 0) {
      open = question
      return
    }
    const report: SleepReport = {
      asked: question,
      nextMs: Number.isFinite(nextMs) ? nextMs : null,
      underWay: requests.count,
    }
    said = question
    line.write(`${JSON.stringify(report)}\n`)
  }

  diagnostics.subscribe('child_process', (message) => {
    children += 1
    ;(message as { readonly process: ChildProcess }).process.once('exit', () => {
      children -= 1
      lookAgain()
    })
  })
  requests.watch()
  installTimers(timers)
  timersPromises.setTimeout = async function setTimeout<T = void>(
    delay?: number,
    value?: T,
    options: Parameters<typeof timersPromises.setTimeout>[2] = {},
  ): Promise<T> {
    await timers.sleepUntil(now() + timerDelayMs(delay), options)
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
