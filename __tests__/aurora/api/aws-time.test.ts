import { DescribeDBClustersCommand } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { AwsTime } from '../../../src/aurora/api/aws-time.ts'
import { createRdsClients } from '../../../src/aurora/api/client.ts'
import { HOUR, MINUTE, NOW_MS, SECOND } from '../../factories.ts'
import { FakeClock } from '../../world.ts'
import { AnsweringServer, REQUEST_ID } from './answering-server.ts'

const dateAt = (ms: number): string => new Date(ms).toUTCString()

/** A runner whose question at NOW_MS was answered after so long. */
function asked({ tookMs }: { readonly tookMs: number }) {
  const clock = new FakeClock()
  const skews: number[] = []
  const time = new AwsTime(clock, (aheadMs) => skews.push(aheadMs))
  clock.pass(tookMs)
  return { clock, time, skews }
}

describe('how far AWS’s clock is ahead of the runner’s', () => {
  test.each<[string, number, number, number]>([
    ['asked and answered in the same second', 0, 0, 0],
    // HTTP dates have no fractions.
    ['a date a second before the question', -SECOND, 0, 0],
    ['a date two seconds before the question', -2 * SECOND, 0, -2 * SECOND],
    ['a date in the middle of a long answer', 10 * SECOND, 30 * SECOND, 0],
    ['a date at the end of a long answer', 30 * SECOND, 30 * SECOND, 0],
    ['a date after a long answer', 40 * SECOND, 30 * SECOND, 10 * SECOND],
    ['a runner that is an hour behind', HOUR, 0, HOUR],
    ['a runner that is an hour ahead', -HOUR, 0, -HOUR],
    ['the same, after a long answer', -HOUR, 30 * SECOND, -HOUR],
  ])('%s', (_, dateMs, tookMs, aheadMs) => {
    const { clock, time } = asked({ tookMs })
    time.note(dateAt(NOW_MS + dateMs), NOW_MS)
    expect(time.now()).toBe(clock.now() + aheadMs)
  })

  test.each([undefined, '', 'soon', '9999', '2026-11-21T10:00:00.000Z', 'Sat, 99 Nov 2026 10:00:00 GMT'])(
    'unknown with the date %s',
    (date) => {
      const { time, skews } = asked({ tookMs: 0 })
      time.note(date, NOW_MS)
      expect(time.now()).toBeUndefined()
      expect(skews).toEqual([])
    },
  )

  test('an answer without a date takes nothing back', () => {
    const { clock, time } = asked({ tookMs: 0 })
    time.note(dateAt(NOW_MS + HOUR), NOW_MS)
    time.note(undefined, NOW_MS)
    clock.pass(MINUTE)
    expect(time.now()).toBe(NOW_MS + HOUR + MINUTE)
  })

  test('the newest date counts: a runner’s clock may be set meanwhile', () => {
    const { time } = asked({ tookMs: 0 })
    time.note(dateAt(NOW_MS + HOUR), NOW_MS)
    time.note(dateAt(NOW_MS), NOW_MS)
    expect(time.now()).toBe(NOW_MS)
  })
})

describe('a runner whose clock is wrong is told so', () => {
  test.each<[string, number, readonly number[]]>([
    ['two minutes behind: not yet', 2 * MINUTE, []],
    ['more than two minutes behind', 2 * MINUTE + SECOND, [2 * MINUTE + SECOND]],
    ['two minutes ahead: not yet', -2 * MINUTE, []],
    ['more than two minutes ahead', -2 * MINUTE - SECOND, [-2 * MINUTE - SECOND]],
  ])('%s', (_, dateMs, expected) => {
    const { time, skews } = asked({ tookMs: 0 })
    time.note(dateAt(NOW_MS + dateMs), NOW_MS)
    expect(skews).toEqual(expected)
  })

  test('once, at the first date', () => {
    const { time, skews } = asked({ tookMs: 0 })
    time.note(undefined, NOW_MS)
    for (const hours of [1, 2, -3]) time.note(dateAt(NOW_MS + hours * HOUR), NOW_MS)
    expect(skews).toEqual([HOUR])
  })
})

describe('readFrom', () => {
  const server = AnsweringServer.beforeEach()
  const LIST =
    '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult></DescribeDBClustersResponse>'
  const REFUSAL =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'

  async function timeAfter(answer: AnsweringServer['answer']): Promise<number | undefined> {
    const { time } = asked({ tookMs: 0 })
    const { once } = createRdsClients({
      region: 'eu-west-1',
      userAgent: ['aurora-clone-action', '1.2.3'],
      env: {},
      signal: new AbortController().signal,
      mask: () => undefined,
    })
    time.readFrom(once)
    server().answer = answer
    await once.send(new DescribeDBClustersCommand({})).catch(() => undefined)
    expect(server().requests).toHaveLength(1)
    return time.now()
  }

  test.each([
    ['an answer', 200, LIST],
    ['a refusal', 403, REFUSAL],
    ['a fault of AWS', 500, ''],
  ])('%s tells the time', async (_, status, body) => {
    const headers = { ...REQUEST_ID, Date: dateAt(NOW_MS + HOUR) }
    expect(await timeAfter({ status, body, headers })).toBe(NOW_MS + HOUR)
  })

  test('without a date, the time stays unknown', async () => {
    expect(await timeAfter({ status: 200, body: LIST })).toBeUndefined()
  })
})
