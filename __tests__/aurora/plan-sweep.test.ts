import { describe, expect, test } from '@jest/globals'
import { ageOf, judgeOrphan, mayBeUnderWay, pullRequestOf } from '../../src/aurora/plan-sweep.ts'
import type { ClusterSnapshot } from '../../src/aurora/snapshot.ts'
import type { PullRequestReading } from '../../src/demand.ts'
import { HOUR, NOW_MS, aCluster, anIdentity, anOwnedClone, someTags } from '../factories.ts'
import { CLOSED, OPEN, OPEN_WITHOUT_LABEL, UNREADABLE } from '../world.ts'

type Overrides = Readonly<Record<string, string | undefined>>

const at = (ms: number): string => new Date(ms).toISOString()
const LABELLED = { 'aurora-clone:label': 'clone-db' }
const UNLABELLED = { 'aurora-clone:label': 'NONE' }
const EXPIRED = { 'aurora-clone:expires-at': at(NOW_MS - HOUR) }
const HELD = { 'aurora-clone:hold': 'true' }
const YOUNG = { 'aurora-clone:created-at': at(NOW_MS - HOUR + 1) }
const AN_HOUR_OLD = { 'aurora-clone:created-at': at(NOW_MS - HOUR) }
const NO_TIME = { 'aurora-clone:expires-at': undefined }
const NO_AGE = { 'aurora-clone:created-at': 'long ago' }

interface Seen {
  readonly tags?: Overrides
  readonly cluster?: Partial<ClusterSnapshot>
  readonly isLatest?: boolean
}

/** The clone of pull request 42, an hour and a half old, with a week before it. */
function judge(reading: PullRequestReading | undefined, { tags, cluster, isLatest = false }: Seen = {}) {
  const own = someTags(tags)
  const snapshot = aCluster({ tags: own, createdAtMs: undefined, ...cluster })
  const clone = { cluster: snapshot, identity: anIdentity(), tags: own }
  return judgeOrphan({ clone, reading, isLatest, nowMs: NOW_MS })
}

const DELETING = { cluster: { status: 'deleting' } }
const PROTECTED = { cluster: { deletionProtection: true } }
/** The guard asks the cluster itself: here its tags name another clone than the listing's. */
const NOT_OURS = { cluster: { tags: someTags({ 'aurora-clone:key': 'pr-43' }) } }

describe('judgeOrphan: what goes', () => {
  test.each<[string, PullRequestReading | undefined, Seen, string]>([
    ['closed', CLOSED, {}, 'pull-request-closed'],
    ['closed, whatever its label', CLOSED, { tags: LABELLED }, 'pull-request-closed'],
    ['closed, young', CLOSED, { tags: YOUNG }, 'pull-request-closed'],
    ['closed, of unknown age', CLOSED, { tags: NO_AGE }, 'pull-request-closed'],
    ['closed, its time unreadable', CLOSED, { tags: NO_TIME }, 'pull-request-closed'],
    ['closed, among the latest', CLOSED, { isLatest: true }, 'pull-request-closed'],
    ['closed, its time is up too', CLOSED, { tags: EXPIRED }, 'pull-request-closed'],
    ['without its label', OPEN_WITHOUT_LABEL, { tags: LABELLED }, 'label-missing'],
    [
      'without its label, among the latest',
      OPEN_WITHOUT_LABEL,
      { tags: LABELLED, isLatest: true },
      'label-missing',
    ],
    [
      'without its label, its time unreadable',
      OPEN_WITHOUT_LABEL,
      { tags: { ...LABELLED, ...NO_TIME } },
      'label-missing',
    ],
    [
      'without its label, exactly an hour old',
      OPEN_WITHOUT_LABEL,
      { tags: { ...LABELLED, ...AN_HOUR_OLD } },
      'label-missing',
    ],
    ['expired', OPEN, { tags: { ...LABELLED, ...EXPIRED } }, 'expired'],
    [
      'expired, wanted without a label',
      OPEN_WITHOUT_LABEL,
      { tags: { ...UNLABELLED, ...EXPIRED } },
      'expired',
    ],
    ['expired, no pull request', undefined, { tags: EXPIRED }, 'expired'],
    [
      'exactly at the moment of expiry',
      undefined,
      { tags: { 'aurora-clone:expires-at': at(NOW_MS) } },
      'expired',
    ],
    ['expired, exactly an hour old', undefined, { tags: { ...EXPIRED, ...AN_HOUR_OLD } }, 'expired'],
    [
      'of a hold that is over',
      undefined,
      { tags: { ...EXPIRED, 'aurora-clone:hold': at(NOW_MS) } },
      'expired',
    ],
    ['failed', CLOSED, { cluster: { status: 'cloning-failed' } }, 'pull-request-closed'],
  ])('%s', (_, reading, seen, reason) => {
    expect(judge(reading, seen)).toEqual({ action: 'delete', reason })
  })
})

