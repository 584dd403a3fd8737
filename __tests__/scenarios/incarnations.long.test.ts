import { DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { cloneIdentifier } from '../../src/aurora/clone/identity.ts'
import { TAG, ownershipTags } from '../../src/aurora/clone/tags.ts'
import { seedClone } from './seeded-clones.ts'
import { IN_PROCESS, type World, type WorldOptions, LABEL, SOURCE, aTableWorld } from './world.ts'

// Attacks on clones that have several clusters.

const AUTO = {
  mode: 'auto',
  'source-cluster': SOURCE,
  label: LABEL,
  'wait-timeout': '1h',
  'poll-interval': '30s',
}
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** As on a real account. */
const SLOW = { clusterCreatingMs: MINUTE_MS, instanceCreatingMs: 4 * MINUTE_MS, deletingMs: 12 * MINUTE_MS }
/** Of runs side by side, and of those that are killed. */
const BESIDE = { inProcess: false }
const NOT_NOW = { code: 'ServiceUnavailable', message: 'not now', httpStatus: 503 }

async function aSlowWorld(options: WorldOptions = {}): Promise<World> {
  return await aTableWorld({ ...options, behaviour: { ...SLOW, ...options.behaviour } })
}

function isListing(input: Readonly<Record<string, unknown>>): boolean {
  return input['DBClusterIdentifier'] === undefined
}

function alive(world: World) {
  return world.clones().filter(({ status }) => status !== 'deleting')
}

async function reopened(world: World): Promise<void> {
  await world.play(AUTO, IN_PROCESS)
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  world.pull.reopen()
}

/** Two runs that saw other listings: the first one made the second incarnation, and it is hidden from the second run. */
async function twoBeside(
  world: World,
  inputs: Readonly<Record<string, string>> = {},
  second: Readonly<Record<string, string>> = inputs,
) {
  await reopened(world)
  await world.clock.sleep(SLOW.deletingMs - 30_000)
  const first = world.start({ ...AUTO, ...inputs }, BESIDE)
  await world.until(() => world.clones().length === 2)
  await world.until(() => world.clones().length === 1)
  return [first, world.start({ ...AUTO, ...second }, BESIDE)] as const
}

describe('a run that does not wait', () => {
  test('hands out a clone that AWS hides for a time', async () => {
    const world = await aSlowWorld({ behaviour: { notFoundAfterCreateMs: 30_000 } })
    const run = await world.play({ ...AUTO, wait: 'false' })
    expect(run.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
    expect(world.clone().tags[TAG.handedOutAt]).toBeDefined()
  })

  test('does without the tag where AWS takes none for a cluster in creating', async () => {
    const world = await aSlowWorld()
    world.cloud.aws.faults.add({
      operation: 'AddTagsToResource',
      fault: { code: 'InvalidDBClusterStateFault', message: 'creating', httpStatus: 400 },
    })
    expect((await world.play({ ...AUTO, wait: 'false' })).outputs).toMatchObject({ outcome: 'creating' })
  })

  test('hands out nothing that is being deleted', async () => {
    const world = await aSlowWorld()
    let isDone = false
    world.cloud.aws.faults.add({
      operation: 'DescribeDBClusters',
      fault: 'throttle',
      when: (input) => {
        if (isDone || !isListing(input) || world.clones().length === 0) return false
        isDone = true
        const { region } = world.cloud
        const snapshot = region.snapshot()
        const timeline = [{ from: world.clock.now() - 1, status: 'deleting' }]
        for (const [id, cluster] of snapshot.clusters)
          if (cluster.identifier.startsWith('clone-')) snapshot.clusters.set(id, { ...cluster, timeline })
        region.restore(snapshot)
        return false
      },
    })
    const run = await world.play({ ...AUTO, wait: 'false' })
    expect(isDone).toBe(true)
    expect(run.outputs).toMatchObject({ outcome: '', endpoint: '' })
  })
})

test.each([3_000, 13_000, 43_000])(
  'two workflows with other inputs, %d ms apart, do not replace each other for ever',
  async (laterMs) => {
    const world = await aSlowWorld({ behaviour: { createInstanceWhileCreating: 'refuse' } })
    const one = world.start({ ...AUTO, 'max-acu': '1' }, BESIDE)
    await world.until(() => world.clones().length === 1)
    await world.clock.sleep(laterMs)
    const two = world.start({ ...AUTO, 'max-acu': '2' }, BESIDE)
    const runs = [await one.result, await two.result]
    expect(runs.map(({ outputs }) => outputs['outcome'])).toEqual(['ready', 'ready'])
    expect(world.clones().length).toBeLessThanOrEqual(2)
    expect(alive(world)).toHaveLength(1)
  },
)

describe('of two that are made at once', () => {
  const HIDDEN = { notFoundAfterCreateMs: 90_000 }

  test('the younger one is handed out if the run of the older one was killed', async () => {
    const world = await aSlowWorld({
      behaviour: { ...HIDDEN, createInstanceWhileCreating: 'refuse' },
    })
    const [first, second] = await twoBeside(world, { 'wait-timeout': '8m' })
    first.kill()
    await first.result
    expect((await second.result).outputs['outcome']).toBe('ready')
  })

  test('a full copy of hours is neither swept nor lost beside one that nobody finished', async () => {
    const world = await aSlowWorld({
      behaviour: { ...HIDDEN, fullCopyCreatingMs: 3 * HOUR_MS, createInstanceWhileCreating: 'refuse' },
    })
    const time = new Date(world.clock.now()).toISOString()
    const [first, second] = await twoBeside(world, {}, { 'restore-to-time': time, 'wait-timeout': '6h' })
    await world.until(() => world.clones().length === 2)
    first.kill()
    await first.result
    await world.clock.sleep(2 * HOUR_MS)
    await world.play({ mode: 'sweep', 'dry-run': 'false' })
    expect((await second.result).outputs['outcome']).toBe('ready')
  })

  test('the hold of the one that is left behind is released, so the sweep can delete it', async () => {
    const world = await aSlowWorld({ behaviour: HIDDEN })
    const [first, second] = await twoBeside(world, { hold: 'true' })
    const runs = [await first.result, await second.result]
    expect(new Set(runs.map(({ outputs }) => outputs['cluster-resource-id'])).size).toBe(1)
    await world.clock.sleep(2 * HOUR_MS)
    await world.play({ mode: 'sweep', 'dry-run': 'false' })
    expect(world.clone().resourceId).toBe(runs[0]?.outputs['cluster-resource-id'])
  })

  test('the sweep tells again of the one in use, if a killed run told of the other one', async () => {
    const world = await aSlowWorld({ behaviour: HIDDEN })
    const [first, second] = await twoBeside(world)
    await world.until(() => world.clones().length === 2)
    await world.until(() => world.comment().includes('is being created'))
    second.kill()
    await second.result
    const { outputs } = await first.result
    await world.clock.sleep(2 * HOUR_MS)
    await world.play({ mode: 'sweep', 'dry-run': 'false' })
    expect(world.clone().resourceId).toBe(outputs['cluster-resource-id'])
    expect(world.comment()).toContain('is ready')
    expect(world.comment()).toContain(world.clone().identifier)
  })
})

test('a clone in use whose later writer fails at birth stays', async () => {
  const world = await aSlowWorld()
  await world.play({ ...AUTO, wait: 'false' }, IN_PROCESS)
  await world.clock.sleep(24 * HOUR_MS)
  const { identifier, resourceId } = world.clone()
  const credentials = { accessKeyId: 'AKIABYHAND0000000001', secretAccessKey: 'by-hand' }
  const { aws, region } = world.cloud
  const rds = new RDSClient({ region: region.name, endpoint: aws.url, credentials })
  await rds.send(
    new DeleteDBInstanceCommand({ DBInstanceIdentifier: `${identifier}-1`, SkipFinalSnapshot: true }),
  )
  await world.clock.sleep(20 * MINUTE_MS)
  region.failInstance((instance) => instance.identifier.startsWith('clone-'), {
    status: 'incompatible-create',
    afterMs: MINUTE_MS,
    applies: 'next',
  })
  const run = await world.play(AUTO)
  expect(run.annotations).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('after its endpoint had been published') }),
  )
  expect(region.cluster(identifier)).toMatchObject({ resourceId, status: 'available' })
})

