import { describe, expect, test } from '@jest/globals'
import {
  asksForLabels,
  expiresSoon,
  judgeOrphan,
  mayBeUnderWay,
} from '../../../src/aurora/clone/sweep-verdict.ts'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import type { PullRequestReading, Unreadable } from '../../../src/demand.ts'
import type { KeepReason } from '../../../src/outcome.ts'
import { HOUR, MINUTE, NOW_MS, anOwnedClone } from '../../factories.ts'
import { CLOSED, OPEN, OPEN_WITHOUT_LABEL, UNREADABLE } from '../../world.ts'

type Overrides = Readonly<Record<string, string | undefined>>

const at = (ms: number): string => new Date(ms).toISOString()
const LABELLED = { 'aurora-clone:label': 'clone-db' }
const UNLABELLED = { 'aurora-clone:label': 'NONE' }
const EXPIRED = { 'aurora-clone:expires-at': at(NOW_MS - HOUR) }
const HELD = { 'aurora-clone:hold': 'true' }
const YOUNG = { 'aurora-clone:created-at': at(NOW_MS - HOUR + 1) }
const AN_HOUR_OLD = { 'aurora-clone:created-at': at(NOW_MS - HOUR) }
const NO_TIME = { 'aurora-clone:expires-at': undefined }

interface Seen {
  readonly tags?: Overrides
  readonly cluster?: Partial<Omit<ClusterSnapshot, 'tags'>>
  readonly isLatest?: boolean
  readonly isSuperseded?: boolean
  /** Those that the repository has. */
  readonly labels?: readonly string[] | Unreadable | undefined
  readonly isTimeKnown?: boolean
}

/** The clone of pull request 42, an hour and a half old, with a week before it. */
function judge(reading: PullRequestReading | undefined, seen: Seen = {}) {
  const { tags, cluster, isLatest = false, isSuperseded = false, isTimeKnown = true } = seen
  return judgeOrphan({
    clone: anOwnedClone({}, tags, cluster),
    reading,
    repositoryLabels: 'labels' in seen ? seen.labels : ['Clone-DB', 'docs'],
    isLatest,
    isSuperseded,
    nowMs: isTimeKnown ? NOW_MS : undefined,
  })
}

const DELETING = { cluster: { status: 'deleting' } }
const PROTECTED = { cluster: { deletionProtection: true } }
/** The guard asks the cluster itself: here its tags name another clone than the listing's. */
const NOT_OURS = { tags: { 'aurora-clone:key': 'pr-43' } }
/** Renamed or deleted on GitHub. */
const NO_LABELS = { tags: LABELLED, labels: [] }
const UNREADABLE_LABELS = { tags: LABELLED, labels: { kind: 'unreadable', because: 'HTTP 503' } } as const
const NO_CLOCK = { isTimeKnown: false }
const NEVER_USED = { ...LABELLED, 'aurora-clone:ready-at': undefined }
const minutesAgo = (minutes: number): string => new Date(NOW_MS - minutes * MINUTE).toISOString()
/** The run that sanitised it has said nothing for longer than it may. */
const LEFT = { ...NEVER_USED, 'aurora-clone:sanitised': `begun a1 ${minutesAgo(6)}` }
const SUPERSEDED = { tags: NEVER_USED, isSuperseded: true }

