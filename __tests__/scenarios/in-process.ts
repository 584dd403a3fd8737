import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimulatedClock } from '../../local/time/simulated-clock.ts'
import { installTimers } from '../../local/time/virtual-timers.ts'
import type { Clock } from '../../src/clock.ts'

/** What the run left: the type system believes that nobody but this file writes it. */
function exitCode(): number {
  return Number(process.exitCode)
}

type InProcess = (
  environment: Readonly<Record<string, string>>,
  write: (text: string) => void,
) => Promise<number>

const MODULES = '../../src/main.ts'
/** `core.summary` remembers the file of its first use, so all runs of this process share one. */
const SUMMARY = join(tmpdir(), `summary-${String(process.pid)}.md`)
let isPlaying = false

/** Whether a run can begin here: a process has one environment. */
export function isFree(): boolean {
  return !isPlaying
}

/** Jest has an Error of its own: what Node throws, such as a socket that breaks, is none. Returns the way back. */
function acceptErrorsOfNode(): () => void {
  const isOrdinary = Function.prototype[Symbol.hasInstance]
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown) {
      return (
        isOrdinary.call(this, value) ||
        (this === Error && Object.prototype.toString.call(value) === '[object Error]')
      )
    },
  })
  return () => {
    Reflect.deleteProperty(Error, Symbol.hasInstance)
  }
}

/**
 * Runs the sources in this process, as a child would run the bundle: the same environment, output and exit code. What a child gets
 * from its preload, the clock, is passed in.
 */
export function playInProcess(simulated: SimulatedClock): InProcess {
  const clock: Clock = {
    now: () => simulated.now(),
    async sleep(ms, signal) {
      await simulated.sleep(ms, signal === undefined ? {} : { signal }).catch((error: unknown) => {
        if (signal?.aborted !== true) throw error
      })
    },
  }
  return async (environment, write) => {
    if (isPlaying)
      throw new Error('two runs at once in one process: those that are side by side are children')
    isPlaying = true
    const former = {
      env: process.env,
      exitCode: process.exitCode,
      write: process.stdout.write.bind(process.stdout),
    }
    writeFileSync(SUMMARY, '')
    process.env = { ...environment, GITHUB_STEP_SUMMARY: SUMMARY }
    process.exitCode = 0
    const restoreError = acceptErrorsOfNode()
    const restoreTimers = installTimers(simulated.timers)
    const forgetRequests = simulated.followRequests()
    process.stdout.write = (text: string | Uint8Array): boolean => {
      write(typeof text === 'string' ? text : Buffer.from(text).toString())
      return true
    }
    try {
      const { run } = (await import(MODULES)) as typeof import('../../src/main.ts')
      await run({ clock })
      const summary = environment['GITHUB_STEP_SUMMARY']
      if (summary !== undefined) copyFileSync(SUMMARY, summary)
      return exitCode()
    } finally {
      rmSync(SUMMARY, { force: true })
      forgetRequests()
      restoreTimers()
      restoreError()
      process.stdout.write = former.write
      process.env = former.env
      process.exitCode = former.exitCode
      isPlaying = false
    }
  }
}
