import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  FRESH_REWIND,
  type RewindPoint,
  type RewindStep,
  type RewindView,
  planRewind,
  rewindPoint,
} from '../../../src/aurora/prepare/rewind-plan.ts'
import { DAY, HOUR, MINUTE, NOW_MS, anInstance, anOwnedClone } from '../../factories.ts'

const PUBLISHED_MS = NOW_MS - HOUR
const MYSQL = { engine: 'aurora-mysql', backtrackWindowSeconds: DAY / 1_000 }
const iso = (ms: number): string => new Date(ms).toISOString()

function clone(
  overrides: Partial<Omit<ClusterSnapshot, 'tags'>> = {},
  tags: Readonly<Record<string, string | undefined>> = {},
) {
  return anOwnedClone({}, { 'aurora-clone:ready-at': iso(PUBLISHED_MS), ...tags }, { ...MYSQL, ...overrides })
}

describe('where a clone can go back to', () => {
  const at = (toMs: number): RewindPoint => ({ kind: 'at', toMs })
  const impossible = (because: string) => ({ kind: 'impossible', because: expect.stringContaining(because) })

  test.each<[string, ReturnType<typeof clone>, number | undefined, unknown]>([
    ['when it was published', clone(), undefined, at(PUBLISHED_MS)],
    ['a chosen moment', clone(), NOW_MS - MINUTE, at(NOW_MS - MINUTE)],
    ['never before that', clone(), PUBLISHED_MS - 1, impossible('no way leads before that')],
    ['not into the future', clone(), NOW_MS + 1, impossible('not come yet')],
    [
      'an unknown time of AWS is not enough',
      clone({}, { 'aurora-clone:ready-at': 'unknown' }),
      undefined,
      impossible('do not tell'),
    ],
    ['a window that is over', clone({ backtrackWindowSeconds: 60 }), undefined, impossible('at most')],
    [
      'what AWS says of it',
      clone({ earliestBacktrackAtMs: NOW_MS - 30 * MINUTE }),
      undefined,
      impossible(iso(NOW_MS - 30 * MINUTE)),
    ],
    ['no window', clone({ backtrackWindowSeconds: 0 }), undefined, impossible('without backtrack-window')],
    ['PostgreSQL', clone({ engine: 'aurora-postgresql' }), undefined, impossible('not Aurora MySQL')],
  ])('%s', (_, from, askedMs, point) => {
    expect(rewindPoint(from, { askedMs, nowMs: NOW_MS })).toEqual(point)
  })

  test('without AWS’s time, nowhere', () => {
    expect(rewindPoint(clone(), { askedMs: undefined, nowMs: -Infinity })).toEqual(impossible('not come yet'))
  })
})

