import { describe, expect, test } from '@jest/globals'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { hashOf, identifierOf, identityOf } from '../planted-clones.ts'
import { SWEEP, deletions, expectPlainEnd, plant, told } from './safety-clones.ts'
import { DAY_MS, HOUR_MS } from './seeded-clones.ts'
import { staying } from './staying.ts'
import { type World, aTableWorld } from './world.ts'

// Clusters that look like clones and are none: whoever may tag, or may make clones of another kind, can make them.

const MINUTE_MS = 60_000
const EXPIRED = { expiresInMs: -DAY_MS }

describe('clones that a pull request’s role planted among those of the nightly key', () => {
  const NIGHTLY = { label: null, ...EXPIRED }

  /** Three real nights, and two planted clones that claim to be newer than all of them. */
  async function nights(): Promise<{ world: World; real: readonly string[]; planted: readonly string[] }> {
    const world = await aTableWorld()
    const real = ['101', '102', '103'].map((generation, index) =>
      plant(world, { ...NIGHTLY, identity: { key: 'nightly', generation }, ageMs: (5 - index) * DAY_MS }),
    )
    const from2099 = new Date('2099-01-01T00:00:00Z').toISOString()
    const planted = [
      { generation: 'evil1', tags: { [TAG.createdAt]: from2099, [TAG.readyAt]: from2099 } },
      { generation: 'evil2', ageMs: 2 * HOUR_MS },
    ].map(({ generation, ...times }) => {
      const identity = { key: 'nightly', generation }
      const identifier = `clone-pr-42-${generation}-${hashOf(identityOf(identity))}`
      return plant(world, { ...NIGHTLY, ...times, identity, identifier, isForeign: true })
    })
    return { world, real, planted }
  }

  test('destroy keeps the latest real ones', async () => {
    const { world, real } = await nights()
    const result = await world.destroy({ 'clone-key': 'nightly', 'keep-latest': '2' })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'deleting' } })
    expect(staying(world)).toEqual(real.slice(1))
  })

  test('so does the sweep', async () => {
    const { world, real, planted } = await nights()
    const result = await world.play({ ...SWEEP, 'keep-latest': '2' })
    expectPlainEnd(result)
    expect(staying(world)).toEqual(real.slice(1))
    for (const identifier of planted) expect(told(result)).toContain(identifier)
  })

  test('destroy of the whole key leaves them alone', async () => {
    const { world } = await nights()
    const result = await world.destroy({ 'clone-key': 'nightly' })
    expectPlainEnd(result)
    expect(staying(world)).toEqual([])
  })

  test('wait hands out the newest real one', async () => {
    const { world, real } = await nights()
    const result = await world.wait({ 'clone-key': 'nightly' })
    expectPlainEnd(result)
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { outcome: 'ready', 'cluster-identifier': real[2] },
    })
  })

  test('source-key clones the newest real one', async () => {
    const { world, real } = await nights()
    const result = await world.create({ 'source-cluster': '', 'source-key': 'nightly' })
    expectPlainEnd(result)
    expect(result.exitCode).toBe(0)
    const sources = world.cloud.aws.requests.flatMap(({ source }) => source ?? [])
    expect(new Set(sources)).toEqual(new Set([real[2]]))
  })
})

describe('production with every tag of a clone', () => {
  /** What was found for the first four bytes of SHA-256 in three minutes, with the right to tag and nothing else. */
  const SECOND_PREIMAGE = { key: 'ops', name: 'vyjs074a58' }
  const CASES = [
    {
      name: 'a name of chance whose end is a short hash',
      identifier: 'orders-prod-1a2b3c4d',
      identity: SECOND_PREIMAGE,
    },
    {
      name: 'the whole hash behind another head',
      identifier: `orders-prod-${hashOf(identityOf(SECOND_PREIMAGE))}`,
      identity: SECOND_PREIMAGE,
    },
    {
      name: 'the whole hash behind the prefix alone',
      identifier: `clone-prod-${hashOf(identityOf(SECOND_PREIMAGE))}`,
      identity: SECOND_PREIMAGE,
    },
    {
      name: 'a head that only begins like the key',
      identifier: `clone-opsx-${hashOf(identityOf(SECOND_PREIMAGE))}`,
      identity: SECOND_PREIMAGE,
    },
    {
      name: 'a key that no input allows',
      identifier: `clone-${hashOf(identityOf({ key: '' }))}`,
      identity: { key: '' },
    },
    {
      name: 'a pull request’s key with a word too many',
      identifier: `clone-pr-42-x-${hashOf(identityOf({ key: 'pr-42-x' }))}`,
      identity: { key: 'pr-42-x' },
    },
  ]

  test.each(CASES)('$name: neither swept nor destroyed', async ({ identifier, identity }) => {
    const world = await aTableWorld()
    plant(world, { identity, identifier, label: null, ...EXPIRED, isForeign: true })
    const swept = await world.play(SWEEP)
    expect(told(swept)).toContain(identifier)
    const results = [
      swept,
      await world.play({ ...SWEEP, scope: 'account' }),
      await world.destroy({ 'clone-key': 'ops' }),
    ]
    results.forEach(expectPlainEnd)
    expect(deletions(world)).toEqual([])
  })
})

