import { describe, expect, test } from '@jest/globals'
import { IN_PROCESS, type World, type WorldOptions, LABEL, SOURCE, aTableWorld } from './world.ts'

// AWS takes twelve minutes to delete a clone. The next one is made beside it.

const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL, 'wait-timeout': '1h' }
const POLL_MS = 10_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** As on a real account. */
const SLOW = { clusterCreatingMs: MINUTE_MS, instanceCreatingMs: 4 * MINUTE_MS, deletingMs: 12 * MINUTE_MS }
/** Of runs side by side, and of those that are killed. */
const BESIDE = { inProcess: false }
const RESTORE = 'RestoreDBClusterToPointInTime'

async function aSlowWorld(options: WorldOptions = {}): Promise<World> {
  return await aTableWorld({ ...options, behaviour: { ...SLOW, ...options.behaviour } })
}

/** How long a run takes, by the world's clock. */
async function timed(world: World, run: () => Promise<unknown>): Promise<number> {
  const before = world.clock.now()
  await run()
  return world.clock.now() - before
}

function restores(world: World): number {
  return world.mutations().filter((operation) => operation === RESTORE).length
}

describe('a clone that is wanted again while AWS deletes the former one is ready as soon as a first one', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    [
      'reopened',
      async (world) => {
        await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
        world.pull.reopen()
      },
    ],
    [
      'relabelled',
      async (world) => {
        await world.play(AUTO, { event: world.unlabel(), ...IN_PROCESS })
        world.pull.addLabel(LABEL)
      },
    ],
  ])('%s', async (_, away) => {
    const world = await aSlowWorld()
    const first = await timed(world, () => world.play(AUTO))
    const { identifier } = world.clone()
    await away(world)
    const again = await timed(world, async () => {
      const run = await world.play(AUTO)
      expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    })
    // Each rest is a random tenth shorter.
    expect(again).toBeLessThanOrEqual(first + POLL_MS)
    expect(world.clone().identifier).not.toBe(identifier)
    expect(world.cloud.region.cluster(identifier)?.status).toBe('deleting')
    expect(world.comment()).toContain(world.clone().identifier)
    expect(world.comment()).toContain('is ready')
  })
})

test('a clone that failed at birth: the next one is made at once, and is the one that all modes mean', async () => {
  const world = await aSlowWorld()
  world.cloud.region.failCluster(({ identifier }) => identifier.startsWith('clone-pr-42-'), {
    status: 'cloning-failed',
    afterMs: 10_000,
    applies: 'next',
  })
  const made = await timed(world, async () => {
    expect((await world.play(AUTO)).outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  })
  expect(made).toBeLessThan(SLOW.deletingMs)
  const { identifier, resourceId } = world.clone()
  expect((await world.wait()).outputs['cluster-resource-id']).toBe(resourceId)
  const gone = await world.play(AUTO, { event: world.close() })
  expect(gone.outputs).toMatchObject({ outcome: 'deleting', 'cluster-identifier': identifier })
  expect(world.clones().map(({ status }) => status)).toEqual(['deleting', 'deleting'])
  expect(world.comment()).toContain('is being deleted')
})

describe('begun with inputs that were corrected', () => {
  async function refusedOnce(world: World, inputs: Readonly<Record<string, string>>, message: string) {
    world.cloud.aws.faults.add({
      operation: 'CreateDBInstance',
      fault: { code: 'InvalidParameterCombination', message, httpStatus: 400 },
      times: 1,
    })
    const run = await world.play({ ...AUTO, ...inputs })
    expect(run.exitCode).toBe(1)
  }

  test.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['a capacity range', { 'max-acu': '1' }, true],
    ['a class', { 'instance-class': 'db.r6g.large' }, false],
    ['a parameter group', { 'db-parameter-group-name': 'own' }, false],
    ['a tag', { tags: 'CostCenter=41' }, false],
  ])('%s', async (_, slip, isAnew) => {
    const world = await aSlowWorld()
    world.cloud.region.seedParameterGroup({ name: 'own', family: 'aurora-postgresql16' })
    const corrected = slip['instance-class'] === undefined ? {} : { 'instance-class': 'db.r6g.xlarge' }
    await refusedOnce(world, slip, 'Something does not fit.')
    const begun = world.clone()
    // With the same inputs nothing is removed.
    await refusedOnce(world, slip, 'Something does not fit.')
    expect(world.clone().resourceId).toBe(begun.resourceId)
    const run = await world.play({ ...AUTO, ...corrected, tags: 'CostCenter=42' })
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: String(isAnew) })
    const clone = world.clone()
    expect(clone.resourceId !== begun.resourceId).toBe(isAnew)
    expect(clone.tags).toMatchObject({ CostCenter: '42' })
    const writer = world.cloud.region.instance(`${clone.identifier}-1`)
    expect(writer).toMatchObject({
      instanceClass: corrected['instance-class'] ?? 'db.serverless',
      parameterGroup: 'default.aurora-postgresql16',
      tags: { CostCenter: '42' },
    })
  })

  test('a policy of the organisation that asks for a tag on the instance', async () => {
    const world = await aSlowWorld()
    const denied = {
      operation: 'CreateDBInstance',
      fault: {
        code: 'AccessDenied',
        message:
          'User: x is not authorized to perform: rds:CreateDBInstance on resource: y with an explicit deny in a service control policy',
        httpStatus: 403,
      },
      when: (input: unknown) => !JSON.stringify(input).includes('CostCenter'),
    }
    world.cloud.aws.faults.add(denied)
    const run = await world.play({ ...AUTO, 'wait-timeout': '10m' })
    expect(run.exitCode).toBe(1)
    const tagged = await world.play({ ...AUTO, tags: 'CostCenter=42' })
    expect(tagged.outputs).toMatchObject({ outcome: 'ready' })
    expect(world.clone().tags).toMatchObject({ CostCenter: '42' })
  })
})

