import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { cloneLimitReached, crowdOf, quotaExceeded } from '../../../src/aurora/ready/limits.ts'
import { DAY, NOW_MS, aSource, anIdentity, anOwnedClone, fault } from '../../factories.ts'

const ASKING = { ...anIdentity(), nowMs: NOW_MS }
const LONG_AGO = '2026-11-01T10:00:00.000Z'
const OLD = { 'aurora-clone:created-at': LONG_AGO }
const EXPIRED = { ...OLD, 'aurora-clone:expires-at': '2026-11-20T00:00:00.000Z' }
const UNUSED = { ...OLD, 'aurora-clone:ready-at': undefined }

/** The cluster of a clone. */
function cloneOf(...of: Parameters<typeof anOwnedClone>): ClusterSnapshot {
  return anOwnedClone(...of).cluster
}

function crowd(...clusters: readonly ClusterSnapshot[]) {
  return crowdOf({ listed: clusters, counted: clusters }, ASKING)
}

describe('what any sweep deletes', () => {
  test.each<[string, number, readonly ClusterSnapshot[]]>([
    ['nothing of what is wanted', 0, [cloneOf()]],
    ['what has expired', 1, [cloneOf({}, EXPIRED), cloneOf({ key: 'pr-43' })]],
    ['what another incarnation has replaced', 1, [cloneOf({}, OLD), cloneOf({ incarnation: 2 }, UNUSED)]],
    ['not what keep-latest may keep', 0, [cloneOf({ key: 'nightly' }, EXPIRED)]],
    ['not what is held', 0, [cloneOf({}, { ...EXPIRED, 'aurora-clone:hold': 'true' })]],
    ['not what is protected', 0, [cloneOf({}, EXPIRED, { deletionProtection: true })]],
    ['not what is being deleted', 0, [cloneOf({}, EXPIRED, { status: 'deleting' })]],
    ['not what is of another repository', 0, [cloneOf({ repositoryId: '4712' }, EXPIRED)]],
    [
      'not what was made within the hour',
      0,
      [cloneOf({}, { ...EXPIRED, 'aurora-clone:created-at': '2026-11-21T09:30:00.000Z' })],
    ],
  ])('%s', (_, due, clusters) => {
    expect(crowd(...clusters).due).toBe(due)
  })

  test('without the time, nothing', () => {
    const clusters = [cloneOf({}, EXPIRED)]
    expect(crowdOf({ listed: clusters, counted: clusters }, { ...ASKING, nowMs: undefined }).due).toBe(0)
  })

  test('what has replaced a clone may be outside of what is counted', () => {
    const [leader, replaced] = [cloneOf({}, OLD), cloneOf({ incarnation: 2 }, UNUSED)]
    expect(crowdOf({ listed: [leader, replaced], counted: [replaced] }, ASKING)).toMatchObject({
      count: 1,
      due: 1,
    })
  })
})

