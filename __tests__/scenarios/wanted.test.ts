import { describe, expect, test } from '@jest/globals'
import { DAY_MS, letTimePass } from './seeded-clones.ts'
import { reopen } from './workflow-calls.ts'
import { LABEL, SOURCE, type World, aTableWorld } from './world.ts'

const CLONE = 'clone-pr-42-shop-8b540f896d9d0b71'
const HOLD = 'aurora-clone:hold'
const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL }
const SWEEP = { mode: 'sweep', 'dry-run': 'false' }

function titlesOf({ annotations }: Awaited<ReturnType<World['play']>>): readonly (string | undefined)[] {
  return annotations.filter(({ level }) => level === 'error').map(({ title }) => title)
}

describe('hold as an input', () => {
  test('the pull request is closed already: the clone is held, and stays', async () => {
    const world = await aTableWorld()
    await world.create()
    world.close()
    const run = await world.create({ hold: 'true' }, { event: world.synchronize() })
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'held' })
    expect(world.clone()).toMatchObject({ status: 'available', tags: { [HOLD]: 'true' } })
    expect(world.comment()).toContain('held')
  })

  test('the pull request is closed while the run waits for the clone: it stays', async () => {
    const world = await aTableWorld({ behaviour: { instanceCreatingMs: 120_000 } })
    await world.create({ wait: 'false' })
    const running = world.start({ ...AUTO, hold: 'true' }, { event: world.synchronize() })
    await world.until(() => world.clone().tags[HOLD] === 'true')
    world.close()
    const run = await running.result
    expect(run.outputs).toMatchObject({ outcome: 'skipped', 'skip-reason': 'held' })
    expect((await world.play(SWEEP)).outputs['outcome']).toBe('swept')
    expect(world.mutations().filter((call) => call.startsWith('Delete'))).toEqual([])
    expect(world.clones()).toHaveLength(1)
  })

  test('`false` for one name leaves the hold of another', async () => {
    const world = await aTableWorld()
    for (const name of ['orders', 'customers']) await world.create({ 'clone-name': name, hold: 'true' })
    const event = world.close()
    const run = await world.play({ ...AUTO, 'clone-name': 'orders', hold: 'false' }, { event })
    expect(run.outputs['outcome']).toBe('deleting')
    const stay = world.clones().filter(({ status }) => status !== 'deleting')
    expect(stay.map(({ tags }) => [tags['aurora-clone:name'], tags[HOLD]])).toEqual([['customers', 'true']])
  })
})

test('a push waits for a clone whose time was up: a sweep beside it goes by the new time', async () => {
  const world = await aTableWorld({ behaviour: { startingMs: 180_000 } })
  await world.create()
  letTimePass(world, CLONE, 8 * DAY_MS)
  world.cloud.region.stopCluster(CLONE)
  const { resourceId } = world.clone()
  const running = world.start(AUTO, { event: world.synchronize(), inProcess: false })
  await world.until(() => world.clone().status === 'starting')
  const swept = await world.play(SWEEP)
  expect(swept.outputs['outcome']).toBe('swept')
  expect(swept.log).toMatch(/kept {2}clone-pr-42-\S+ {2}\(.* old\): wanted$/m)
  const run = await running.result
  expect(run.outputs).toMatchObject({ outcome: 'ready', 'cluster-resource-id': resourceId })
})

describe('a slip in the inputs, corrected', () => {
  test.each([
    // A serverless writer needs a capacity range, which only a new cluster gets.
    [
      'a class that does not exist',
      { 'instance-class': 'db.foo.large' },
      'Instance class not available',
      'true',
    ],
    [
      'a parameter group that does not exist',
      { 'db-parameter-group-name': 'nope' },
      'Parameter group rejected',
      'false',
    ],
  ])('%s: the next run makes the clone as it is asked for then', async (_, slip, title, created) => {
    const world = await aTableWorld()
    const slipped = await world.play({ ...AUTO, ...slip })
    expect(titlesOf(slipped)).toEqual([title])
    const { resourceId } = world.clone()
    const run = await world.play(AUTO, { event: world.synchronize() })
    expect(run.outputs).toMatchObject({ outcome: 'ready', created })
    expect(world.clone().resourceId !== resourceId).toBe(created === 'true')
    expect(world.comment()).toContain('is ready')
  })
})

describe('a label that was renamed on GitHub', () => {
  test.each([
    ['auto', AUTO],
    ['create', { ...AUTO, mode: 'create' }],
    ['wait', { mode: 'wait', label: LABEL }],
  ])('mode %s keeps the clone that was made for it, and says what to do', async (_, inputs) => {
    const world = await aTableWorld()
    await world.create()
    world.repository.renameLabel(LABEL, 'Database')
    const before = world.mutations().length
    const run = await world.play(inputs, { event: world.synchronize() })
    expect(titlesOf(run)).toEqual(['Label unknown'])
    expect(world.mutations().length).toBe(before)
    expect(world.comment()).toContain('is ready')

    const next = await world.play({ ...AUTO, label: 'Database' }, { event: world.synchronize() })
    expect(next.outputs).toMatchObject({ outcome: 'ready', created: 'false' })
    expect(world.clone().tags['aurora-clone:label']).toBe('database')
  })

  test('another label that still is there says nothing: taken off by hand, its clone goes', async () => {
    const world = await aTableWorld()
    await world.create()
    const run = await world.play(AUTO, { event: world.unlabel() })
    expect(run.outputs).toMatchObject({ outcome: 'deleting', 'skip-reason': 'label-missing' })
  })
})

test.each([
  ['true', 'ready'],
  ['false', 'creating'],
])(
  'reopened while AWS takes only half of the deletion (wait: %s): its writer is made anew',
  async (wait, outcome) => {
    const world = await aTableWorld({
      behaviour: {
        clusterCreatingMs: 240_000,
        instanceCreatingMs: 240_000,
        deleteClusterWhileCreating: 'refuse',
        deleteInstanceWhileCreating: 'accept',
      },
    })
    await world.create({ wait: 'false' })
    const running = world.start({ ...AUTO, wait }, { event: world.close({ merged: false }) })
    await world.until(() => world.mutations().includes('DeleteDBInstance'))
    reopen(world)
    const run = await running.result
    expect(run.outputs).toMatchObject({ outcome, 'cluster-identifier': CLONE })
    expect(titlesOf(run)).toEqual([])
    expect(world.mutations().filter((call) => call === 'CreateDBInstance')).toHaveLength(2)
    expect(world.comment()).toContain(wait === 'true' ? 'is ready' : 'is being created')
  },
)
