import { describe, expect, test } from '@jest/globals'
import { LABEL, SOURCE, aTableWorld } from './world.ts'

const CLONE = 'clone-pr-42-shop-8b540f896d9d0b71'
const WRITER = `${CLONE}-1`

function errorOf({
  annotations,
}: {
  readonly annotations: readonly { level: string; title?: string | undefined; message: string }[]
}) {
  const errors = annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  return errors[0] ?? { level: 'error', title: '', message: '' }
}

describe('the goal ready, from whatever is there', () => {
  test('a cluster of that name that is not owned: fails and touches nothing', async () => {
    const world = await aTableWorld()
    world.seedForeign({ identifier: CLONE })
    const run = await world.create()
    expect(run.exitCode).toBe(1)
    expect(errorOf(run)).toMatchObject({
      title: 'Cluster not owned',
      message: expect.stringContaining('was not touched'),
    })
    expect(world.mutations()).toEqual([])
    expect(world.pull.comments()).toEqual([])
  })

  test('a clone of another source: fails and names clone-name', async () => {
    const world = await aTableWorld()
    world.seedForeign({ identifier: 'billing' })
    await world.create()
    const before = world.mutations().length
    const run = await world.create({ 'source-cluster': 'billing' })
    expect(errorOf(run)).toMatchObject({
      title: 'Clone of another source',
      message: expect.stringMatching(/"orders".*clone-name/s),
    })
    expect(world.mutations().length).toBe(before)
  })

  test('a clone that is being deleted: the next one is made beside it at once, also without wait', async () => {
    const world = await aTableWorld({ behaviour: { deletingMs: 1_000_000 } })
    await world.create()
    await world.destroy({}, { event: world.close({ merged: false }) })
    const old = world.clone().resourceId
    world.pull.reopen()
    const run = await world.create({ wait: 'false' })
    expect(run.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
    expect(world.clone().resourceId).not.toBe(old)
    expect(run.log).toContain(`"${CLONE}" is being deleted; the next one is "${world.clone().identifier}"`)
    expect(world.clones().map(({ status }) => status)).toEqual(['deleting', 'creating'])
  })

  test('failed before it was ever ready: removed and restored once', async () => {
    const world = await aTableWorld()
    world.cloud.region.failCluster(({ identifier }) => identifier === CLONE, {
      status: 'cloning-failed',
      afterMs: 10_000,
      applies: 'next',
    })
    const run = await world.create()
    expect(run.exitCode).toBe(0)
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    expect(world.mutations().filter((operation) => operation.startsWith('Restore'))).toHaveLength(2)
  })

  test('failed again: fails with the events of AWS', async () => {
    const world = await aTableWorld()
    world.cloud.region.failCluster(({ identifier }) => identifier.startsWith('clone-pr-42-'), {
      status: 'cloning-failed',
      afterMs: 10_000,
      message: 'The clone ran out of luck',
      applies: 'every-next',
    })
    const run = await world.create()
    expect(errorOf(run)).toMatchObject({
      title: 'Clone failed',
      message: expect.stringContaining('failed again: cluster cloning-failed'),
    })
    expect(run.log).toContain('The clone ran out of luck')
    expect(world.comment()).toContain('Database clone is not ready')
    expect(run.summary).toContain('Clone failed')
  })

  test('failed later in its life: fails and touches nothing, since it may hold important data', async () => {
    const world = await aTableWorld()
    await world.create()
    world.cloud.region.failInstance(WRITER, { status: 'storage-full', message: 'Disk is full' })
    const before = world.mutations().length
    const run = await world.create()
    expect(errorOf(run)).toMatchObject({
      title: 'Clone failed',
      message: expect.stringMatching(
        /failed after its endpoint had been published.*storage-full.*destroy and then create/s,
      ),
    })
    expect(run.log).toContain('Disk is full')
    expect(world.mutations().length).toBe(before)
  })

  test('incompatible parameters of a provisioned writer: names the input, and the next create mends it', async () => {
    const world = await aTableWorld()
    world.cloud.region.seedParameterGroup({ name: 'huge', family: 'aurora-postgresql16' })
    world.cloud.region.failInstance(({ identifier }) => identifier === WRITER, {
      status: 'incompatible-parameters',
      applies: 'next',
    })
    const shape = { 'instance-class': 'db.r6g.large' }
    const run = await world.create({ ...shape, 'db-parameter-group-name': 'huge' })
    expect(errorOf(run)).toMatchObject({
      title: 'Parameter group rejected',
      message: expect.stringMatching(/"huge".*db-parameter-group-name/s),
    })
    const mended = await world.create(shape)
    expect(mended.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
  })

  test('incompatible parameters of a serverless writer may heal by themselves', async () => {
    const world = await aTableWorld()
    world.cloud.region.failInstance(({ identifier }) => identifier === WRITER, {
      status: 'incompatible-parameters',
      afterMs: 5_000,
      healsAfterMs: 60_000,
      applies: 'next',
    })
    const run = await world.create()
    expect(run.outputs['outcome']).toBe('ready')
    expect(run.log).toContain('waiting for status "incompatible-parameters" to end')
  })

  test('stopped: started, and ready again', async () => {
    const world = await aTableWorld()
    await world.create()
    world.cloud.region.stopCluster(CLONE)
    const before = world.mutations().length
    const run = await world.create()
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    // Its life is extended before and after: a sweep may look at it at any time.
    const changes = ['AddTagsToResource', 'StartDBCluster', 'AddTagsToResource']
    expect(world.mutations().slice(before)).toEqual(changes)
  })

  test('a cluster without instance: its writer is made, by wait too, as the clone was ordered', async () => {
    const world = await aTableWorld()
    world.cloud.aws.faults.add({
      operation: 'CreateDBInstance',
      times: 1,
      fault: { code: 'InstanceQuotaExceeded', message: 'Quota' },
    })
    const half = await world.create({ 'instance-class': 'db.r6g.large' })
    expect(half.exitCode).toBe(1)
    expect(world.cloud.region.instance(WRITER)).toBeUndefined()
    const run = await world.wait()
    expect(run.outputs['outcome']).toBe('ready')
    expect(world.cloud.region.instance(WRITER)).toMatchObject({ instanceClass: 'db.r6g.large' })
  })

  test('no clone: wait says what to do', async () => {
    const world = await aTableWorld()
    const run = await world.wait()
    expect(errorOf(run)).toMatchObject({
      title: 'No clone',
      message: 'There is no clone for pull request #42. Run mode create first.',
    })
  })

  test('a clone that is being deleted: wait says so', async () => {
    const world = await aTableWorld({ behaviour: { deletingMs: 600_000 } })
    await world.create()
    await world.destroy({}, { event: world.close({ merged: false }) })
    world.pull.reopen()
    expect(errorOf(await world.wait()).message).toContain('is being deleted')
  })
})

describe('what AWS may do', () => {
  test.each(['accept', 'refuse'] as const)('instances while the cluster is creating: %s', async (answer) => {
    const world = await aTableWorld({ behaviour: { createInstanceWhileCreating: answer } })
    const run = await world.create()
    expect(run.outputs['outcome']).toBe('ready')
    // Refused once, it is asked for again only when the cluster is available.
    const requests = world.cloud.aws.requests.filter(({ operation }) => operation === 'CreateDBInstance')
    expect(requests).toHaveLength(answer === 'accept' ? 1 : 2)
  })

  test('a new cluster and its writer do not show for a while', async () => {
    const world = await aTableWorld({ behaviour: { notFoundAfterCreateMs: 60_000 } })
    const run = await world.create()
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
    expect(world.mutations().filter((operation) => operation.startsWith('Restore'))).toHaveLength(1)
  })

  test('a cluster that flaps between the look that finds it ready and the next', async () => {
    const world = await aTableWorld()
    const { aws, region } = world.cloud
    const flap = { status: 'modifying', healsAfterMs: 60_000 }
    aws.hooks.afterApply = ({ operation }) => {
      const [clone] = world.clones()
      if (operation !== 'DescribeDBInstances' || clone?.status !== 'available') return
      if (region.instance(`${clone.identifier}-1`)?.status !== 'available') return
      delete aws.hooks.afterApply
      region.failCluster(clone.identifier, flap)
    }
    const run = await world.create({ 'poll-interval': '1s' })
    expect(aws.hooks.afterApply).toBeUndefined()
    expect(run.outputs['outcome']).toBe('ready')
    expect(world.clone().status).toBe('available')
  })

  test.each(['accept', 'refuse'] as const)('deletion while the cluster is creating: %s', async (answer) => {
    const world = await aTableWorld({
      behaviour: {
        deleteClusterWhileCreating: answer,
        deleteInstanceWhileCreating: answer,
        clusterCreatingMs: 60_000,
      },
    })
    await world.create({ wait: 'false' })
    const run = await world.destroy({}, { event: world.close() })
    expect(run.outputs['outcome']).toBe('deleting')
    await world.cloud.clock.sleep(120_000)
    expect(world.clones()).toEqual([])
  })

  test('a cluster that cannot be deleted in time keeps its tags, and the step says so', async () => {
    const world = await aTableWorld({
      behaviour: {
        deleteClusterWhileCreating: 'refuse',
        deleteInstanceWhileCreating: 'refuse',
        clusterCreatingMs: 3_600_000,
      },
    })
    await world.create({ wait: 'false' })
    const run = await world.destroy({ 'wait-timeout': '10m' }, { event: world.close() })
    expect(run.exitCode).toBe(1)
    expect(errorOf(run)).toMatchObject({
      title: 'Timed out',
      message: expect.stringMatching(/could not be deleted within 10m.*keeps its tags/s),
    })
    expect(world.clone().tags['aurora-clone:key']).toBe('pr-42')
  })

  test('the deletion was accepted but the cluster still shows as available', async () => {
    const world = await aTableWorld({ behaviour: { availableAfterDeleteMs: 60_000 } })
    await world.create()
    const run = await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(run.outputs['outcome']).toBe('destroyed')
  })

  test('a stopped clone is started to be deleted', async () => {
    const world = await aTableWorld()
    await world.create()
    world.cloud.region.stopCluster(CLONE)
    const before = world.mutations().length
    const run = await world.destroy({}, { event: world.close() })
    expect(run.outputs['outcome']).toBe('deleting')
    expect(world.mutations().slice(before)).toEqual(['StartDBCluster', 'DeleteDBInstance', 'DeleteDBCluster'])
  })

  test('capacity that comes back within the timeout', async () => {
    const world = await aTableWorld()
    for (const operation of ['RestoreDBClusterToPointInTime', 'CreateDBInstance'])
      world.cloud.aws.faults.add({
        operation,
        times: 2,
        fault: {
          code:
            operation === 'CreateDBInstance'
              ? 'InsufficientDBInstanceCapacity'
              : 'InsufficientDBClusterCapacityFault',
          message: 'No room',
        },
      })
    const run = await world.create()
    expect(run.outputs['outcome']).toBe('ready')
    expect(run.log).toContain('waiting for capacity: No room')
  })
})

describe('the limit of copy-on-write clones', () => {
  test('max-clones refuses before AWS makes a full copy, and names it', async () => {
    const world = await aTableWorld()
    await world.create()
    world.repository.pullRequest({ number: 43, labels: [LABEL] })
    const run = await world.create({ 'max-clones': '1', 'pr-number': '43' })
    expect(errorOf(run)).toMatchObject({
      title: 'Clone limit reached',
      message: expect.stringMatching(
        /"orders" has 1 other cluster; max-clones is 1\. 1 of these clusters is a clone of this repository, 0 are not\. The oldest of this repository: "clone-pr-42-shop-\w+" \(pull request #42, \d+s old\)\./,
      ),
    })
    expect(world.clones()).toHaveLength(1)
  })

  test.each(['when-deletion-starts', 'when-gone'] as const)(
    'a slot that is being freed is waited for (AWS frees it %s)',
    async (deletedCloneFreesItsSlot) => {
      const world = await aTableWorld({ behaviour: { deletedCloneFreesItsSlot, deletingMs: 300_000 } })
      await world.create()
      world.repository.pullRequest({ number: 43, labels: [LABEL] })
      await world.destroy({}, { event: world.close() })
      const run = await world.create({ 'max-clones': '1', 'pr-number': '43' })
      expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'true' })
      expect(run.log).toContain('waiting for one of 1 clone of "orders" to be gone')
    },
  )

  test('a copy to a point in time is none of them', async () => {
    const world = await aTableWorld()
    await world.create()
    world.repository.pullRequest({ number: 43, labels: [LABEL] })
    const time = new Date(world.cloud.clock.now() - 3_600_000).toISOString()
    const run = await world.create({
      'max-clones': '1',
      'pr-number': '43',
      'restore-to-time': time,
      wait: 'false',
    })
    expect(run.outputs).toMatchObject({ outcome: 'creating', 'data-as-of': time })
  })
})

test('a quota of instances that AWS tells after it made the cluster: the next run and the sweep put it right', async () => {
  const world = await aTableWorld({ behaviour: { instanceQuota: 2 } })
  const [room, late] = [43, 44].map((number) => world.repository.pullRequest({ number, labels: [LABEL] }))
  await world.create({ 'pr-number': '43' })
  for (const number of ['42', '44'])
    expect(errorOf(await world.create({ 'pr-number': number }))).toMatchObject({
      title: 'Quota exceeded',
      message: expect.stringMatching(
        /2 Aurora instances in 2 clusters; .* 1 of these clusters is a clone of this repository, 1 is not\. .*"clone-pr-43-/,
      ),
    })
  for (const pull of [room, late]) pull?.close({ merged: true })
  await world.play({ mode: 'sweep', 'dry-run': 'false' })
  await world.until(() => world.clones().length === 1)
  expect((await world.create()).outputs).toMatchObject({ outcome: 'ready', created: 'false' })
})

describe('deletion is refused', () => {
  test.each([
    ['true', 'held'],
    ['until-friday', 'held'],
    ['2099-01-01T00:00:00Z', 'held'],
  ])('while the hold tag is %s', async (hold, reason) => {
    const world = await aTableWorld()
    await world.create()
    await world.tagByHand(CLONE, { 'aurora-clone:hold': hold })
    const run = await world.destroy({}, { event: world.close() })
    expect(run.exitCode).toBe(0)
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': reason })
    expect(world.clone().status).toBe('available')
    expect(world.comment()).toContain('held')
  })

  test.each(['false', '2020-01-01T00:00:00Z'])('not by a hold tag of %s', async (hold) => {
    const world = await aTableWorld()
    await world.create()
    await world.tagByHand(CLONE, { 'aurora-clone:hold': hold })
    const run = await world.destroy({}, { event: world.close() })
    expect(run.outputs['outcome']).toBe('deleting')
  })

  test('for a protected clone, before anything is touched', async () => {
    const world = await aTableWorld()
    await world.create()
    await world.protectByHand(CLONE)
    const before = world.mutations().length
    const run = await world.destroy({}, { event: world.close() })
    expect(errorOf(run)).toMatchObject({ title: 'Clone is protected' })
    expect(world.mutations().length).toBe(before)
  })

  test('for the source, even if somebody gave it all the tags of a clone', async () => {
    const world = await aTableWorld()
    await world.create()
    const { tags } = world.clone()
    await world.destroy({ wait: 'true' }, { event: world.close() })
    await world.tagByHand(SOURCE, { ...tags, 'aurora-clone:cluster': SOURCE })
    const run = await world.destroy({ 'source-cluster': SOURCE }, { event: world.closed() })
    expect(run.outputs['outcome']).toBe('absent')
    expect(world.cloud.region.cluster(SOURCE)?.status).toBe('available')
  })

  test('for a clone of a clone that carries copied tags', async () => {
    const world = await aTableWorld()
    await world.create()
    await world.cloneByHand(CLONE, 'hand-made')
    const run = await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(run.outputs['outcome']).toBe('destroyed')
    expect(world.cloud.region.cluster('hand-made')?.status).toBe('available')
  })
})

describe('what AWS does not show yet is not forgotten', () => {
  test.each(['true', 'false'])(
    'a pull request that closes right after the restore (wait: %s)',
    async (wait) => {
      const world = await aTableWorld({ behaviour: { notFoundAfterCreateMs: 40_000, deletingMs: 1_000 } })
      world.cloud.aws.hooks.afterApply = ({ operation }) => {
        if (operation !== 'RestoreDBClusterToPointInTime') return
        world.cloud.aws.hooks.afterApply = () => undefined
        world.pull.close({ merged: true })
      }
      const run = await world.create({ wait })
      expect(run.exitCode).toBe(0)
      expect(run.outputs).toMatchObject({ outcome: 'deleting', 'skip-reason': 'pull-request-closed' })
      await world.cloud.clock.sleep(120_000)
      expect(world.clones()).toEqual([])
    },
  )

  test('a clone whose endpoint was given out is not replaced, even if nobody ever waited for it', async () => {
    const world = await aTableWorld()
    await world.create({ wait: 'false' })
    await world.cloud.clock.sleep(120_000)
    world.cloud.region.failInstance(WRITER, { status: 'storage-full' })
    const before = world.mutations().length
    const run = await world.create()
    expect(errorOf(run).message).toMatch(/failed after its endpoint had been published.*not changed/s)
    expect(world.mutations().length).toBe(before)
  })

  test('a clone that heals while it is about to be replaced is kept', async () => {
    const world = await aTableWorld()
    await world.create({ 'wait-timeout': '1s' })
    await world.cloud.clock.sleep(120_000)
    const { resourceId } = world.clone()
    world.cloud.region.failInstance(WRITER, { status: 'incompatible-network', healsAfterMs: 20_000 })
    // The failure is seen, and by the time of the deletion it is over.
    let looks = 0
    world.cloud.aws.hooks.beforeApply = async ({ operation }) => {
      looks += operation === 'DescribeDBInstances' ? 1 : 0
      if (looks === 2) await world.clock.sleep(25_000)
    }
    const run = await world.create()
    expect(run.log).toContain('no longer failed; checking again')
    expect(run.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(world.clone().resourceId).toBe(resourceId)
  })
})
