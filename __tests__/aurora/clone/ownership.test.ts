import { describe, expect, test } from '@jest/globals'
import {
  type DeletionTarget,
  type OwnedClone,
  judgeDeletion,
  newestAlive,
  newestFirst,
  ownedClones,
  ownerOf,
  ownershipOf,
} from '../../../src/aurora/clone/ownership.ts'
import type { AskedIdentity } from '../../../src/aurora/clone/identity.ts'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_RESOURCE_ID,
  DAY,
  HOUR,
  MINUTE,
  NOW_MS,
  SOURCE_ARN,
  aCluster,
  aSource,
  anIdentity,
  anOwnedClone,
  ownedCloneOf,
  someTags,
} from '../../factories.ts'

const NO_TAGS = 'it does not have the ownership tags of this action'
const NEVER_WRITTEN = 'its tags have values that this action never writes'
const OTHER_IDENTIFIER = 'its identifier is not one that this action makes for the identity in its tags'

describe('ownershipOf', () => {
  test('every tag in place: owned, with the identity that the tags tell', () => {
    expect(ownershipOf(aCluster())).toEqual({
      owned: true,
      clone: {
        cluster: aCluster(),
        identity: anIdentity(),
        createdAtMs: Date.parse('2026-11-21T08:30:00.000Z'),
        hasBeenReady: true,
        readyAtMs: Date.parse('2026-11-21T09:00:00.000Z'),
        hasOwnCredentials: false,
        preparation: { kind: 'none' },
        isHandedOut: true,
        expiresAtMs: Date.parse('2026-11-28T08:30:00.000Z'),
        label: undefined,
        hold: { text: 'false', untilMs: -Infinity },
        shape: undefined,
        resets: {},
        resetting: {},
        replaces: 0,
        source: { name: 'orders', resourceId: 'cluster-ORDERS', key: undefined },
        repository: 'acme/shop',
        dataAsOfMs: Date.parse('2026-11-21T08:30:00.000Z'),
        instanceClass: 'db.serverless',
        parameterGroup: 'orders-instance',
      },
    })
  })

  test('name and generation are part of the identity', () => {
    // sha256 of 1, github.com, 4711, clone, nightly, nothing, 20261121, as sha256sum gives it.
    const identifier = 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7'
    const tags = someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': '20261121',
    })
    expect(ownershipOf(aCluster({ identifier, tags }))).toMatchObject({
      owned: true,
      clone: { identity: { key: 'nightly', name: '', generation: '20261121' } },
    })
  })

  test.each([
    ['aurora-clone:version', 'its tag aurora-clone:version is missing'],
    ['aurora-clone:cluster', 'its tag aurora-clone:cluster is missing'],
    ['aurora-clone:server', NO_TAGS],
    ['aurora-clone:repository-id', NO_TAGS],
    ['aurora-clone:prefix', NO_TAGS],
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
      'clone-pr-43-shop-56cd8ac114f68247',
      `its tag aurora-clone:cluster is "clone-pr-43-shop-56cd8ac114f68247", expected "${CLONE}"`,
    ],
    ['aurora-clone:server', 'github.acme.example', OTHER_IDENTIFIER],
    ['aurora-clone:server', 'GitHub.com', NEVER_WRITTEN],
    ['aurora-clone:prefix', 'preview', OTHER_IDENTIFIER],
    ['aurora-clone:prefix', 'clone-pr', NEVER_WRITTEN],
    ['aurora-clone:key', 'pr-42-evil', NEVER_WRITTEN],
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
      {
        identifier: 'orders2deea4d997059a7e',
        tags: someTags({ 'aurora-clone:cluster': 'orders2deea4d997059a7e' }),
      },
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

  test('another prefix is another identity, and the repository may have another name by now', () => {
    const identifier = 'preview-pr-42-renamed-8d1e1be8fb9a6d0f'
    const tags = someTags({ 'aurora-clone:cluster': identifier, 'aurora-clone:prefix': 'preview' })
    expect(ownershipOf(aCluster({ identifier, tags }))).toMatchObject({
      clone: { identity: { prefix: 'preview' } },
    })
  })

  test('the hash of a nightly clone under the name of a pull request’s: not owned', () => {
    // What a role that may create under clone-pr-* alone can plant.
    const identifier = 'clone-pr-42-evil1-0c3e6a5cb4db5ca7'
    const tags = someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': '20261121',
    })
    expect(ownershipOf(aCluster({ identifier, tags }))).toEqual({ owned: false, because: OTHER_IDENTIFIER })
  })

  test.each<[string, AskedIdentity]>([
    ['pull request', { key: 'pr-43' }],
    ['repository', { repositoryId: '4712' }],
    ['server', { server: 'github.acme.example' }],
    ['name', { name: 'billing' }],
    ['generation', { generation: '1' }],
    ['prefix', { prefix: 'preview' }],
  ])('of another %s than is asked about: not owned', (_, asked) => {
    expect(ownershipOf(aCluster(), asked)).toEqual({ owned: false, because: 'its tags name another clone' })
    expect(ownershipOf(aCluster(), anIdentity()).owned).toBe(true)
  })

  describe('the time in its tag, and when AWS made it', () => {
    const TAGGED = Date.parse('2026-11-21T08:30:00.000Z')
    const MISFIT = 'AWS did not make it at the time in its tag aurora-clone:created-at'
    test.each<[string, number | undefined, string, number | undefined]>([
      ['agree', 0, 'available', TAGGED],
      ['two minutes earlier', -2 * MINUTE, 'available', TAGGED - 2 * MINUTE],
      ['more than two minutes earlier', -2 * MINUTE - 1, 'available', undefined],
      ['ten minutes later', 10 * MINUTE, 'available', TAGGED],
      ['more than ten minutes later', 10 * MINUTE + 1, 'available', undefined],
      ['a month earlier', -30 * DAY, 'available', undefined],
      ['not shown while it is being made', undefined, 'creating', TAGGED],
      ['not shown later', undefined, 'available', undefined],
      ['another one while it is being made', HOUR, 'creating', undefined],
    ])('%s', (_, laterMs, status, createdAtMs) => {
      const cluster = aCluster({ status, createdAtMs: laterMs === undefined ? undefined : TAGGED + laterMs })
      expect(ownershipOf(cluster)).toMatchObject(
        createdAtMs === undefined
          ? { owned: false, because: MISFIT }
          : { owned: true, clone: { createdAtMs } },
      )
    })

    test.each([undefined, '', 'yesterday', '2026-11-21', '2026-11-21T08:30:00Z', '2026-13-21T08:30:00.000Z'])(
      'a tag that says %s: not owned',
      (time) => {
        const tags = someTags({ 'aurora-clone:created-at': time })
        expect(ownershipOf(aCluster({ tags, createdAtMs: TAGGED }))).toEqual({
          owned: false,
          because: MISFIT,
        })
      },
    )
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
  const billing = aClone('pr-42', 'billing', '-', 'clone-pr-42-shop-billing-41fd066075631703')
  const other = aClone('pr-43', '-', '-', 'clone-pr-43-shop-56cd8ac114f68247')
  const first = aClone('nightly', '-', '20261120', 'clone-nightly-shop-20261120-4bf4fdac2af23c7b')
  const second = aClone('nightly', '-', '20261121', 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7')
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

test('newest first, by the earlier of both times', () => {
  const clones = ['2026-11-19', '2026-11-21', '2026-11-20'].map((day) =>
    anOwnedClone(
      { key: 'nightly', generation: day.replaceAll('-', '') },
      { 'aurora-clone:created-at': `${day}T00:00:00.000Z` },
    ),
  )
  expect(newestFirst(clones).map(({ identity }) => identity.generation)).toEqual([
    '20261121',
    '20261120',
    '20261119',
  ])
})

describe('newestAlive', () => {
  const OLD = anOwnedClone({}, { 'aurora-clone:created-at': '2026-11-19T00:00:00.000Z' })
  const NEW = anOwnedClone({}, { 'aurora-clone:created-at': '2026-11-20T00:00:00.000Z' })
  const GOING = anOwnedClone({}, {}, { status: 'deleting' })
  test.each<[string, readonly OwnedClone[], OwnedClone | undefined]>([
    ['the newest', [OLD, NEW], NEW],
    ['none that is being deleted', [OLD, NEW, GOING], NEW],
    ['nothing where all are going', [GOING], undefined],
    ['nothing of nothing', [], undefined],
  ])('%s', (_, clones, expected) => {
    expect(newestAlive(clones)).toBe(expected)
  })
})

test.each([
  ['pr-42', 42],
  ['nightly', undefined],
])('a clone of the key %s belongs to the pull request %s', (key, pullRequest) => {
  expect(ownerOf(anOwnedClone({ key }))).toEqual({ pullRequest, key })
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

  const ALLOWED = { allowed: true, clone: ownedCloneOf(aCluster()) }

  test('the clone that was decided about: allowed', () => {
    expect(judgeDeletion(aCluster(), aTarget(), NOW_MS)).toEqual(ALLOWED)
  })

  test.each([
    `${CLONE}-1`,
    `my-${CLONE}`,
    `arn:aws:rds:eu-west-1:123456789012:cluster:my-${CLONE}`,
    `arn:aws:rds:eu-west-1:123456789012:cluster:${CLONE}-1`,
    `arn:aws:rds:eu-west-1:123456789012:db:${CLONE}`,
  ])('the source is another one, whatever its name has in common (%s): allowed', (source) => {
    expect(judgeDeletion(aCluster(), aTarget({ source }), NOW_MS)).toEqual(ALLOWED)
  })

  test('without a configured source: allowed', () => {
    expect(judgeDeletion(aCluster(), aTarget({ source: undefined }), NOW_MS)).toEqual(ALLOWED)
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
      'its tags name another clone',
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
      'its tags name another clone',
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
      // What is not proven to be a clone is handed on as none.
      ...(kind === 'not-owned' ? {} : { clone: ownedCloneOf(aCluster(cluster)) }),
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