describe('judgeOrphan: what stays', () => {
  test.each<[string, PullRequestReading | undefined, Seen, object]>([
    ['wanted, its time to come', OPEN, { tags: LABELLED }, { reason: 'in-use' }],
    ['made for no label', OPEN_WITHOUT_LABEL, {}, { reason: 'in-use' }],
    ['wanted without a label since', OPEN_WITHOUT_LABEL, { tags: UNLABELLED }, { reason: 'in-use' }],
    [
      'a millisecond before its time is up',
      undefined,
      { tags: { 'aurora-clone:expires-at': at(NOW_MS + 1) } },
      { reason: 'in-use' },
    ],
    ['held, but not due', OPEN, { tags: HELD }, { reason: 'in-use' }],
    ['being deleted', CLOSED, DELETING, { reason: 'deleting' }],
    ['being deleted, unreadable', UNREADABLE, DELETING, { reason: 'deleting' }],
    ['being deleted, held', CLOSED, { ...DELETING, tags: HELD }, { reason: 'deleting' }],
    ['unreadable', UNREADABLE, {}, { reason: 'pull-request-unreadable', detail: 'HTTP 502' }],
    [
      'unreadable, expired',
      UNREADABLE,
      { tags: EXPIRED },
      { reason: 'pull-request-unreadable', detail: 'HTTP 502' },
    ],
    ['its time missing', OPEN, { tags: NO_TIME }, { reason: 'expiry-unreadable' }],
    [
      'its time no time',
      undefined,
      { tags: { 'aurora-clone:expires-at': 'soon' } },
      { reason: 'expiry-unreadable' },
    ],
    ['expired, among the latest', undefined, { tags: EXPIRED, isLatest: true }, { reason: 'latest' }],
    ['expired, young', undefined, { tags: { ...EXPIRED, ...YOUNG } }, { reason: 'young' }],
    [
      'expired, young by AWS alone',
      undefined,
      { tags: EXPIRED, cluster: { createdAtMs: NOW_MS } },
      { reason: 'young' },
    ],
    [
      'without its label, young',
      OPEN_WITHOUT_LABEL,
      { tags: { ...LABELLED, ...YOUNG } },
      { reason: 'young' },
    ],
    ['expired, of unknown age', undefined, { tags: { ...EXPIRED, ...NO_AGE } }, { reason: 'age-unreadable' }],
    [
      'without its label, of unknown age',
      OPEN_WITHOUT_LABEL,
      { tags: { ...LABELLED, ...NO_AGE } },
      { reason: 'age-unreadable' },
    ],
    [
      'closed, held',
      CLOSED,
      { tags: HELD },
      { reason: 'held', detail: 'its tag aurora-clone:hold is "true"' },
    ],
    ['without its label, held', OPEN_WITHOUT_LABEL, { tags: { ...LABELLED, ...HELD } }, { reason: 'held' }],
    ['expired, held', undefined, { tags: { ...EXPIRED, ...HELD } }, { reason: 'held' }],
    ['closed, protected', CLOSED, PROTECTED, { reason: 'protected', detail: 'deletion protection is on' }],
    ['expired, protected', undefined, { ...PROTECTED, tags: EXPIRED }, { reason: 'protected' }],
    ['closed, not ours when looked at', CLOSED, NOT_OURS, { reason: 'not-owned' }],
    ['closed, without an id of its own', CLOSED, { cluster: { resourceId: '' } }, { reason: 'not-owned' }],
  ])('%s', (_, reading, seen, expected) => {
    expect(judge(reading, seen)).toMatchObject({ action: 'keep', ...expected })
  })
})

describe('ageOf: the later of what AWS and the tag say', () => {
  const HOUR_AGO = NOW_MS - HOUR
  test.each<[string, string | undefined, number | undefined, number | undefined]>([
    ['the tag is later', at(HOUR_AGO), HOUR_AGO - 1, HOUR],
    ['AWS is later', at(HOUR_AGO - 1), HOUR_AGO, HOUR],
    ['the tag alone', at(HOUR_AGO), undefined, HOUR],
    ['AWS alone', undefined, HOUR_AGO, HOUR],
    ['the tag is no time', 'long ago', HOUR_AGO, HOUR],
    ['a clock that runs ahead', at(NOW_MS + HOUR), undefined, 0],
    ['neither', undefined, undefined, undefined],
  ])('%s', (_, createdAt, createdAtMs, ageMs) => {
    const tags = someTags({ 'aurora-clone:created-at': createdAt })
    const clone = { cluster: aCluster({ createdAtMs }), identity: anIdentity(), tags }
    expect(ageOf(clone, NOW_MS)).toBe(ageMs)
  })
})

describe('mayBeUnderWay: never ready, and younger than an hour as far as anybody knows', () => {
  const NEVER_READY = { 'aurora-clone:ready-at': undefined }
  test.each<[string, Overrides, boolean]>([
    ['young', { ...NEVER_READY, ...YOUNG }, true],
    ['exactly an hour old', { ...NEVER_READY, ...AN_HOUR_OLD }, false],
    ['of unknown age', { ...NEVER_READY, ...NO_AGE }, true],
    ['young, but ready once', YOUNG, false],
    ['of unknown age, but ready once', NO_AGE, false],
  ])('%s', (_, overrides, expected) => {
    const tags = someTags(overrides)
    const clone = { cluster: aCluster({ createdAtMs: undefined, tags }), identity: anIdentity(), tags }
    expect(mayBeUnderWay(clone, NOW_MS)).toBe(expected)
  })
})

test.each([
  ['pr-42', 42],
  ['nightly', undefined],
])('pullRequestOf a clone of %s is %s', (key, number) => {
  expect(pullRequestOf(anOwnedClone({ key }))).toBe(number)
})
