import { describe, expect, test } from '@jest/globals'
import { SOURCE, aWorld } from './world.ts'

describe('every open question about AWS is played both ways', () => {
  const ONE_WAY = {
    cloneWhileAnotherIsBeingMade: 'accept',
    clonesOfClonesCount: true,
    dataApiOnClones: 'off',
    instancesInheritClusterTags: true,
    emptyLists: 'absent',
    deletedCloneFreesItsSlot: 'when-deletion-starts',
    createInstanceWhileCreating: 'refuse',
    deleteClusterWhileCreating: 'refuse',
  } as const
  const THE_OTHER = {
    cloneWhileAnotherIsBeingMade: 'refuse',
    clonesOfClonesCount: false,
    dataApiOnClones: 'inherited',
    instancesInheritClusterTags: false,
    emptyLists: 'present',
    deletedCloneFreesItsSlot: 'when-gone',
    createInstanceWhileCreating: 'accept',
    deleteClusterWhileCreating: 'accept',
  } as const

  // Each answer once alone would be as many runs again: they do not meet in our code.
  test.each([ONE_WAY, THE_OTHER])('two clones, made and destroyed, under %j', async (behaviour) => {
    const world = await aWorld({ behaviour: { ...behaviour, clusterCreatingMs: 60_000 } })
    const first = await world.create({ 'clone-name': 'one', wait: 'false' })
    const second = await world.create({ 'clone-name': 'two' })
    expect([first.outputs['outcome'], second.outputs['outcome']]).toEqual(['creating', 'ready'])
    const closed = await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(closed.outputs['outcome']).toBe('destroyed')
    expect(world.clones()).toEqual([])
  })

  test.each([
    // It may only be busy, so the source is looked at again.
    ['InvalidDBClusterStateFault', 'Source cluster "orders" is stopped.'],
    ['InvalidParameterCombination', 'RestoreDBClusterToPointInTime failed'],
  ] as const)(
    'a source that stops between our look and the restore (%s) is one clear error',
    async (unusableSourceFault, says) => {
      const world = await aWorld({ behaviour: { unusableSourceFault } })
      world.cloud.aws.hooks.beforeApply = ({ operation }) => {
        if (operation === 'RestoreDBClusterToPointInTime') world.cloud.region.stopCluster(SOURCE)
      }
      const run = await world.create({ wait: 'false' })
      expect(run.annotations).toEqual([
        expect.objectContaining({
          level: 'error',
          message: expect.stringContaining(says),
        }),
      ])
      expect(world.clones()).toEqual([])
    },
  )
})
