import { describe, expect, jest, test } from '@jest/globals'
import { systemClock } from '../src/clock.ts'

describe('systemClock', () => {
  test('tells the time', () => {
    const before = Date.now()
    const now = systemClock.now()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  test('never goes back, although the clock of the machine is set', () => {
    const before = systemClock.now()
    const wall = jest.spyOn(Date, 'now').mockReturnValue(before - 3 * 3_600_000)
    const after = systemClock.now()
    // Waits go on from where they were.
    wall.mockReturnValue(before - 3 * 3_600_000 + 5_000)
    const later = systemClock.now()
    wall.mockRestore()
    expect(after).toBeGreaterThanOrEqual(before)
    expect(later).toBe(after + 5_000)
  })

  test('sleeps', async () => {
    const before = performance.now()
    await systemClock.sleep(20)
    await systemClock.sleep(20, new AbortController().signal)
    expect(performance.now() - before).toBeGreaterThanOrEqual(35)
  })

  test('wakes up at once when it is told to, and is no fault', async () => {
    const controller = new AbortController()
    const sleep = systemClock.sleep(60_000, controller.signal)
    controller.abort()
    await expect(sleep).resolves.toBeUndefined()
    await expect(systemClock.sleep(60_000, controller.signal)).resolves.toBeUndefined()
  })

  test('any other fault is one', async () => {
    await expect(systemClock.sleep(Number.NaN, {} as AbortSignal)).rejects.toThrow()
  })
})
