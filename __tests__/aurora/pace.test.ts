import { expect, test } from '@jest/globals'
import { pollDelayMs } from '../../src/aurora/poll-delay.ts'
import { standingLog } from '../../src/aurora/standing-log.ts'
import { MINUTE, NOW_MS, SECOND } from '../factories.ts'
import { FakeClock, LogLines } from '../world.ts'

test('a line for each change, and one a minute in between', () => {
  const clock = new FakeClock()
  const log = new LogLines()
  const say = standingLog({ log, clock, startedAtMs: NOW_MS, limitMs: 30 * MINUTE })
  for (let look = 0; look < 14; look += 1) {
    say(look < 2 ? 'cluster creating' : 'cluster available')
    clock.pass(10 * SECOND)
  }
  expect(log.lines).toEqual([
    'info: 0s  cluster creating',
    'info: 20s  cluster available',
    'info: 1m20s  still: cluster available (at most 30m)',
  ])
})

test('polls are a tenth apart at most, never later than asked for', () => {
  const delays = Array.from({ length: 1_000 }, () => pollDelayMs(10_000))
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(9_000)
  expect(Math.max(...delays)).toBeLessThanOrEqual(10_000)
  expect(new Set(delays).size).toBeGreaterThan(100)
})