describe('judgeOrphan: what goes', () => {
  test.each<[string, PullRequestReading | undefined, Seen, string]>([
    ['closed', CLOSED, {}, 'pull-request-closed'],
    ['closed, whatever its label', CLOSED, { tags: LABELLED }, 'pull-request-closed'],
    ['closed, young', CLOSED, { tags: YOUNG }, 'pull-request-closed'],
    ['closed, at an unknown time', CLOSED, NO_CLOCK, 'pull-request-closed'],
    ['closed, its label renamed', CLOSED, NO_LABELS, 'pull-request-closed'],
    ['closed, its time unreadable', CLOSED, { tags: NO_TIME }, 'pull-request-closed'],
    ['closed, among the latest', CLOSED, { isLatest: true }, 'pull-request-closed'],
    ['closed, and expired too', CLOSED, { tags: EXPIRED }, 'pull-request-closed'],
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
      'expired, its label renamed',
      OPEN_WITHOUT_LABEL,
      { ...NO_LABELS, tags: { ...LABELLED, ...EXPIRED } },
      'expired',
    ],
    [
      'expired, labels unreadable',
      OPEN_WITHOUT_LABEL,
      { ...UNREADABLE_LABELS, tags: { ...LABELLED, ...EXPIRED } },
      'expired',
    ],
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
    ['another one leads, and nobody can have used it', OPEN, SUPERSEDED, 'superseded'],
    ['another one leads, no pull request', undefined, SUPERSEDED, 'superseded'],
    ['another one leads, left half sanitised', OPEN, { ...SUPERSEDED, tags: LEFT }, 'superseded'],
    [
      'another one leads, its label renamed',
      OPEN_WITHOUT_LABEL,
      { ...NO_LABELS, ...SUPERSEDED },
      'superseded',
    ],
    ['another one leads, and closed', CLOSED, SUPERSEDED, 'pull-request-closed'],
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
      'a millisecond before it expires',
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
    // Node makes times of the past of these.
    ...['0', '12', 'until 12', 'after release 3', 'sprint 12', '2026-11-01 12:00'].map(
      (text): [string, undefined, Seen, object] => [
        `its time "${text}"`,
        undefined,
        { tags: { 'aurora-clone:expires-at': text } },
        { reason: 'expiry-unreadable' },
      ],
    ),
    ['expired, among the latest', undefined, { tags: EXPIRED, isLatest: true }, { reason: 'latest' }],
    [
      'another one is in use, but AWS still makes this one (hours for a full copy)',
      OPEN,
      { ...SUPERSEDED, cluster: { status: 'creating' } },
      { reason: 'in-use' },
    ],
    [
      'another one is in use, and a run sanitises this one to take its place',
      OPEN,
      { ...SUPERSEDED, tags: { ...NEVER_USED, 'aurora-clone:sanitised': `begun a1 ${minutesAgo(4)}` } },
      { reason: 'in-use' },
    ],
    [
      'another one is in use, and steps sanitise this one to take its place',
      OPEN,
      { ...SUPERSEDED, tags: { ...NEVER_USED, 'aurora-clone:sanitised': 'handed-over 7' } },
      { reason: 'in-use' },
    ],
    [
      'another one leads, young',
      OPEN,
      { tags: { ...NEVER_USED, ...YOUNG }, isSuperseded: true },
      { reason: 'young' },
    ],
    [
      'another one leads, unreadable',
      UNREADABLE,
      SUPERSEDED,
      { reason: 'pull-request-unreadable', detail: 'HTTP 502' },
    ],
    [
      'another one leads, held',
      OPEN,
      { tags: { ...NEVER_USED, ...HELD }, isSuperseded: true },
      { reason: 'held', detail: expect.any(String) },
    ],
    ['expired, young', undefined, { tags: { ...EXPIRED, ...YOUNG } }, { reason: 'young' }],
    [
      'without its label, young',
      OPEN_WITHOUT_LABEL,
      { tags: { ...LABELLED, ...YOUNG } },
      { reason: 'young' },
    ],
    [
      'without its label, which the repository does not have either',
      OPEN_WITHOUT_LABEL,
      NO_LABELS,
      { reason: 'label-unknown', detail: 'the repository has no label "clone-db"' },
    ],
    [
      'and its time unreadable',
      OPEN_WITHOUT_LABEL,
      { ...NO_LABELS, tags: { ...LABELLED, ...NO_TIME } },
      { reason: 'label-unknown' },
    ],
    [
      'without its label, and no one asked for the labels of the repository',
      OPEN_WITHOUT_LABEL,
      { ...NO_LABELS, labels: undefined },
      { reason: 'label-unknown' },
    ],
    [
      'without its label, labels unreadable',
      OPEN_WITHOUT_LABEL,
      UNREADABLE_LABELS,
      { reason: 'pull-request-unreadable', detail: 'HTTP 503' },
    ],
    ['expired, at an unknown time', undefined, { ...NO_CLOCK, tags: EXPIRED }, { reason: 'time-unknown' }],
    [
      'without its label, at an unknown time',
      OPEN_WITHOUT_LABEL,
      { ...NO_CLOCK, tags: LABELLED },
      { reason: 'time-unknown' },
    ],
    ['wanted, at an unknown time', OPEN, { ...NO_CLOCK, tags: LABELLED }, { reason: 'time-unknown' }],
    [
      'its time missing, at an unknown time',
      OPEN,
      { ...NO_CLOCK, tags: NO_TIME },
      { reason: 'expiry-unreadable' },
    ],
    [
      'closed, held until a time, at an unknown time',
      CLOSED,
      { ...NO_CLOCK, tags: { 'aurora-clone:hold': at(NOW_MS - HOUR) } },
      { reason: 'held' },
    ],
    [
      'closed, not made when its tag says',
      CLOSED,
      { cluster: { createdAtMs: NOW_MS } },
      { reason: 'not-owned' },
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

describe('expiresSoon: a day before its time, the users of a clone are told', () => {
  const END = NOW_MS + 24 * HOUR
  const endsAt = (ms: number): Overrides => ({ 'aurora-clone:expires-at': at(ms) })
  const told = (tags: Overrides, reason: KeepReason = 'in-use'): boolean =>
    expiresSoon(anOwnedClone({}, tags), { action: 'keep', reason }, NOW_MS)

  test.each<[string, Overrides, boolean]>([
    ['a day before', endsAt(END), true],
    ['an hour before', endsAt(NOW_MS + HOUR), true],
    ['earlier', endsAt(END + 1), false],
    ['never ready', { ...endsAt(END), 'aurora-clone:ready-at': undefined }, false],
    ['held', { ...endsAt(END), ...HELD }, false],
    ['no longer held', { ...endsAt(END), 'aurora-clone:hold': at(NOW_MS - 1) }, true],
    ['without a time', NO_TIME, false],
  ])('%s', (_, tags, expected) => {
    expect(told(tags)).toBe(expected)
  })

  test.each<KeepReason>([
    'deleting',
    'held',
    'protected',
    'latest',
    'pull-request-unreadable',
    'label-unknown',
  ])('not if it is kept for another reason: %s', (reason) => {
    expect(told(endsAt(END), reason)).toBe(false)
  })

  test('not without the time', () => {
    expect(expiresSoon(anOwnedClone({}, endsAt(END)), { action: 'keep', reason: 'in-use' }, undefined)).toBe(
      false,
    )
  })
})

describe('mayBeUnderWay: never ready, and AWS is at it, or it is younger than an hour', () => {
  const NEVER_READY = { 'aurora-clone:ready-at': undefined }
  test.each<[string, Overrides, string, number | undefined, boolean]>([
    ['young', { ...NEVER_READY, ...YOUNG }, 'available', NOW_MS, true],
    ['exactly an hour old', { ...NEVER_READY, ...AN_HOUR_OLD }, 'available', NOW_MS, false],
    ['creating for hours: a full copy', { ...NEVER_READY, ...AN_HOUR_OLD }, 'creating', NOW_MS, true],
    ['at an unknown time', { ...NEVER_READY, ...AN_HOUR_OLD }, 'available', undefined, true],
    ['young, but ready once', YOUNG, 'available', NOW_MS, false],
    ['ready once, at an unknown time', YOUNG, 'available', undefined, false],
  ])('%s', (_, overrides, status, nowMs, expected) => {
    expect(mayBeUnderWay(anOwnedClone({}, overrides, { status }), nowMs)).toBe(expected)
  })
})

describe('asksForLabels: whether it matters which labels the repository has', () => {
  test.each<[string, PullRequestReading | undefined, Overrides, boolean]>([
    ['open without its label', OPEN_WITHOUT_LABEL, LABELLED, true],
    ['open with its label', OPEN, LABELLED, false],
    ['made for no label', OPEN_WITHOUT_LABEL, {}, false],
    ['wanted without a label since', OPEN_WITHOUT_LABEL, UNLABELLED, false],
    ['closed', CLOSED, LABELLED, false],
    ['unreadable', UNREADABLE, LABELLED, false],
    ['no pull request', undefined, LABELLED, false],
  ])('%s', (_, reading, tags, expected) => {
    expect(asksForLabels(anOwnedClone({}, tags), reading)).toBe(expected)
  })
})
