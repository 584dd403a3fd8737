import { describe, expect, test } from '@jest/globals'
import {
  type DeletionTarget,
  type OwnedClone,
  isOwnOrphan,
  judgeDeletion,
  newestFirst,
  ownedClones,
  ownershipOf,
} from '../../src/aurora/ownership.ts'
import type { ClusterSnapshot } from '../../src/aurora/snapshot.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_RESOURCE_ID,
  NOW_MS,
  SOURCE_ARN,
  WRITER,
  aCluster,
  aSource,
  anIdentity,
  anInstance,
  someTags,
} from '../factories.ts'

const NO_TAGS = 'it does not carry the ownership tags of this action'
const OTHER_IDENTIFIER = 'its identifier is not one that this action makes for the identity in its tags'

describe('ownershipOf', () => {
  test('every tag in place: owned, with the identity that the tags tell', () => {
    expect(ownershipOf(aCluster())).toEqual({
      owned: true,
      identity: { server: 'github.com', repositoryId: '4711', key: 'pr-42', name: '', generation: '' },
      tags: someTags(),
    })
  })

  test('name and generation are part of the identity', () => {
    // sha256 of github.com, 4711, nightly, -, 20261121, as sha256sum gives it.
    const identifier = 'clone-nightly-shop-20261121-659e9cf4'
    const tags = someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': '20261121',
    })
    expect(ownershipOf(aCluster({ identifier, tags }))).toMatchObject({
      owned: true,
      identity: { key: 'nightly', name: '', generation: '20261121' },
    })
  })

  test.each([
    ['aurora-clone:version', 'its tag aurora-clone:version is missing'],
    ['aurora-clone:cluster', 'its tag aurora-clone:cluster is missing'],
    ['aurora-clone:server', NO_TAGS],
    ['aurora-clone:repository-id', NO_TAGS],
    ['aurora-clone:key', NO_TAGS],
    ['aurora-clone:name', NO_TAGS],
    ['aurora-clone:generation', NO_TAGS],
  ])('without %s: not owned', (tag, because) => {
    expect(ownershipOf(aCluster({ tags: someTags({ [tag]: undefined }) }))).toEqual({ owned: false, because })
  })

  test.each([
    ['aurora-clone:version', '2', 'its tag aurora-clone:version is "2", expected "1"'],
    ['aurora-clone:version', '', 'its tag aurora-clone:version is "", expected "1"'],
    [
      'aurora-clone:cluster',
      'clone-pr-43-shop-c277867c',
      `its tag aurora-clone:cluster is "clone-pr-43-shop-c277867c", expected "${CLONE}"`,
    ],
    ['aurora-clone:server', 'github.acme.example', OTHER_IDENTIFIER],
    ['aurora-clone:server', 'GitHub.com', OTHER_IDENTIFIER],
    ['aurora-clone:repository-id', '4712', OTHER_IDENTIFIER],
    ['aurora-clone:key', 'pr-43', OTHER_IDENTIFIER],
    ['aurora-clone:name', 'billing', OTHER_IDENTIFIER],
    ['aurora-clone:name', '', 'its tag aurora-clone:name is "", expected "-"'],
    ['aurora-clone:generation', '1', OTHER_IDENTIFIER],
    ['aurora-clone:generation', '', 'its tag aurora-clone:generation is "", expected "-"'],
  ])('with %s "%s": not owned', (tag, value, because) => {
    expect(ownershipOf(aCluster({ tags: someTags({ [tag]: value }) }))).toEqual({ owned: false, because })
  })

  test.each<[string, Partial<ClusterSnapshot>, string]>([
    ['tags that could not be read', { tags: undefined }, 'its tags could not be read'],
    ['no tags at all', { tags: {} }, NO_TAGS],
    [
      'tags that other tools write',
      { tags: { ManagedBy: 'aurora-clone-action', Ephemeral: 'true' } },
      NO_TAGS,
    ],
    [
      'a hand-made clone of a clone, with the tags that AWS copied',
      { identifier: 'my-experiment', resourceId: 'cluster-OTHER' },
      `its tag aurora-clone:cluster is "${CLONE}", expected "my-experiment"`,
    ],
    [
      'the source, with the tags of a clone by mistake',
      { identifier: 'orders', tags: someTags() },
      `its tag aurora-clone:cluster is "${CLONE}", expected "orders"`,
    ],
    [
      'the source, with tags by mistake that even name it',
      { identifier: 'orders', tags: someTags({ 'aurora-clone:cluster': 'orders' }) },
      OTHER_IDENTIFIER,
    ],
    [
      'a name with the hash in the middle only',
      {
        identifier: `${CLONE}-copy`,
        tags: someTags({ 'aurora-clone:cluster': `${CLONE}-copy` }),
      },
      OTHER_IDENTIFIER,
    ],
    [
      'a name that ends in the hash without its hyphen',
      { identifier: 'orders551c8f4a', tags: someTags({ 'aurora-clone:cluster': 'orders551c8f4a' }) },
      OTHER_IDENTIFIER,
    ],
    ['a replica', { isReplica: true }, 'it replicates another cluster'],
    ['a member of a global database', { isGlobalMember: true }, 'it is part of a global database'],
    [
      'a part of a CloudFormation stack',
      { tags: someTags({ 'aws:cloudformation:stack-name': 'prod' }) },
      'it belongs to a stack (tag aws:cloudformation:stack-name)',
    ],
    [
      'a part of a Service Catalog product',
      { tags: someTags({ 'aws:servicecatalog:productArn': 'arn:x' }) },
      'it belongs to a stack (tag aws:servicecatalog:productArn)',
    ],
  ])('%s: not owned', (_, overrides, because) => {
    expect(ownershipOf(aCluster(overrides))).toEqual({ owned: false, because })
  })

  test('other tags of AWS and of people take nothing away', () => {
    const tags = someTags({ 'aws:createdBy': 'AssumedRole:x', Team: 'payments' })
    expect(ownershipOf(aCluster({ tags })).owned).toBe(true)
  })

  test('the prefix of the identifier is not part of ownership', () => {
    const identifier = 'preview-pr-42-renamed-551c8f4a'
    expect(
      ownershipOf(aCluster({ identifier, tags: someTags({ 'aurora-clone:cluster': identifier }) })).owned,
    ).toBe(true)
  })
})