test('a sweep that takes long does not overwrite the comment of a clone that was made meanwhile', async () => {
  const world = await aSlowWorld({ behaviour: { startingMs: 9 * MINUTE_MS } })
  world.repository.pullRequest({ number: 43, labels: [LABEL] }).close({ merged: true })
  seedClone(world, { key: 'pr-43', label: LABEL, status: 'stopped' })
  await world.play(AUTO, IN_PROCESS)
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  const sweep = world.start({ mode: 'sweep', 'dry-run': 'false', 'wait-timeout': '30m' }, BESIDE)
  await world.until(() => world.mutations().includes('StartDBCluster'))
  world.pull.reopen()
  expect((await world.play(AUTO)).outputs['outcome']).toBe('ready')
  await sweep.result
  expect(world.comment()).toContain('is ready')
})

test('a forged number does not make the action lose its next clone', async () => {
  const world = await aSlowWorld()
  const identity = {
    server: 'github.com',
    repositoryId: String(world.repository.id),
    prefix: 'clone',
    key: 'pr-42',
    name: '',
    generation: '',
    incarnation: 9_999,
  }
  const identifier = cloneIdentifier({ repository: 'shop', identity })
  const createdAt = world.clock.now() - HOUR_MS
  world.cloud.region.seedCluster({
    identifier,
    createdAt,
    tags: {
      ...ownershipTags(identity, identifier),
      [TAG.label]: LABEL,
      [TAG.createdAt]: new Date(createdAt).toISOString(),
      [TAG.expiresAt]: new Date(createdAt + 24 * HOUR_MS).toISOString(),
    },
    instances: [],
  })
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  world.pull.reopen()
  expect((await world.play(AUTO)).outputs['outcome']).toBe('ready')
  await world.play(AUTO, { event: world.close() })
  expect(alive(world)).toEqual([])
})

test('a listing that is behind makes nobody go round in circles', async () => {
  const world = await aSlowWorld()
  await reopened(world)
  world.cloud.aws.faults.add({
    operation: 'DescribeDBClusters',
    when: isListing,
    fault: {
      rewrite: (body) => body.replaceAll('<Status>deleting</Status>', '<Status>available</Status>'),
    },
  })
  const before = world.calls().length
  const run = await world.play(AUTO)
  expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(world.calls().length - before).toBeLessThan(150)
})

test.each(['true', 'false'])(
  'an outage at the look at all incarnations is waited out (wait: %s)',
  async (wait) => {
    const world = await aSlowWorld()
    world.cloud.aws.faults.add({
      operation: 'DescribeDBClusters',
      fault: NOT_NOW,
      times: 60,
      when: (input) => world.clones().length > 0 && isListing(input),
    })
    expect((await world.play({ ...AUTO, wait })).exitCode).toBe(0)
  },
)
