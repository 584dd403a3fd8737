import { describe, expect, test } from '@jest/globals'
import { type Pace, Pauses, mayBeHidden } from '../../src/aurora/pace.ts'
import { systemClock } from '../../src/clock.ts'
import { MINUTE, NOW_MS, SECOND } from '../factories.ts'
import { type World, aWorld } from '../world.ts'

function aPace(overrides: Partial<Pace> = {}): Pace {
  return { startedAtMs: NOW_MS, limitMs: 30 * MINUTE, pollIntervalMs: 10 * SECOND, ...overrides }
}

function pausesOf({ aws }: World, overrides: Partial<Pace> = {}): Pauses {
  return new Pauses(aws, aPace(overrides))
}

describe('what a run says while it waits', () => {
  test('a line for each change, and one a minute in between', async () => {
    const world = aWorld()
    const pauses = pausesOf(world)
    for (let look = 0; look < 20; look += 1)
      await pauses.rest(look < 2 ? 'cluster creating' : 'cluster available', 10 * SECOND)
    expect(world.log.lines).toEqual([
      'info: 0s  cluster creating',
      'info: 20s  cluster available',
      'info: 1m20s  still: cluster available (at most 30m)',
      'info: 2m20s  still: cluster available (at most 30m)',
    ])
  })

  test('something that comes back is a change again', async () => {
    const world = aWorld()
    const pauses = pausesOf(world)
    for (const waitingFor of ['a', 'b', 'a', 'a']) await pauses.rest(waitingFor, SECOND)
    expect(world.log.lines).toEqual(['info: 0s  a', 'info: 1s  b', 'info: 2s  a'])
  })

  test('a minute begins anew with each line', async () => {
    const world = aWorld()
    const pauses = pausesOf(world)
    for (const waitingFor of ['a', 'b', 'b', 'b']) await pauses.rest(waitingFor, 40 * SECOND)
    expect(world.log.lines).toEqual(['info: 0s  a', 'info: 40s  b', 'info: 2m  still: b (at most 30m)'])
  })

  test('the time is counted from the start of the run, not from the first wait', async () => {
    const world = aWorld()
    world.clock.pass(90 * SECOND)
    await pausesOf(world).rest('cluster creating')
    expect(world.log.lines).toEqual(['info: 1m30s  cluster creating'])
  })
})

describe('how long it rests', () => {
  test('polls are a tenth apart at most, never later than asked for', async () => {
    const world = aWorld()
    const pauses = pausesOf(world, { limitMs: 1_000 * MINUTE })
    for (let look = 0; look < 1_000; look += 1) expect(await pauses.rest('a')).toBe(true)
    const { sleeps } = world.clock
    expect(sleeps).toHaveLength(1_000)
    expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(9_000)
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(10_000)
    expect(new Set(sleeps).size).toBeGreaterThan(100)
  })

  test('exactly as long as a step asks for', async () => {
    const world = aWorld()
    const pauses = pausesOf(world)
    expect([await pauses.rest('a', 2 * SECOND), await pauses.rest('a', 45 * SECOND)]).toEqual([true, true])
    expect(world.clock.sleeps).toEqual([2 * SECOND, 45 * SECOND])
  })

  test('no longer than the time that is left, which leaves one more look', async () => {
    const world = aWorld()
    world.clock.pass(30 * MINUTE - 3 * SECOND)
    const pauses = pausesOf(world)
    expect([await pauses.rest('a'), await pauses.rest('a')]).toEqual([true, false])
    expect(world.clock.sleeps).toEqual([3 * SECOND])
  })

  test.each([
    ['just up', 30 * MINUTE],
    ['up long since', 60 * MINUTE],
  ])('the time is %s: no rest, but what it was waiting for is said', async (_, passedMs) => {
    const world = aWorld()
    world.clock.pass(passedMs)
    expect(await pausesOf(world).rest('cluster creating', SECOND)).toBe(false)
    expect(world.clock.sleeps).toEqual([])
    expect(world.log.lines).toEqual([expect.stringContaining('cluster creating')])
  })

  test('it ends early when the run is cancelled, and that is no end of the time', async () => {
    const { aws, controller } = aWorld()
    const pauses = new Pauses({ ...aws, clock: systemClock }, aPace({ startedAtMs: systemClock.now() }))
    const resting = pauses.rest('a', 10 * MINUTE)
    controller.abort()
    expect(await resting).toBe(true)
  })
})

test.each([
  ['nothing was asked for', undefined, false],
  ['this very moment', NOW_MS, true],
  ['almost two minutes ago', NOW_MS - 2 * MINUTE + 1, true],
  ['two minutes ago', NOW_MS - 2 * MINUTE, false],
])('AWS may not show yet what it accepted: %s', (_, sinceMs, expected) => {
  expect(mayBeHidden(sinceMs, NOW_MS)).toBe(expected)
})
