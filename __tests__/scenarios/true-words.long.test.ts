import { DeleteDBClusterCommand, DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { SWEEP, expectPlainEnd, plant, told } from './safety-clones.ts'
import { HOUR_MS } from './seeded-clones.ts'
import { IN_PROCESS, type World, aTableWorld, aWorld } from './world.ts'

/** A person deletes the clone, and AWS has finished. */
async function deleteByHand(world: World): Promise<void> {
  const { identifier } = world.clone()
  const rds = new RDSClient({
    region: world.cloud.region.name,
    endpoint: world.cloud.aws.url,
    credentials: { accessKeyId: 'AKIABYHAND0000000001', secretAccessKey: 'by-hand' },
  })
  await rds.send(
    new DeleteDBInstanceCommand({ DBInstanceIdentifier: `${identifier}-1`, SkipFinalSnapshot: true }),
  )
  await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: identifier, SkipFinalSnapshot: true }))
  await world.until(() => world.clones().length === 0)
}

test('a call that the SDK would repeat does not reach another cluster that has taken the name', async () => {
  const world = await aTableWorld()
  const identifier = plant(world, { instances: [] })
  world.cloud.aws.faults.add({ operation: 'CreateDBInstance', times: 1, fault: 'internal-error' })
  let isTaken = false
  world.cloud.aws.hooks.beforeApply = async ({ operation }) => {
    if (operation !== 'DescribeDBClusters' || !world.calls().includes('CreateDBInstance') || isTaken) return
    isTaken = true
    await world.renameByHand(identifier, 'kept-by-anna')
    world.cloud.region.seedCluster({ identifier, tags: { Owner: 'anna' }, instances: [] })
  }
  const result = await world.wait({ 'wait-timeout': '10m' })
  expectPlainEnd(result)
  expect(result.annotations.map(({ title }) => title)).toContain('Cluster not owned')
  expect(world.calls().filter((operation) => operation === 'CreateDBInstance')).toHaveLength(1)
})

describe('a run for a clone that was ready before, and that fails, names it and does not leave "ready" behind', () => {
  test('it is stopped, and does not start in time', async () => {
    const world = await aTableWorld({ behaviour: { startingMs: HOUR_MS } })
    await world.create({}, IN_PROCESS)
    const { identifier } = world.clone()
    world.cloud.region.stopCluster(identifier)
    const result = await world.create({ 'wait-timeout': '10m' }, { event: world.synchronize() })
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: { 'cluster-identifier': identifier } })
    expect(result.outputs['endpoint'] ?? '').toBe('')
    expect(world.comment()).not.toMatch(/is ready/)
  })

  test('its endpoint cannot be reached', async () => {
    const world = await aTableWorld()
    await world.create({}, IN_PROCESS)
    const { identifier } = world.clone()
    const result = await world.create(
      { 'wait-timeout': '20s', probe: 'true' },
      { event: world.synchronize() },
    )
    expectPlainEnd(result)
    expect(result).toMatchObject({ exitCode: 1, outputs: { 'cluster-identifier': identifier } })
  })
})

test('cancelled while AWS is deleting the writer: the clone is named, and its comment does not say "ready"', async () => {
  const world = await aWorld()
  await world.create({}, IN_PROCESS)
  const { identifier } = world.clone()
  world.cloud.aws.faults.add({ operation: 'DeleteDBInstance', fault: 'stall' })
  const step = world.start({ mode: 'auto' }, { event: world.close() })
  await world.until(() => world.calls().includes('DeleteDBInstance'))
  await world.clock.sleep(300)
  await step.cancel()
  const result = await step.result
  expectPlainEnd(result)
  expect(result.outputs['cluster-identifier']).toBe(identifier)
  expect(world.comment()).not.toMatch(/is ready/)
})

test.each(['auto', 'destroy'])(
  '%s does not say that a clone is gone which somebody renamed',
  async (mode) => {
    const world = await aTableWorld()
    await world.create({}, IN_PROCESS)
    await world.renameByHand(world.clone().identifier, 'kept-by-anna')
    const result = await world.play({ mode }, { event: world.close() })
    expectPlainEnd(result)
    expect(world.comment()).not.toMatch(/is gone/)
    expect(told(result)).toContain('kept-by-anna')
  },
)

test('one clone goes and one is held: nobody is told that there is none', async () => {
  const world = await aTableWorld()
  await world.create({}, IN_PROCESS)
  plant(world, { identity: { name: 'kept' }, tags: { [TAG.hold]: 'true' } })
  const result = await world.play({ mode: 'auto' }, { event: world.close() })
  expectPlainEnd(result)
  expect(told(result)).not.toMatch(/there is no clone for it/)
})

test.each([
  { how: 'the prefix was changed', first: { 'identifier-prefix': 'former' } },
  { how: 'it had a name of its own', first: { 'clone-name': 'billing' } },
])(
  'a clone that went without a word ($how): on a closed pull request no comment says "ready"',
  async ({ first }) => {
    const world = await aTableWorld()
    await world.create(first, IN_PROCESS)
    await deleteByHand(world)
    const result = await world.play({ mode: 'auto' }, { event: world.close() })
    expectPlainEnd(result)
    expect(world.comment()).not.toMatch(/is ready/)
  },
)

test('a removal that is waited for does not call its successor gone', async () => {
  const world = await aWorld({ behaviour: { deletingMs: 5 * 60_000 } })
  await world.create({}, IN_PROCESS)
  world.pull.close({ merged: false })
  const accessKey = 'AKIADESTROY000000001'
  const removing = world.destroy(
    { wait: 'true', 'poll-interval': '2s' },
    { event: world.closed(), env: { AWS_ACCESS_KEY_ID: accessKey } },
  )
  await world.until(() => world.clone().status === 'deleting')
  const created = Promise.withResolvers<undefined>()
  world.cloud.aws.hooks.beforeApply = async ({ accessKeyId }) => {
    if (accessKeyId === accessKey) await created.promise
  }
  world.pull.reopen()
  const creation = await world.create({ wait: 'false', 'poll-interval': '2s' })
  expect(world.comment()).toMatch(/is being created/)
  created.resolve(undefined)
  const removal = await removing
  ;[removal, creation].forEach(expectPlainEnd)
  expect(removal.outputs['outcome']).toBe('destroyed')
  expect(world.comment()).not.toMatch(/is gone|is being deleted/)
})

test('the sweep puts the comment right of a clone that a run was killed over', async () => {
  const world = await aWorld({ behaviour: { deletingMs: HOUR_MS } })
  await world.create({}, IN_PROCESS)
  const step = world.start({ mode: 'auto' }, { event: world.close() })
  world.cloud.aws.hooks.afterApply = ({ operation }) => {
    if (operation === 'DeleteDBCluster') step.kill()
  }
  await step.result
  expect(world.clone().status).toBe('deleting')
  expectPlainEnd(await world.play(SWEEP))
  expect(world.comment()).not.toMatch(/is ready/)
})