describe('the clone limit', () => {
  const refusal = (
    clusters: readonly ClusterSnapshot[],
    options: Readonly<{ isFreeSoon?: boolean; nowMs?: number | undefined }> = {},
  ) => {
    const { isFreeSoon, nowMs } = { isFreeSoon: false, nowMs: NOW_MS, ...options }
    return cloneLimitReached(crowdOf({ listed: clusters, counted: clusters }, { ...ASKING, nowMs }), {
      source: 'orders',
      maxClones: clusters.length,
      beingDeleted: 1,
      isFreeSoon,
      nowMs,
    })
  }
  const madeDaysAgo = (number: number, days: number, status = 'available') =>
    cloneOf(
      { key: `pr-${number}` },
      { 'aurora-clone:created-at': new Date(NOW_MS - days * DAY).toISOString() },
      { status },
    )

  test('names the oldest clones of this repository, and of others only their number', () => {
    const clusters = [
      madeDaysAgo(7, 3),
      madeDaysAgo(8, 12),
      cloneOf({ key: 'nightly' }, OLD),
      cloneOf({ repositoryId: '4712', key: 'pr-9' }, OLD),
      aSource({ identifier: 'reporting', resourceId: 'cluster-REPORTING' }),
    ]
    const names = [clusters[2], clusters[1], clusters[0]].map((cluster) => cluster?.identifier)
    const { what, remedy } = refusal(clusters)
    expect(what).toMatch(
      /^The clone group of source cluster "orders" has 5 other clusters; max-clones is 5\. 3 of these clusters are clones of this repository, 2 are not\. /,
    )
    expect(what).toContain(
      `The oldest of this repository: "${names[0] ?? ''}" (nightly, 20d old), "${names[1] ?? ''}" (pull request #8, 12d old), "${names[2] ?? ''}" (pull request #7, 3d old).`,
    )
    expect(what).not.toMatch(/pr-9|reporting/)
    expect(remedy).toBe('Destroy clones that are not needed, or clone from a full copy (restore-to-time).')
  })

  test('says what a sweep deletes for certain', () => {
    expect(refusal([cloneOf({}, EXPIRED), cloneOf({ key: 'pr-43' })]).remedy).toMatch(
      /^Run mode sweep: it deletes at least 1 of them\. Destroy clones /,
    )
  })

  test('is never longer than five names, and names nothing that goes already', () => {
    const clusters = [
      madeDaysAgo(1, 90, 'deleting'),
      ...Array.from({ length: 60 }, (_, at) => madeDaysAgo(at + 2, 60 - at)),
    ]
    const { what } = refusal(clusters)
    expect(what.match(/"clone-pr-\d+/g)).toEqual([2, 3, 4, 5, 6].map((number) => `"clone-pr-${number}`))
    expect(what).toContain('61 of these clusters are clones of this repository, 0 are not.')
  })

  test('without any of this repository, names nothing', () => {
    const { what } = refusal([cloneOf({ repositoryId: '4712' })])
    expect(what).toContain(
      'has 1 other cluster; max-clones is 1. 0 of these clusters are clones of this repository, 1 is not. After 15',
    )
  })

  test('knows no ages without the time', () => {
    expect(refusal([madeDaysAgo(7, 3)], { nowMs: undefined }).what).toMatch(
      /"clone-pr-7-\S+" \(pull request #7\)\./,
    )
  })

  test('is soon over if AWS is deleting enough', () => {
    expect(refusal([madeDaysAgo(7, 3, 'deleting')], { isFreeSoon: true }).remedy).toBe(
      'AWS is deleting 1 of them: run again in some minutes, or with wait: true.',
    )
  })
})

describe('a quota of AWS', () => {
  const CLUSTERS = fault('RestoreDBClusterToPointInTime', 'DBClusterQuotaExceededFault', {
    message: 'No more',
  })
  const INSTANCES = fault('CreateDBInstance', 'InstanceQuotaExceededFault', { message: 'No more' })
  const OF_OTHERS = aSource({
    arn: 'arn:aws:rds:eu-west-1:999999999999:cluster:shared',
    resourceId: 'cluster-SHARED',
  })
  const LISTED = [aSource(), cloneOf({}, EXPIRED), cloneOf({ key: 'pr-43' }, {}, { members: [] })]
  const OWN = { ...ASKING, mayBeShared: false }

  test('of clusters: all of the Region', () => {
    expect(quotaExceeded(CLUSTERS, LISTED, OWN)).toMatchObject({
      title: 'Quota exceeded',
      what: expect.stringMatching(
        /^RestoreDBClusterToPointInTime failed: DBClusterQuotaExceededFault: No more\. This Region has 3 Aurora clusters; AWS allows 40 by default\. 2 of these clusters are clones of this repository, 1 is not\. /,
      ),
      remedy: expect.stringMatching(/^Run mode sweep: it deletes at least 1 of them\. .*L-952B80B8/),
      message: expect.stringContaining('(AWS request request-1)'),
      cause: CLUSTERS,
    })
  })

  test('of instances: only of clusters that have one', () => {
    const { what, remedy } = quotaExceeded(INSTANCES, LISTED, OWN)
    expect(what).toContain(
      'This Region has 2 Aurora instances in 2 clusters; AWS allows 40 instances by default, with those of RDS, Neptune and DocumentDB. 1 of these clusters is a clone of this repository, 1 is not.',
    )
    expect(what).not.toContain('pr-43')
    expect(remedy).toContain('L-7B6409FD')
  })

  test('clusters that other accounts share do not count', () => {
    const shared = { ...ASKING, mayBeShared: true }
    expect(quotaExceeded(CLUSTERS, [...LISTED, OF_OTHERS], shared).what).toContain('has 3 Aurora clusters')
    // Without a clone, nothing says which account is this one.
    expect(quotaExceeded(CLUSTERS, [aSource(), OF_OTHERS], shared).what).not.toContain('This Region has')
  })

  test('any other is told as AWS says it', () => {
    const storage = fault('RestoreDBClusterToPointInTime', 'StorageQuotaExceededFault')
    expect(quotaExceeded(storage, LISTED, OWN).what).not.toContain('This Region has')
  })
})