describe('the next step on the way back', () => {
  const REQUESTS = { comment: '7' }
  const BEGUN = { 'aurora-clone:resetting': 'comment-7' }
  const MET = { 'aurora-clone:resets': 'comment-7' }
  const HELD = { 'aurora-clone:hold': 'true' }
  const OWN = { 'aurora-clone:credentials': 'managed', ...BEGUN }
  const SECRET = { secretArn: 'arn:secret', secretStatus: 'active', hasDataApi: true }
  const REQUESTED = { ...FRESH_REWIND, backtrack: 'b1' }
  const COMPLETED = { status: 'completed', reachedAtMs: PUBLISHED_MS }
  const PROVEN = { ...REQUESTED, isProven: true }

  test.each<[string, Partial<RewindView>, RewindStep]>([
    ['the request is written first', {}, { kind: 'tag', tag: 'resetting' }],
    ['then AWS is asked', { clone: clone({}, BEGUN) }, { kind: 'backtrack' }],
    [
      'a chosen moment is written, too',
      { clone: clone({}, BEGUN), toMs: NOW_MS, chosenMs: NOW_MS },
      { kind: 'tag', tag: 'resetting' },
    ],
    [
      'once',
      {
        clone: clone({}, { 'aurora-clone:resetting': `comment-7 to-${iso(NOW_MS)}` }),
        toMs: NOW_MS,
        chosenMs: NOW_MS,
      },
      { kind: 'backtrack' },
    ],
    ['another run has met it', { clone: clone({}, MET) }, { kind: 'done' }],
    ['a hold since the run began', { clone: clone({}, { ...BEGUN, ...HELD }) }, { kind: 'held' }],
    [
      'a hold counts also where AWS’s time is unknown',
      { clone: clone({}, { ...BEGUN, 'aurora-clone:hold': iso(0) }), awsNowMs: -Infinity },
      { kind: 'held' },
    ],
    [
      'nothing starts a stopped one',
      { clone: clone({ status: 'stopped' }), writer: anInstance({ status: 'stopped' }) },
      { kind: 'impossible', because: 'cluster stopped, writer stopped' },
    ],
    [
      'one that has failed',
      { clone: clone({}, BEGUN), writer: anInstance({ status: 'storage-full' }) },
      { kind: 'impossible', because: 'cluster available, writer storage-full' },
    ],
    [
      'one without a writer',
      { clone: clone(), writer: undefined },
      { kind: 'impossible', because: 'cluster available, writer not there yet' },
    ],
    [
      'an earlier run has asked AWS',
      { clone: clone({ status: 'backtracking' }, BEGUN) },
      { kind: 'wait', waitingFor: 'cluster backtracking, writer available' },
    ],
    [
      'AWS does not show it yet',
      { clone: clone({}, BEGUN), memory: REQUESTED },
      { kind: 'wait', waitingFor: 'backtrack requested' },
    ],
    [
      'AWS is at work',
      {
        clone: clone({}, BEGUN),
        memory: REQUESTED,
        backtrack: { status: 'applying', reachedAtMs: undefined },
      },
      { kind: 'wait', waitingFor: 'backtrack applying' },
    ],
    [
      'AWS has failed',
      { clone: clone({}, BEGUN), memory: REQUESTED, backtrack: { status: 'failed', reachedAtMs: undefined } },
      { kind: 'impossible', because: 'AWS says that the backtrack failed' },
    ],
    [
      'done, and the writer is not up yet',
      {
        clone: clone({}, BEGUN),
        memory: REQUESTED,
        backtrack: COMPLETED,
        writer: anInstance({ status: 'backtracking' }),
      },
      { kind: 'wait', waitingFor: 'cluster available, writer backtracking' },
    ],
    [
      'done, without a password of its own',
      { clone: clone({}, BEGUN), memory: REQUESTED, backtrack: COMPLETED },
      { kind: 'tag', tag: 'resets' },
    ],
    [
      'done, a moment too early: its sanitising ended before that',
      {
        clone: clone({}, BEGUN),
        memory: REQUESTED,
        backtrack: { ...COMPLETED, reachedAtMs: PUBLISHED_MS - MINUTE },
      },
      { kind: 'tag', tag: 'resets' },
    ],
    [
      'done, much too early',
      {
        clone: clone({}, BEGUN),
        memory: REQUESTED,
        backtrack: { ...COMPLETED, reachedAtMs: PUBLISHED_MS - MINUTE - 1 },
      },
      { kind: 'too-far', reachedAtMs: PUBLISHED_MS - MINUTE - 1 },
    ],
    [
      'its password: the Data API is switched on',
      { clone: clone({ ...SECRET, hasDataApi: false }, OWN), memory: REQUESTED, backtrack: COMPLETED },
      { kind: 'change', change: { kind: 'enable-data-api' } },
    ],
    [
      'then a login proves it',
      { clone: clone(SECRET, OWN), memory: REQUESTED, backtrack: COMPLETED },
      { kind: 'prove', secretArn: 'arn:secret' },
    ],
    [
      'the database has refused it for long: it was rotated since',
      { clone: clone(SECRET, OWN), memory: { ...REQUESTED, refusedLogins: 5 }, backtrack: COMPLETED },
      { kind: 'change', change: { kind: 'rotate-password' } },
    ],
    [
      'which is done once',
      {
        clone: clone(SECRET, OWN),
        memory: { ...REQUESTED, refusedLogins: 50, changedAtMs: { 'rotate-password': NOW_MS } },
        backtrack: COMPLETED,
      },
      { kind: 'prove', secretArn: 'arn:secret' },
    ],
    [
      'the Data API is switched off',
      { clone: clone(SECRET, OWN), memory: PROVEN, backtrack: COMPLETED },
      { kind: 'change', change: { kind: 'disable-data-api' } },
    ],
    [
      'and the request is met',
      { clone: clone({ ...SECRET, hasDataApi: false }, OWN), memory: PROVEN, backtrack: COMPLETED },
      { kind: 'tag', tag: 'resets' },
    ],
    [
      'another run has met it meanwhile: its new password was taken back, too',
      { clone: clone(SECRET, { ...OWN, ...MET }), memory: REQUESTED, backtrack: COMPLETED },
      { kind: 'prove', secretArn: 'arn:secret' },
    ],
    [
      'and then this run has nothing to say',
      { clone: clone({}, { ...BEGUN, ...MET }), memory: REQUESTED, backtrack: COMPLETED },
      { kind: 'done' },
    ],
    [
      'a chosen moment, and AWS goes to an earlier one: it was published by then',
      {
        clone: clone({}, BEGUN),
        toMs: NOW_MS,
        memory: REQUESTED,
        backtrack: { ...COMPLETED, reachedAtMs: NOW_MS - 10 * MINUTE },
      },
      { kind: 'tag', tag: 'resets' },
    ],
  ])('%s', (_, view, step) => {
    const planned = planRewind({
      clone: clone(),
      writer: anInstance(),
      backtrack: undefined,
      requests: REQUESTS,
      toMs: PUBLISHED_MS,
      chosenMs: undefined,
      memory: FRESH_REWIND,
      nowMs: NOW_MS,
      awsNowMs: NOW_MS,
      ...view,
    })
    expect(planned).toEqual(step)
  })
})