/** Clones with hashes as sha256sum gives them. */
function aClone(key: string, name: string, generation: string, identifier: string): ClusterSnapshot {
  return aCluster({
    identifier,
    tags: someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': key,
      'aurora-clone:name': name,
      'aurora-clone:generation': generation,
    }),
  })
}

describe('ownedClones', () => {
  const plain = aCluster()
  const billing = aClone('pr-42', 'billing', '-', 'clone-pr-42-shop-billing-ca0945a1')
  const other = aClone('pr-43', '-', '-', 'clone-pr-43-shop-c277867c')
  const first = aClone('nightly', '-', '20261120', 'clone-nightly-shop-20261120-d00448c1')
  const second = aClone('nightly', '-', '20261121', 'clone-nightly-shop-20261121-659e9cf4')
  const copy = aCluster({ identifier: 'copy-of-a-clone' })
  const listing = [aSource(), plain, billing, other, copy, first, second, aSource({ tags: undefined })]
  const repository = { server: 'github.com', repositoryId: '4711' }

  test.each([
    ['all of a pull request', { ...repository, key: 'pr-42' }, [plain, billing]],
    ['the one without a name', { ...repository, key: 'pr-42', name: '' }, [plain]],
    ['the one with a name', { ...repository, key: 'pr-42', name: 'billing' }, [billing]],
    ['every generation', { ...repository, key: 'nightly' }, [first, second]],
    ['one generation', { ...repository, key: 'nightly', generation: '20261121' }, [second]],
    ['the one without a generation', { ...repository, key: 'nightly', generation: '' }, []],
    ['those of another repository', { ...repository, repositoryId: '1', key: 'pr-42' }, []],
    ['those of another server', { ...repository, server: 'ghe.acme.example', key: 'pr-42' }, []],
    ['nobody’s', { ...repository, key: 'pr-4' }, []],
    ['all of a repository', repository, [plain, billing, other, first, second]],
    ['all of a server', { server: 'github.com' }, [plain, billing, other, first, second]],
    ['none of another server', { server: 'ghe.acme.example' }, []],
  ])('%s', (_, wanted, expected) => {
    expect(ownedClones(listing, wanted).map(({ cluster }) => cluster.identifier)).toEqual(
      expected.map(({ identifier }) => identifier),
    )
  })
})