test.each([
  { name: 'another repository', identity: { repositoryId: '9' } },
  { name: 'another server', identity: { server: 'github.example.com' } },
  { name: 'another pull request', identity: { key: 'pr-43' } },
  { name: 'another name', identity: { name: 'other' } },
])(
  '$name has a cluster under the name of this clone: it is neither handed out nor tagged',
  async ({ identity }) => {
    const world = await aTableWorld()
    const identifier = identifierOf(identityOf())
    plant(world, { identity, identifier, isForeign: true })
    for (const result of [
      await world.create(),
      await world.wait(),
      await world.create({ hold: 'true', ttl: '30d' }),
    ]) {
      expectPlainEnd(result)
      expect(result.exitCode).toBe(1)
      expect(result.annotations.map(({ title }) => title)).toContain('Cluster not owned')
      expect(result.outputs['endpoint'] ?? '').toBe('')
    }
    expect(world.mutations()).toEqual([])
  },
)

describe('restored by hand under a clone’s first name, 22 minutes later and with its tags', () => {
  const BY_HAND = { madeLaterMs: 22 * MINUTE_MS, isForeign: true }

  test.each([
    ['closed', 'auto', {}],
    ['closed', 'destroy', {}],
    ['expired', 'sweep', EXPIRED],
    ['closed', 'sweep', {}],
  ])('is never deleted: %s, %s', async (...[state, mode, times]) => {
    const world = await aTableWorld()
    const identifier = plant(world, { ...BY_HAND, ...times })
    const event = state === 'closed' ? world.close() : world.labeled()
    const inputs = mode === 'sweep' ? SWEEP : { mode }
    const result = await world.play(inputs, { event })
    expectPlainEnd(result)
    expect(deletions(world)).toEqual([])
    expect(told(result)).toContain(identifier)
    expect(result.outputs['outcome'] ?? '').not.toMatch(/destroyed|deleting|absent/)
    if (mode === 'sweep') expect(told(result)).toMatch(/not provably/)
  })

  test.each(['create', 'wait', 'auto'])('is never handed out: %s', async (mode) => {
    const world = await aTableWorld()
    plant(world, BY_HAND)
    const result = await world.create({ mode, label: mode === 'wait' ? '' : 'clone-db' })
    expectPlainEnd(result)
    expect(result.exitCode).toBe(1)
    expect(result.outputs['endpoint'] ?? '').toBe('')
    expect(result.exportedEnv).toEqual({})
  })

  test('is no source either', async () => {
    const world = await aTableWorld()
    plant(world, { ...BY_HAND, label: null, identity: { key: 'nightly', generation: '101' } })
    const result = await world.create({ 'source-cluster': '', 'source-key': 'nightly' })
    expectPlainEnd(result)
    expect(result.exitCode).toBe(1)
    expect(world.mutations()).toEqual([])
  })
})

test.each([
  ['later than AWS knows it', { madeLaterMs: -3 * MINUTE_MS }],
  ['of a time that cannot be read', { tags: { [TAG.createdAt]: 'yesterday' } }],
  ['of the year 2099', { tags: { [TAG.createdAt]: '2099-01-01T00:00:00.000Z' } }],
  ['without a time in its tag', { tags: { [TAG.createdAt]: '' } }],
])('a clone %s is named by the sweep and not deleted', async (...[, times]) => {
  const world = await aTableWorld()
  const identifier = plant(world, { ...EXPIRED, ...times, isForeign: true })
  const result = await world.play(SWEEP)
  expectPlainEnd(result)
  expect(deletions(world)).toEqual([])
  expect(told(result)).toContain(identifier)
})

test('a clone whose time of creation AWS does not show is deleted only while it is being made', async () => {
  const world = await aTableWorld({ behaviour: { deleteClusterWhileCreating: 'accept' } })
  plant(world, { isForeign: true })
  const named = plant(world, { identity: { name: 'second' }, status: 'creating' })
  world.cloud.aws.faults.add({
    operation: 'DescribeDBClusters',
    fault: { rewrite: (body) => body.replaceAll(/<ClusterCreateTime>[^<]*<\/ClusterCreateTime>/g, '') },
  })
  const result = await world.play({ mode: 'auto' }, { event: world.close() })
  expectPlainEnd(result)
  expect(deletions(world)).toContain(named)
})
