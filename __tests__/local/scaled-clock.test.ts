import { describe, expect, test } from '@jest/globals'
import { CLOCK_VARIABLE } from '../../local/time/clock.ts'
import { ScaledClock, scaledClockFrom } from '../../local/time/scaled-clock.ts'
import { startWarped } from '../time/warped.ts'
import { ON_SCALED_TIME } from '../../local/time/node-flags.ts'

const MINUTE_MS = 60_000
const START = Date.UTC(2031, 4, 6)

describe('ScaledClock', () => {
  test('starts where it is told, and never wakes anybody early, however fast time runs', async () => {
    const clock = new ScaledClock({ speed: 100_000, startAt: START })
    expect(clock.now()).toBeGreaterThanOrEqual(START)
    for (let round = 0; round < 10; round += 1) {
      const deadline = clock.now() + 250_000
      await clock.sleep(250_000)
      expect(clock.now()).toBeGreaterThanOrEqual(deadline)
    }
  })

  test('a sleep can be aborted', async () => {
    const sleeping = new ScaledClock({ speed: 1 }).sleep(MINUTE_MS, { signal: AbortSignal.timeout(10) })
    await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('starts now unless told otherwise', () => {
    const before = Date.now()
    const { startAt } = new ScaledClock({ speed: 1 })
    expect(startAt).toBeGreaterThanOrEqual(before)
    expect(startAt).toBeLessThanOrEqual(Date.now())
  })

  test.each([0, -1, Infinity, Number.NaN])('refuses the speed %p', (speed) => {
    expect(() => new ScaledClock({ speed })).toThrow(/speed must be/)
  })

  test('its environment makes the same clock again; real time needs none', () => {
    const clock = new ScaledClock({ speed: 1_000, startAt: START })
    const before = clock.now()
    const copied = scaledClockFrom(clock.environment())?.now()
    expect(copied).toBeGreaterThanOrEqual(before)
    expect(copied).toBeLessThanOrEqual(clock.now())
    expect(new ScaledClock({ speed: 1 }).environment()).toEqual({})
    expect(scaledClockFrom({})).toBeUndefined()
    expect(() => scaledClockFrom({ [CLOCK_VARIABLE]: '{"speed":"fast"}' })).toThrow(/does not describe/)
  })
})

describe('a child with the preload', () => {
  test('has Date and timers/promises on the clock of its parent', async () => {
    const clock = new ScaledClock({ speed: 1_000, startAt: START })
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const start = Date.now()
      const value = await sleep(60000, 'value')
      await require('timers/promises').setTimeout(60000)
      console.log(JSON.stringify({
        start, value, end: Date.now(),
        epoch: new Date(0).toISOString(),
        year: new Date(2020, 1).getFullYear(),
        text: typeof Date() + Date().includes('2031'),
        isDate: new Date() instanceof Date && new (class extends Date {})() instanceof Date,
        utc: Date.UTC(1970, 0, 2),
      }))`
    const before = clock.now()
    const child = await (await startWarped(script, clock, { flags: ON_SCALED_TIME })).printed()
    expect(child['start']).toBeGreaterThan(before)
    expect(child['end']).toBeGreaterThanOrEqual(Number(child['start']) + 2 * MINUTE_MS)
    expect(child['end']).toBeLessThan(clock.now())
    expect(child).toMatchObject({
      value: 'value',
      epoch: '1970-01-01T00:00:00.000Z',
      year: 2020,
      text: 'stringtrue',
      isDate: true,
      utc: 86_400_000,
    })
  })

  test('can abort a sleep, and keeps the timers of sockets real', async () => {
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      const realStart = performance.now()
      const nameOf = (error) => error.name
      const aborted = await sleep(2147483647, undefined, { signal: AbortSignal.timeout(100) }).catch(nameOf)
      const already = await sleep(1, undefined, { signal: AbortSignal.abort() }).catch(nameOf)
      await new Promise((resolve) => { setTimeout(resolve, 100) })
      console.log(JSON.stringify({ aborted, already, realMs: performance.now() - realStart }))`
    const child = await (
      await startWarped(script, new ScaledClock({ speed: 1_000 }), { flags: ON_SCALED_TIME })
    ).printed()
    expect(child).toMatchObject({ aborted: 'AbortError', already: 'AbortError' })
    expect(child['realMs']).toBeGreaterThanOrEqual(198)
  })

  test('lives in real time without the variable', async () => {
    const before = Date.now()
    const child = await (
      await startWarped('console.log(JSON.stringify({ now: Date.now() }))', undefined, {
        flags: ON_SCALED_TIME,
      })
    ).printed()
    expect(child['now']).toBeGreaterThanOrEqual(before)
    expect(child['now']).toBeLessThanOrEqual(Date.now())
  })
})