test('two runs that decide at once make one clone', async () => {
  const world = await aSlowWorld()
  await world.play(AUTO, IN_PROCESS)
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  world.pull.reopen()
  const before = restores(world)
  const runs = await Promise.all([world.play(AUTO, BESIDE), world.play(AUTO, BESIDE)])
  expect(runs.map(({ outputs }) => outputs['outcome'])).toEqual(['ready', 'ready'])
  expect(runs.map(({ outputs }) => outputs['cluster-resource-id'])).toEqual([
    world.clone().resourceId,
    world.clone().resourceId,
  ])
  expect(restores(world) - before).toBeLessThanOrEqual(2)
})

/** It sees the former clone. That one is gone, and its own is hidden, when another run looks. */
async function aHiddenRun(world: World): Promise<ReturnType<World['start']>> {
  await world.play(AUTO, IN_PROCESS)
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  world.pull.reopen()
  await world.clock.sleep(SLOW.deletingMs - 30_000)
  const run = world.start(AUTO, BESIDE)
  await world.until(() => world.clones().length === 2)
  await world.until(() => world.clones().length === 1)
  return run
}

test('two runs with different listings: both hand out one clone, and the sweep deletes the other', async () => {
  const world = await aSlowWorld({ behaviour: { notFoundAfterCreateMs: 90_000 } })
  const first = await aHiddenRun(world)
  const second = world.start(AUTO, BESIDE)
  const [one, other] = [await first.result, await second.result]
  expect([one.outputs['outcome'], other.outputs['outcome']]).toEqual(['ready', 'ready'])
  expect(other.log).toContain('Concurrent runs made two clones')
  await world.clock.sleep(2 * HOUR_MS)
  await world.play({ mode: 'sweep', 'dry-run': 'false' })
  expect(one.outputs['cluster-resource-id']).toBe(world.clone().resourceId)
  expect(other.outputs['cluster-resource-id']).toBe(world.clone().resourceId)
  expect(world.comment()).toContain(world.clone().identifier)
})

test('what a killed run left beside the leading clone is swept, and the comment stays', async () => {
  const world = await aSlowWorld({ behaviour: { notFoundAfterCreateMs: 90_000 } })
  const first = await aHiddenRun(world)
  const killed = world.start({ ...AUTO, comment: 'false' }, BESIDE)
  await world.until(() => world.clones().length === 2)
  killed.kill()
  await killed.result
  const { outputs } = await first.result
  await world.clock.sleep(2 * HOUR_MS)
  const comment = world.comment()
  const swept = await world.play({ mode: 'sweep', 'dry-run': 'false' })
  expect(swept.log).toMatch(/deleting {2}clone-pr-42-\S+ {2}\(.* old\): replaced by another clone$/m)
  expect(world.clone().resourceId).toBe(outputs['cluster-resource-id'])
  // Of the steps between these two, only the run that made the clone knew.
  const others = /^\| \*\*(?:Cluster restored|Writer available)\*\* .*\n|, \w+ later(?= \|$)/gm
  expect(world.comment().replace(others, '')).toBe(comment.replace(others, ''))
})

test('at AWS’s quota the former clone is waited for, and the log says why', async () => {
  const world = await aSlowWorld({ behaviour: { clusterQuota: 2 } })
  await world.play(AUTO, IN_PROCESS)
  await world.play(AUTO, { event: world.close({ merged: false }), ...IN_PROCESS })
  const former = world.clone().identifier
  world.pull.reopen()
  const hurried = await world.play({ ...AUTO, wait: 'false' })
  expect(hurried.annotations).toContainEqual(expect.objectContaining({ title: 'Quota exceeded' }))
  const run = await world.play(AUTO)
  expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(run.log).toContain(`waiting for the former clone "${former}" to be gone`)
})

test('a run that waits for the end of a deletion leaves the comment of the next clone alone', async () => {
  const world = await aSlowWorld()
  await world.play(AUTO, IN_PROCESS)
  const event = world.close({ merged: false })
  const closing = world.start({ mode: 'destroy', wait: 'true' }, { event, ...BESIDE })
  await world.until(() => world.clone().status === 'deleting')
  world.pull.reopen()
  await world.play(AUTO, IN_PROCESS)
  expect((await closing.result).outputs['outcome']).toBe('destroyed')
  expect(world.comment()).toContain('is ready')
  expect(world.comment()).toContain(world.clone().identifier)
})

test('keep-latest counts an incarnation of a generation once', async () => {
  const world = await aSlowWorld()
  const nightly = { 'clone-key': 'nightly', label: '', 'wait-timeout': '1h' }
  for (const generation of ['1', '2']) await world.create({ ...nightly, generation })
  await world.destroy({ 'clone-key': 'nightly', generation: '2' })
  const run = await world.create({ ...nightly, generation: '2' })
  expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  await world.destroy({ 'clone-key': 'nightly', 'keep-latest': '2' })
  const alive = world.clones().filter(({ status }) => status === 'available')
  expect(alive.map(({ tags }) => tags['aurora-clone:generation'])).toEqual(['1', '2'])
})
