import { describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../local/aurora/behaviour.ts'
import { randomNumbers } from '../../local/bench/readiness.ts'
import { LABEL, SOURCE, type World, aTableWorld, aWorld } from './world.ts'

// What only AWS knows is a switch of the local cloud. The life of a pull request must be the same whichever way it stands.

const MINUTE_MS = 60_000
const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL, 'wait-timeout': '1h' }
/** The values that are not the default. */
const SWITCHES: Readonly<Record<string, Partial<Behaviour>>> = {
  'no instance while the cluster is created': { createInstanceWhileCreating: 'refuse' },
  'no instance while the cluster is modified': {
    createInstanceWhileModifying: 'refuse',
    flapping: [
      { status: 'available', forMs: 20_000 },
      { status: 'modifying', forMs: 60_000 },
    ],
  },
  'clusters are deleted while they are created': { deleteClusterWhileCreating: 'accept' },
  'no instance is deleted while it is created': { deleteInstanceWhileCreating: 'refuse' },
  'a cluster is deleted after its instances': { deleteClusterWithInstances: 'refuse' },
  'a deleted clone frees its slot at once': { deletedCloneFreesItsSlot: 'when-deletion-starts' },
  'clones of clones do not count': { clonesOfClonesCount: false },
  'one clone of a source at a time': { cloneWhileAnotherIsBeingMade: 'refuse' },
  'another fault for an unusable source': { unusableSourceFault: 'InvalidParameterCombination' },
  'the Data API comes along': { dataApiOnClones: 'inherited' },
  'the storage type comes along': { storageTypeOnClones: 'inherited' },
  'instances take the tags of their cluster': { instancesInheritClusterTags: true },
  'a filter for an unknown cluster is refused': { instancesOfUnknownCluster: 'refuse' },
  'a create call counts its own tags': { createSeesItsOwnTags: true },
  'a deletion is checked on a snapshot': { deleteChecksClusterSnapshot: true },
  'AWS Backup covers the cluster': { coveredByAwsBackup: true },
  'LatestRestorableTime is behind': { latestRestorableLagMs: 5 * MINUTE_MS },
  'tags count late': { tagsCountForAccessAfterMs: 15_000 },
  'new resources are hidden': { notFoundAfterCreateMs: 30_000 },
  'deletions are shown late': { availableAfterDeleteMs: 10_000 },
  'flaps between creating and available': {
    flapping: [
      { status: 'available', forMs: 10_000 },
      { status: 'creating', forMs: 30_000 },
    ],
  },
  'pages of 20': { pageCap: 20 },
  'empty lists are present': { emptyLists: 'present' },
  'deletions take twelve minutes': { deletingMs: 12 * MINUTE_MS },
}

/** Made without waiting, waited for, pushed, closed, reopened, without its label, merged, swept. */
async function live(world: World): Promise<void> {
  const later = async (): Promise<void> => {
    await world.clock.sleep(MINUTE_MS)
  }
  const auto = async (event = world.synchronize()) => (await world.play(AUTO, { event })).outputs
  const begun = await world.play({ ...AUTO, wait: 'false' }, { event: world.labeled() })
  expect(begun.outputs).toMatchObject({ outcome: 'creating', created: 'true' })
  expect((await world.wait({ label: LABEL, 'wait-timeout': '1h' })).outputs).toMatchObject({
    outcome: 'ready',
  })
  const ready = await auto()
  expect(ready).toMatchObject({ outcome: 'ready', created: 'false' })
  expect(await auto(world.close({ merged: false }))).toMatchObject({ outcome: 'deleting' })
  await later()
  world.pull.reopen()
  const again = await auto()
  expect(again).toMatchObject({ outcome: 'ready', created: 'true' })
  expect(again['cluster-resource-id']).not.toBe(ready['cluster-resource-id'])
  expect(world.comment()).toContain(again['cluster-identifier'])
  expect(await auto(world.unlabel())).toMatchObject({ outcome: 'deleting' })
  await later()
  world.pull.addLabel(LABEL)
  expect(await auto()).toMatchObject({ outcome: 'ready', created: 'true' })
  // Nobody heard of the merge.
  world.close({ merged: true })
  await world.play({ mode: 'sweep', 'dry-run': 'false' })
  await world.clock.sleep(20 * MINUTE_MS)
  expect(world.clones()).toEqual([])
}

test.each(Object.keys(SWITCHES))('the life of a pull request where %s', async (name) => {
  await live(
    await aWorld({ inProcess: true, behaviour: { clusterCreatingMs: MINUTE_MS, ...SWITCHES[name] } }),
  )
})

describe('several at once', () => {
  const first = Number(process.env['SWITCHES_SEED'] ?? Date.now() % 1_000_000)

  test.each([first, first + 1, first + 2])(
    'the life of a pull request with SWITCHES_SEED=%d',
    async (seed) => {
      const random = randomNumbers(seed)
      const names = Object.keys(SWITCHES).filter(() => random() < 0.3)
      const behaviour = Object.assign({}, ...names.map((name) => SWITCHES[name])) as Partial<Behaviour>
      try {
        await live(await aTableWorld({ behaviour: { clusterCreatingMs: MINUTE_MS, ...behaviour } }))
      } catch (error) {
        throw new Error(`SWITCHES_SEED=${String(seed)}: ${names.join('; ')}`, { cause: error })
      }
    },
  )
})

describe('a source that stops between our look and the restore is one clear error', () => {
  test.each([
    // It may only be busy, so the source is looked at again.
    ['InvalidDBClusterStateFault', 'Source cluster "orders" is stopped.'],
    ['InvalidParameterCombination', 'RestoreDBClusterToPointInTime failed'],
  ] as const)('%s', async (unusableSourceFault, says) => {
    const world = await aTableWorld({ behaviour: { unusableSourceFault } })
    world.cloud.aws.hooks.beforeApply = ({ operation }) => {
      if (operation === 'RestoreDBClusterToPointInTime') world.cloud.region.stopCluster(SOURCE)
    }
    const run = await world.create({ wait: 'false' })
    expect(run.annotations).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringContaining(says) }),
    ])
    expect(world.clones()).toEqual([])
  })
})

test.each([
  ['accept', 'ready'],
  ['refuse', ''],
] as const)('backtrack without that of the source: %s', async (backtrackWithoutThatOfTheSource, outcome) => {
  const world = await aTableWorld({ withoutSource: true, behaviour: { backtrackWithoutThatOfTheSource } })
  world.seedForeign({ identifier: SOURCE, engine: 'aurora-mysql' })
  const run = await world.create({ 'backtrack-window': '1h' })
  expect(run.outputs['outcome'] ?? '').toBe(outcome)
  expect(world.clones()).toHaveLength(outcome === '' ? 0 : 1)
})
