import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  cloneFamily,
  findSource,
  isMadeFrom,
  mayBeShared,
  sourceProblem,
} from '../../../src/aurora/clone/source.ts'
import type { CloneSource } from '../../../src/aurora/clone/tags.ts'
import { SOURCE_ARN, aCluster, aSource, anIdentity, someTags } from '../../factories.ts'

/** Hashes as sha256sum gives them. */
function nightly(
  generation: string,
  identifier: string,
  { status = 'available', readyAt }: { readonly status?: string; readonly readyAt?: 'never' } = {},
): ClusterSnapshot {
  return aCluster({
    identifier,
    resourceId: `cluster-${generation}`,
    status,
    tags: someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': generation,
      'aurora-clone:created-at': `2026-11-${generation.slice(-2)}T03:00:00.000Z`,
      ...(readyAt === 'never' ? { 'aurora-clone:ready-at': undefined } : {}),
    }),
  })
}
const FIRST = nightly('20261120', 'clone-nightly-shop-20261120-4bf4fdac2af23c7b')
const SECOND = nightly('20261121', 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7')

function goingBack(cluster: ClusterSnapshot): ClusterSnapshot {
  return { ...cluster, tags: { ...cluster.tags, 'aurora-clone:resetting': 'run-7' } }
}

test.each([
  [SOURCE_ARN, true],
  ['orders', false],
  ['arn-orders', false],
  [undefined, false],
])('a source that is named as %s may be shared by another account: %s', (source, expected) => {
  expect(mayBeShared(source)).toBe(expected)
})

describe('findSource', () => {
  const source = aSource()
  const listing = [aCluster(), source, FIRST, SECOND]

  test.each([
    ['its identifier', 'orders'],
    ['its identifier in capitals', 'Orders'],
    ['its ARN', SOURCE_ARN],
    ['its ARN in capitals', SOURCE_ARN.replace('orders', 'ORDERS')],
  ])('by %s, named to AWS as the user wrote it', (_, name) => {
    expect(findSource(listing, { kind: 'cluster', name }, anIdentity())).toEqual({ cluster: source, name })
  })

  test.each(['order', 'orders-2', 'arn:aws:rds:eu-west-1:999999999999:cluster:orders'])(
    '%s is another cluster',
    (name) => {
      expect(findSource(listing, { kind: 'cluster', name }, anIdentity())).toBeUndefined()
    },
  )

  test('by key: the newest of this repository, by its own identifier', () => {
    expect(findSource(listing, { kind: 'key', key: 'nightly' }, anIdentity())).toEqual({
      cluster: SECOND,
      name: 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7',
    })
  })

  test.each<[string, ClusterSnapshot]>([
    ['was never ready', nightly('20261121', SECOND.identifier, { readyAt: 'never' })],
    ['is being deleted', nightly('20261121', SECOND.identifier, { status: 'deleting' })],
    ['was taken back, and no run has proven how far', goingBack(SECOND)],
    ['has failed', nightly('20261121', SECOND.identifier, { status: 'storage-failure' })],
    ['is stopped', nightly('20261121', SECOND.identifier, { status: 'stopped' })],
    ['lost its instances', { ...SECOND, members: [] }],
    ['is only a copy of one', { ...SECOND, identifier: 'copy' }],
  ])('by key: not one that %s', (_, newest) => {
    const found = findSource([FIRST, newest], { kind: 'key', key: 'nightly' }, anIdentity())
    expect(found?.cluster.identifier).toBe(FIRST.identifier)
  })

  test('by key: also one that was made under another prefix', () => {
    const identity = anIdentity({ prefix: 'preview' })
    expect(findSource(listing, { kind: 'key', key: 'nightly' }, identity)?.cluster).toBe(SECOND)
  })

  test.each([
    ['another key', 'weekly', anIdentity()],
    ['another clone-name', 'nightly', anIdentity({ name: 'billing' })],
    ['another repository', 'nightly', anIdentity({ repositoryId: '1' })],
    ['another server', 'nightly', anIdentity({ server: 'ghe.acme.example' })],
  ])('by key: nothing for %s', (_, key, identity) => {
    expect(findSource(listing, { kind: 'key', key }, identity)).toBeUndefined()
  })
})

describe('isMadeFrom', () => {
  const madeFrom = (overrides: Partial<CloneSource> = {}): CloneSource => ({
    name: 'orders',
    resourceId: 'cluster-ORDERS',
    key: undefined,
    ...overrides,
  })
  const byName = (name: string) => ({ kind: 'cluster', name }) as const
  const resolved = { cluster: aSource(), name: 'orders' }
  const renamed = { cluster: aSource({ identifier: 'orders-blue' }), name: 'orders-blue' }
  const other = {
    cluster: aSource({ identifier: 'billing', resourceId: 'cluster-BILLING' }),
    name: 'billing',
  }
  const recreated = { cluster: aSource({ resourceId: 'cluster-TONIGHT' }), name: 'orders' }

  test.each([
    ['the same cluster', madeFrom(), byName('orders'), resolved, true],
    ['the same cluster, renamed', madeFrom(), byName('orders-blue'), renamed, true],
    ['another cluster', madeFrom(), byName('billing'), other, false],
    [
      // A nightly anonymised source is often deleted and restored under its name: pushes go on.
      'the same name, made anew since',
      madeFrom(),
      byName('orders'),
      recreated,
      true,
    ],
    ['a source that is gone, by its name', madeFrom(), byName('Orders'), undefined, true],
    ['a source that is gone, by its ARN', madeFrom(), byName(SOURCE_ARN), undefined, true],
    ['another source that is gone', madeFrom(), byName('billing'), undefined, false],
    [
      'another source that is gone, by an ARN with the name at its end',
      madeFrom(),
      byName('arn:x:my-orders'),
      undefined,
      false,
    ],
    ['a source that no tag names', madeFrom({ name: undefined }), byName('orders'), undefined, false],
    ['a key now, a cluster then', madeFrom(), { kind: 'key', key: 'nightly' } as const, undefined, false],
    ['a key then, that very cluster now', madeFrom({ key: 'nightly' }), byName('orders'), resolved, false],
    [
      'the same key, whichever generation is the newest now',
      madeFrom({ key: 'nightly' }),
      { kind: 'key', key: 'nightly' } as const,
      other,
      true,
    ],
    ['another key', madeFrom({ key: 'nightly' }), { kind: 'key', key: 'weekly' } as const, other, false],
  ])('%s', (_, source, asked, found, expected) => {
    expect(isMadeFrom(source, asked, found)).toBe(expected)
  })
})

const COPY_ON_WRITE = { isFullCopy: false }
const FULL_COPY = { isFullCopy: true }

describe('sourceProblem', () => {
  test.each([
    'available',
    'backing-up',
    'modifying',
    'upgrading',
    'maintenance',
    'failing-over',
    'storage-optimization',
    'never-heard-of',
  ])('%s: none', (status) => {
    expect(
      sourceProblem({ cluster: aSource({ status }), name: 'orders' }, anIdentity(), COPY_ON_WRITE),
    ).toBeUndefined()
  })

  test.each<[string, Partial<ClusterSnapshot>, boolean, string, string]>([
    [
      'stopped',
      { status: 'stopped' },
      false,
      'Source cluster "orders" is stopped.',
      'Start it: aws rds start-db-cluster --db-cluster-identifier orders',
    ],
    [
      'stopping',
      { status: 'stopping' },
      false,
      'Source cluster "orders" is "stopping", expected "available".',
      'Run again when it is available.',
    ],
    [
      'starting',
      { status: 'starting' },
      true,
      'Source cluster "orders" is "starting", expected "available".',
      'Run again when it is available.',
    ],
    [
      'creating',
      { status: 'creating' },
      true,
      'Source cluster "orders" is "creating", expected "available".',
      'Run again when it is available.',
    ],
    [
      'deleting',
      { status: 'deleting' },
      false,
      'Source cluster "orders" is "deleting", expected "available".',
      'Repair it or name another source-cluster.',
    ],
    [
      'failed',
      { status: 'inaccessible-encryption-credentials' },
      false,
      'Source cluster "orders" is "inaccessible-encryption-credentials", expected "available".',
      'Repair it or name another source-cluster.',
    ],
    [
      'no instance',
      { members: [] },
      false,
      'Source cluster "orders" has no instance, and Aurora clones only clusters that have one.',
      'Add an instance to the source cluster.',
    ],
    [
      'a Limitless Database',
      { isLimitless: true },
      false,
      'Source cluster "orders" is an Aurora Limitless Database, which AWS does not clone.',
      'Name another source-cluster.',
    ],
    [
      'no VPC',
      { isInVpc: false },
      false,
      'Source cluster "orders" has no VPC network (express configuration), and this action makes only clones in a VPC.',
      'Name a source-cluster that is in a VPC.',
    ],
  ])('%s', (_, overrides, wait, what, remedy) => {
    const problem = sourceProblem(
      { cluster: aSource(overrides), name: 'orders' },
      anIdentity(),
      COPY_ON_WRITE,
    )
    expect(problem?.wait).toBe(wait)
    expect(problem?.failure).toMatchObject({ title: 'Source cluster not usable', what, remedy })
  })

  test.each<[string, Partial<ClusterSnapshot>]>([
    ['stopped', { status: 'stopped' }],
    ['stopping', { status: 'stopping' }],
    ['starting', { status: 'starting' }],
    ['without an instance', { members: [] }],
  ])('AWS makes a full copy of one that is %s: from its backups', (_, overrides) => {
    const source = { cluster: aSource(overrides), name: 'orders' }
    expect(sourceProblem(source, anIdentity(), FULL_COPY)).toBeUndefined()
  })

  test.each<[string, Partial<ClusterSnapshot>]>([
    ['being created', { status: 'creating' }],
    ['being deleted', { status: 'deleting' }],
    ['a Limitless Database', { isLimitless: true }],
  ])('but not of one that is %s', (_, overrides) => {
    const source = { cluster: aSource(overrides), name: 'orders' }
    expect(sourceProblem(source, anIdentity(), FULL_COPY)).toBeDefined()
  })

  test('a source that is not ours but begins with the prefix is refused: the role may delete such names', () => {
    const cluster = aSource({ identifier: 'clone-orders' })
    expect(sourceProblem({ cluster, name: 'clone-orders' }, anIdentity(), COPY_ON_WRITE)).toMatchObject({
      wait: false,
      failure: {
        title: 'Source cluster not usable',
        what: expect.stringContaining('"clone-orders"'),
      },
    })
  })

  test.each([
    ['begins with the prefix without its hyphen', aSource({ identifier: 'clones' })],
    ['is a clone of this action', FIRST],
  ])('a source that %s is usable', (_, cluster) => {
    expect(sourceProblem({ cluster, name: cluster.identifier }, anIdentity(), COPY_ON_WRITE)).toBeUndefined()
  })
})

describe('cloneFamily', () => {
  test('a source that was never cloned has none', () => {
    const source = aSource({ cloneGroupId: undefined })
    expect(cloneFamily([source, aCluster({ cloneGroupId: undefined })], source)).toEqual([])
  })

  test('everything of the group but the source counts, also what is being deleted', () => {
    const source = aSource()
    const others = [aCluster(), aCluster({ status: 'deleting', resourceId: 'cluster-CLONE2' })]
    const listing = [source, ...others, aCluster({ cloneGroupId: 'group-2' })]
    expect(cloneFamily(listing, source)).toEqual(others)
  })

  test('the clones of a shared source that is not in the listing count, too', () => {
    expect(cloneFamily([], aSource())).toEqual([])
    expect(cloneFamily([aCluster()], aSource())).toHaveLength(1)
  })
})
