import { describe, expect, test } from '@jest/globals'
import { drawReadiness, randomNumbers } from '../../../local/bench/readiness.ts'
import { median } from '../../../local/bench/table.ts'
import { clusterHolds, pollShare, waitsForWriter } from '../../../src/aurora/ready/polling.ts'
import { MINUTE, SECOND, aCluster, anInstance } from '../../factories.ts'

describe('a look at the writer alone is enough', () => {
  test.each([
    ['creating', 'creating', true],
    ['available', 'creating', true],
    ['available', 'modifying', true],
    ['modifying', 'backing-up', true],
    ['available', 'available', false],
    ['available', 'failed', false],
    ['available', 'deleting', false],
    ['deleting', 'creating', false],
    ['cloning-failed', 'creating', false],
    ['stopped', 'creating', false],
  ])('cluster %s, writer %s: %s', (cluster, writer, isEnough) => {
    const observation = {
      cluster: aCluster({ status: cluster }),
      instances: [anInstance({ status: writer })],
    }
    expect(waitsForWriter(observation)).toBe(isEnough)
  })

  test('never without cluster or writer', () => {
    expect(waitsForWriter({ cluster: undefined, instances: [anInstance({ status: 'creating' })] })).toBe(
      false,
    )
    expect(waitsForWriter({ cluster: aCluster({ status: 'creating' }), instances: [] })).toBe(false)
  })

  test('for a minute', () => {
    expect([0, 59_999, 60_000].map((ageMs) => clusterHolds(1, 1 + ageMs))).toEqual([true, true, false])
  })
})

test.each([
  [Number.NEGATIVE_INFINITY, 1],
  [0, 1],
  [3.5 * MINUTE - 1, 1],
  [3.5 * MINUTE, 0.4],
  [10 * MINUTE - 1, 0.4],
  [10 * MINUTE, 1],
  [Number.POSITIVE_INFINITY, 1],
])('a cluster of %d ms: %d of the poll interval', (ageMs, share) => {
  expect(pollShare(ageMs)).toBe(share)
})

/** One wait, as the loop of `convergeReady` does it. */
function wait(
  readyMs: number,
  { random, isEven }: { readonly random: () => number; readonly isEven: boolean },
) {
  let [nowMs, seenMs, calls] = [0, 0, 0]
  while (nowMs < readyMs) {
    nowMs += 10 * SECOND * (isEven ? 1 : pollShare(nowMs)) * (1 - 0.1 * random())
    const isWriterAlone = !isEven && clusterHolds(seenMs, nowMs)
    calls += isWriterAlone ? 1 : 2
    // What shows the writer to be ready is followed by a look at all.
    if (isWriterAlone && nowMs >= readyMs) calls += 2
    if (!isWriterAlone) seenMs = nowMs
  }
  return { lateMs: nowMs - readyMs, calls }
}

test('over the times that real clones take: median 3 s late, and no more calls than with an even poll', () => {
  // The limits were chosen by seeds 1 to 200.
  const seeds = Array.from({ length: 200 }, (_, index) => 201 + index)
  const [ours, even] = [false, true].map((isEven) =>
    seeds.map((seed) => {
      const { clusterCreatingMs, instanceCreatingMs } = drawReadiness(seed)
      return wait(clusterCreatingMs + instanceCreatingMs, { random: randomNumbers(seed), isEven })
    }),
  )
  const late = (waits = ours): number => median((waits ?? []).map(({ lateMs }) => lateMs))
  const calls = (waits = ours): number => median((waits ?? []).map((one) => one.calls))
  expect(late()).toBeLessThanOrEqual(3 * SECOND)
  expect(late(even)).toBeGreaterThan(4 * SECOND)
  expect(calls()).toBeLessThanOrEqual(calls(even))
})
