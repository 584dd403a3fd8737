import { describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CLOCK_VARIABLE, ScaledClock, clockFromEnvironment } from '../../local/clock.ts'

const MINUTE_MS = 60_000
const START = Date.UTC(2031, 4, 6)
const warp = new URL('../../local/warp.ts', import.meta.url).href

/** Runs a script in a child process with the preload and gives what it prints as JSON. */
async function runWarped(
  script: string,
  environment: Record<string, string>,
): Promise<Record<string, unknown>> {
  const directory = await mkdtemp(join(tmpdir(), 'warp-'))
  try {
    const path = join(directory, 'child.mjs')
    await writeFile(path, script)
    const { stderr, stdout } = await promisify(execFile)(process.execPath, ['--import', warp, path], {
      env: environment,
    })
    expect(stderr).toBe('')
    return JSON.parse(stdout) as Record<string, unknown>
  } finally {
    await rm(directory, { recursive: true })
  }
}

describe('ScaledClock', () => {
  test('starts where it is told and runs faster than real time', async () => {
    const clock = new ScaledClock({ speed: 1_000, startAt: START })
    const realStart = performance.now()
    await clock.sleep(MINUTE_MS)
    const realMs = performance.now() - realStart

    expect(realMs).toBeGreaterThanOrEqual(59)
    expect(realMs).toBeLessThan(2_000)
    expect(clock.now()).toBeGreaterThanOrEqual(START + MINUTE_MS)
    expect(clock.now() - START).toBeLessThan((realMs + 100) * 1_000)
  })

  test('sleeping never ends early, however fast time runs', async () => {
    const clock = new ScaledClock({ speed: 100_000 })
    for (let round = 0; round < 10; round += 1) {
      const deadline = clock.now() + 250_000
      await clock.sleepUntil(deadline)
      expect(clock.now()).toBeGreaterThanOrEqual(deadline)
    }
  })

  test('a sleep can be aborted', async () => {
    const clock = new ScaledClock({ speed: 1 })
    const sleeping = clock.sleep(MINUTE_MS, { signal: AbortSignal.timeout(10) })
    await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('starts now unless told otherwise', () => {
    expect(Math.abs(new ScaledClock({ speed: 1 }).now() - Date.now())).toBeLessThan(1_000)
  })

  test.each([0, -1, Infinity, Number.NaN])('refuses the speed %p', (speed) => {
    expect(() => new ScaledClock({ speed })).toThrow(/speed must be/)
  })

  test('its environment makes the same clock again', () => {
    const clock = new ScaledClock({ speed: 1_000, startAt: START })
    const copy = clockFromEnvironment(clock.environment())
    expect(Math.abs((copy?.now() ?? 0) - clock.now())).toBeLessThan(1_000)
    expect(clockFromEnvironment({})).toBeUndefined()
    expect(() => clockFromEnvironment({ [CLOCK_VARIABLE]: '{"speed":"fast"}' })).toThrow(/does not describe/)
  })
})

describe('warp preload', () => {
  test('Date and timers/promises of a child run on the clock of its parent', async () => {
    const clock = new ScaledClock({ speed: 1_000, startAt: START })
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const start = Date.now()
      const realStart = performance.now()
      const value = await sleep(60000, 'value')
      await require('timers/promises').setTimeout(60000)
      const passed = Date.now() - start
      const realMs = performance.now() - realStart
      const skew = Math.abs(new Date().getTime() - Date.now())
      console.log(JSON.stringify({
        start, passed, realMs, skew, value,
        epoch: new Date(0).toISOString(),
        year: new Date(2020, 1).getFullYear(),
        text: typeof Date() + Date().includes('2031'),
        isDate: new Date() instanceof Date && new (class extends Date {})() instanceof Date,
        constructed: new (new Date().constructor)().getUTCFullYear(),
        utc: Date.UTC(1970, 0, 2),
      }))`
    const before = clock.now()
    const child = await runWarped(script, clock.environment())
    const after = clock.now()

    expect(child['start']).toBeGreaterThan(before)
    expect(child['start']).toBeLessThan(after)
    expect(child['passed']).toBeGreaterThanOrEqual(2 * MINUTE_MS)
    expect(child['realMs']).toBeGreaterThanOrEqual(119)
    expect(child['realMs']).toBeLessThan(10_000)
    expect(child['skew']).toBeLessThan(1_000)
    expect(child).toMatchObject({
      value: 'value',
      epoch: '1970-01-01T00:00:00.000Z',
      year: 2020,
      text: 'stringtrue',
      isDate: true,
      constructed: 2031,
      utc: 86_400_000,
    })
  })

  test('aborting works, and the timers of sockets stay real', async () => {
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      const realStart = performance.now()
      const aborted = await sleep(3600000, undefined, { signal: AbortSignal.timeout(100) }).catch((error) => error.name)
      const already = await sleep(1, undefined, { signal: AbortSignal.abort() }).catch((error) => error.name)
      const invalid = await sleep(1, undefined, { signal: 'no signal' }).catch((error) => error.code)
      await new Promise((resolve) => { setTimeout(resolve, 100) })
      console.log(JSON.stringify({ aborted, already, invalid, realMs: performance.now() - realStart }))`
    const child = await runWarped(script, new ScaledClock({ speed: 1_000 }).environment())

    expect(child).toMatchObject({
      aborted: 'AbortError',
      already: 'AbortError',
      invalid: 'ERR_INVALID_ARG_TYPE',
    })
    expect(child['realMs']).toBeGreaterThanOrEqual(198)
  })

  test('does nothing without the variable', async () => {
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      const realStart = performance.now()
      const start = Date.now()
      await sleep(50)
      console.log(JSON.stringify({ start, passed: Date.now() - start, realMs: performance.now() - realStart }))`
    const child = await runWarped(script, {})
    expect(Math.abs(Number(child['start']) - Date.now())).toBeLessThan(10_000)
    expect(child['realMs']).toBeGreaterThanOrEqual(49)
    expect(Math.abs(Number(child['passed']) - Number(child['realMs']))).toBeLessThan(20)
  })
})