describe('newestFirst', () => {
  function owned(id: string, createdAt: string | undefined, createdAtMs: number | undefined): OwnedClone {
    const tags = someTags({ 'aurora-clone:created-at': createdAt })
    return { cluster: aCluster({ identifier: id, createdAtMs }), identity: anIdentity(), tags }
  }

  test('by our own tag; by AWS’s time where it is missing or no time', () => {
    const clones = [
      owned('none', undefined, undefined),
      owned('old', '2026-11-19T00:00:00.000Z', Date.parse('2026-11-21T00:00:00Z')),
      owned('new', '2026-11-21T00:00:00.000Z', undefined),
      owned('aws', undefined, Date.parse('2026-11-20T00:00:00Z')),
      owned('odd', 'yesterday', Date.parse('2026-11-18T00:00:00Z')),
    ]
    expect(newestFirst(clones).map(({ cluster }) => cluster.identifier)).toEqual([
      'new',
      'aws',
      'old',
      'odd',
      'none',
    ])
  })
})

describe('judgeDeletion', () => {
  function aTarget(overrides: Partial<DeletionTarget> = {}): DeletionTarget {
    return {
      identifier: CLONE,
      resourceId: CLONE_RESOURCE_ID,
      identity: anIdentity(),
      source: 'orders',
      ...overrides,
    }
  }

  test('the clone that was decided about: allowed', () => {
    expect(judgeDeletion(aCluster(), aTarget(), NOW_MS)).toEqual({ allowed: true })
  })

  test.each([
    `${CLONE}-1`,
    `my-${CLONE}`,
    `arn:aws:rds:eu-west-1:123456789012:cluster:my-${CLONE}`,
    `arn:aws:rds:eu-west-1:123456789012:cluster:${CLONE}-1`,
    `arn:aws:rds:eu-west-1:123456789012:db:${CLONE}`,
  ])('the source is another one, whatever its name has in common (%s): allowed', (source) => {
    expect(judgeDeletion(aCluster(), aTarget({ source }), NOW_MS)).toEqual({ allowed: true })
  })

  test('without a configured source: allowed', () => {
    expect(judgeDeletion(aCluster(), aTarget({ source: undefined }), NOW_MS)).toEqual({ allowed: true })
  })

  const SOURCE_ITSELF = 'it is the source cluster itself'
  test.each<[string, Partial<ClusterSnapshot>, Partial<DeletionTarget>, string, string]>([
    [
      'another cluster was described',
      { identifier: 'orders' },
      {},
      'not-owned',
      'AWS described "orders" instead',
    ],
    ['the source by its identifier', {}, { source: CLONE }, 'not-owned', SOURCE_ITSELF],
    ['the source in capitals', {}, { source: CLONE.toUpperCase() }, 'not-owned', SOURCE_ITSELF],
    ['the source by its ARN', {}, { source: CLONE_ARN }, 'not-owned', SOURCE_ITSELF],
    [
      'the source by its ARN in capitals',
      {},
      { source: CLONE_ARN.toUpperCase() },
      'not-owned',
      SOURCE_ITSELF,
    ],
    ['unreadable tags', { tags: undefined }, {}, 'not-owned', 'its tags could not be read'],
    [
      'a copied tag',
      { tags: someTags({ 'aurora-clone:cluster': 'other' }) },
      {},
      'not-owned',
      `its tag aurora-clone:cluster is "other", expected "${CLONE}"`,
    ],
    [
      'the tags of another clone than the one decided about',
      {},
      { identity: anIdentity({ key: 'pr-43' }) },
      'not-owned',
      'its tags now name another clone',
    ],
    ...(
      [
        ['server', 'ghe.acme.test'],
        ['repositoryId', '4712'],
        ['key', 'pr-4'],
        ['name', 'billing'],
        ['generation', '20261121'],
      ] as const
    ).map(([part, value]): [string, Partial<ClusterSnapshot>, Partial<DeletionTarget>, string, string] => [
      `another ${part} than the one decided about`,
      {},
      { identity: anIdentity({ [part]: value }) },
      'not-owned',
      'its tags now name another clone',
    ]),
    [
      'the source by its ARN in another account',
      {},
      { source: `arn:aws:rds:eu-west-1:210987654321:cluster:${CLONE}` },
      'not-owned',
      SOURCE_ITSELF,
    ],
    [
      'another cluster under its name',
      { resourceId: 'cluster-LATER' },
      {},
      'not-owned',
      'another cluster has taken its name meanwhile',
    ],
    [
      'a resource id that nobody knows',
      { resourceId: '' },
      { resourceId: '' },
      'not-owned',
      'another cluster has taken its name meanwhile',
    ],
    ['a replica', { isReplica: true }, {}, 'not-owned', 'it replicates another cluster'],
    ['a global member', { isGlobalMember: true }, {}, 'not-owned', 'it is part of a global database'],
    ['deletion protection', { deletionProtection: true }, {}, 'protected', 'deletion protection is on'],
    [
      'a hold',
      { tags: someTags({ 'aurora-clone:hold': 'until the demo' }) },
      {},
      'held',
      'its tag aurora-clone:hold is "until the demo"',
    ],
    [
      'a hold comes before protection: the clone is kept on purpose',
      { tags: someTags({ 'aurora-clone:hold': 'true' }), deletionProtection: true },
      {},
      'held',
      'its tag aurora-clone:hold is "true"',
    ],
    [
      'a hold on what is not ours changes nothing',
      { tags: { 'aurora-clone:hold': 'true' } },
      {},
      'not-owned',
      NO_TAGS,
    ],
  ])('%s: refused', (_, cluster, target, kind, because) => {
    expect(judgeDeletion(aCluster(cluster), aTarget(target), NOW_MS)).toEqual({
      allowed: false,
      kind,
      because,
    })
  })

  test('a production source that carries every tag of a clone by mistake is refused', () => {
    const production = aSource({ tags: someTags() })
    const target = aTarget({ identifier: 'orders', resourceId: 'cluster-ORDERS', source: SOURCE_ARN })
    expect(judgeDeletion(production, target, NOW_MS)).toEqual({
      allowed: false,
      kind: 'not-owned',
      because: SOURCE_ITSELF,
    })
  })

  test.each<[string, boolean]>([
    ['true', true],
    ['yes', true],
    ['', true],
    ['no', true],
    ['0', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
    ['2026-11-21T09:59:59Z', false],
    ['2026-11-21T10:00:00Z', false],
    ['2026-11-21T10:00:01Z', true],
    ['2026-11-21T12:00:00+03:00', false],
    ['2026-11-21T12:00:00+01:00', true],
    ['2026-11-20', false],
    ['2026-11-22', true],
    ['2026-13-45', true],
    ['2026-01-15 until the demo', true],
    ['2026-01-15-demo', true],
    ['1', true],
    ['until 2026-11-20', true],
  ])('hold "%s" protects: %s', (hold, held) => {
    const verdict = judgeDeletion(
      aCluster({ tags: someTags({ 'aurora-clone:hold': hold }) }),
      aTarget(),
      NOW_MS,
    )
    expect(verdict.allowed).toBe(!held)
  })
})

describe('isOwnOrphan', () => {
  test('the writer of the clone, with every tag: ours', () => {
    expect(
      isOwnOrphan(anInstance(), { identity: anIdentity(), clusterIdentifier: CLONE, nowMs: NOW_MS }),
    ).toBe(true)
  })

  test.each([
    ['unreadable tags', { tags: undefined }],
    ['no tags', { tags: {} }],
    ['another name', { identifier: `${WRITER}0` }],
    ['a member of another cluster', { clusterIdentifier: 'orders' }],
    ['a member of no cluster', { clusterIdentifier: undefined }],
    ['a copied tag', { tags: someTags({ 'aurora-clone:cluster': 'orders' }) }],
    ['the tags of another pull request', { tags: someTags({ 'aurora-clone:key': 'pr-43' }) }],
    ['the tags of another repository', { tags: someTags({ 'aurora-clone:repository-id': '1' }) }],
    ['a missing tag', { tags: someTags({ 'aurora-clone:version': undefined }) }],
  ])('%s: not ours', (_, overrides) => {
    expect(
      isOwnOrphan(anInstance(overrides), { identity: anIdentity(), clusterIdentifier: CLONE, nowMs: NOW_MS }),
    ).toBe(false)
  })
})
