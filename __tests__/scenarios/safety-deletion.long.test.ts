import { describe, expect, test } from '@jest/globals'
import type { InjectedFault } from '../../local/aurora/fault-injection.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { TAG } from '../../src/aurora/clone/tags.ts'
import { SWEEP, deletions, expectPlainEnd, plant, told } from './safety-clones.ts'
import { DAY_MS, HOUR_MS } from './seeded-clones.ts'
import { oneByOne } from './side-by-side.ts'
import { leftovers } from './standing.ts'
import { staying } from './staying.ts'
import { type World, aTableWorld } from './world.ts'

const HELD = { [TAG.hold]: 'true' }
const MODES = ['auto', 'destroy', 'sweep'] as const

/** A run that wants the clones of the closed pull request gone. */
async function remove(world: World, mode: (typeof MODES)[number]): Promise<StepResult> {
  return await world.play(mode === 'sweep' ? SWEEP : { mode }, { event: world.closed() })
}

describe('what happens to a clone while the run is about to delete it', () => {
  /** A request of the run, before it is answered: what is done there, this very answer shows. */
  interface Moment {
    readonly of: 'GitHub' | 'AWS'
    readonly nth: number
  }

  const isLook = ({ operation, accessKeyId }: AwsRequestRecord): boolean =>
    operation === 'DescribeDBClusters' && !accessKeyId.includes('BYHAND')

  /** Runs the mode, and `act` at the moment; tells how many moments there were before the first deletion. */
  async function removeWhile(
    world: World,
    mode: (typeof MODES)[number],
    { of, nth, act }: Moment & { readonly act: () => Promise<unknown> },
  ): Promise<{ readonly result: StepResult; readonly moments: Readonly<Record<Moment['of'], number>> }> {
    const moments = { GitHub: 0, AWS: 0 }
    const count = async (kind: Moment['of']): Promise<void> => {
      if (deletions(world).length > 0) return
      moments[kind] += 1
      if (of === kind && moments[kind] === nth) await act()
    }
    world.cloud.github.hooks.beforeHandling = ({ path }) =>
      /\/pulls(?:\/\d+)?$/.test(path) ? count('GitHub') : undefined
    world.cloud.aws.hooks.beforeApply = (record) => (isLook(record) ? count('AWS') : undefined)
    const result = await remove(world, mode)
    delete world.cloud.github.hooks.beforeHandling
    delete world.cloud.aws.hooks.beforeApply
    return { result, moments }
  }

  const known = new Map<string, Promise<readonly Moment[]>>()

  /** Every moment of the mode: those of a run that nothing comes between. Played once a mode. */
  async function momentsOf(mode: (typeof MODES)[number]): Promise<readonly Moment[]> {
    const moments = known.get(mode) ?? playUndisturbed(mode)
    known.set(mode, moments)
    return await moments
  }

  async function playUndisturbed(mode: (typeof MODES)[number]): Promise<readonly Moment[]> {
    const world = await aTableWorld()
    const identifier = plant(world)
    world.pull.close({ merged: true })
    const nothing = (): Promise<void> => Promise.resolve()
    const { moments } = await removeWhile(world, mode, { of: 'AWS', nth: 0, act: nothing })
    expect(deletions(world)).toContain(identifier)
    expect(moments.GitHub).toBeGreaterThan(0)
    expect(moments.AWS).toBeGreaterThan(1)
    return (['GitHub', 'AWS'] as const).flatMap((of) =>
      Array.from({ length: moments[of] }, (_none, index) => ({ of, nth: index + 1 })),
    )
  }

  const CHANGES = {
    'put on hold': (world: World, identifier: string) => world.tagByHand(identifier, HELD),
    protected: (world: World, identifier: string) => world.protectByHand(identifier),
    'renamed, and another cluster takes its name': async (world: World, identifier: string) => {
      await world.renameByHand(identifier, 'kept-by-anna')
      world.seedForeign({ identifier, tags: { Owner: 'anna' }, instances: [] })
    },
  }

  test.each(MODES.flatMap((mode) => Object.keys(CHANGES).map((change) => ({ mode, change }))))(
    '$mode deletes nothing when it is $change, at whatever moment before its last look',
    async ({ mode, change }) => {
      const moments = await momentsOf(mode)
      const ends = await oneByOne(moments, async ({ of, nth }) => {
        const world = await aTableWorld()
        const identifier = plant(world)
        world.pull.close({ merged: true })
        const act = CHANGES[change as keyof typeof CHANGES]
        const { result } = await removeWhile(world, mode, { of, nth, act: () => act(world, identifier) })
        expectPlainEnd(result)
        return [`${nth}. request to ${of}`, deletions(world)] as const
      })
      expect(Object.fromEntries(ends)).toEqual(
        Object.fromEntries(moments.map(({ of, nth }) => [`${nth}. request to ${of}`, []])),
      )
    },
  )

  test.each(MODES)(
    '%s: GitHub answers slowly, the hold is put on meanwhile, and the comment says so',
    async (mode) => {
      const world = await aTableWorld()
      await world.create()
      world.pull.close({ merged: true })
      let reading = 0
      world.cloud.github.hooks.beforeHandling = async ({ path }) => {
        if (!/\/pulls(?:\/\d+)?$/.test(path)) return
        reading += 1
        if (reading === 1) await world.tagByHand(world.clone().identifier, HELD)
      }
      const result = await remove(world, mode)
      expectPlainEnd(result)
      expect(deletions(world)).toEqual([])
      expect(world.clone()).toMatchObject({ status: 'available' })
      expect(result.exitCode).toBe(0)
      expect(told(result)).toMatch(/held|hold/)
      if (mode !== 'sweep') expect(world.comment()).toMatch(/held/i)
      expect(world.comment()).not.toMatch(/is gone|being deleted/)
    },
  )

  test.each([
    { mode: 'auto', change: 'put on hold' },
    { mode: 'destroy', change: 'put on hold' },
    { mode: 'sweep', change: 'put on hold' },
    { mode: 'auto', change: 'protected' },
  ] as const)(
    '$mode: it is $change between the deletions of instance and cluster: the cluster stays',
    async ({ mode, change }) => {
      const world = await aTableWorld()
      await world.create()
      world.pull.close({ merged: true })
      const { identifier } = world.clone()
      world.cloud.aws.hooks.afterApply = async ({ operation }) => {
        if (operation === 'DeleteDBInstance') await CHANGES[change](world, identifier)
      }
      const result = await remove(world, mode)
      expectPlainEnd(result)
      expect(deletions(world)).toEqual([`${identifier}-1`])
      expect(result.exitCode).toBe(1)
      expect(told(result)).toMatch(/hold|protection/)
      expect(world.comment()).not.toMatch(/is ready|is gone|is being deleted/)
      expect(result.outputs['endpoint'] ?? '').toBe('')
    },
  )
})

test.each(MODES)('%s leaves a renamed clone alone whose writer still names it as before', async (mode) => {
  const world = await aTableWorld({ behaviour: { renamedClusterInstancesLagMs: HOUR_MS } })
  const identifier = plant(world)
  await world.renameByHand(identifier, 'kept-by-anna')
  world.pull.close({ merged: true })
  const result = await remove(world, mode)
  expectPlainEnd(result)
  expect(deletions(world)).toEqual([])
})

describe('under AWS Backup', () => {
  const COVERED = { behaviour: { coveredByAwsBackup: true } }

  test.each(MODES)('%s deletes a clone with its writer', async (mode) => {
    const world = await aTableWorld(COVERED)
    await world.create()
    world.pull.close({ merged: true })
    const result = await remove(world, mode)
    expectPlainEnd(result)
    expect(result.exitCode).toBe(0)
    expect(staying(world)).toEqual([])
    expect(world.comment()).toMatch(/is being deleted|is gone/)
  })

  test.each(MODES)('%s deletes a clone that lost its writer before', async (mode) => {
    const world = await aTableWorld(COVERED)
    plant(world, { instances: [] })
    world.pull.close({ merged: true })
    const result = await remove(world, mode)
    expectPlainEnd(result)
    expect(result.exitCode).toBe(0)
    expect(staying(world)).toEqual([])
  })
})

test.each([
  { code: 'InvalidParameterCombination', message: 'It is associated with the following backup.' },
  { code: 'InvalidDBClusterStateFault', message: 'DbCluster is not currently in the available state.' },
  {
    code: 'AccessDenied',
    message: 'User is not authorized to perform: rds:DeleteDBCluster',
    httpStatus: 403,
  },
])(
  'what a refused deletion ($code) left without a writer goes with the next run, and with the sweep',
  async (fault) => {
    for (const next of ['auto', 'sweep'] as const) {
      const world = await aTableWorld()
      await world.create()
      world.pull.close({ merged: true })
      const allow = world.cloud.aws.faults.add({ operation: 'DeleteDBCluster', fault })
      const refused = await world.play({ mode: 'auto', 'wait-timeout': '10m' }, { event: world.closed() })
      expectPlainEnd(refused)
      expect(world.comment()).not.toMatch(/is ready|is gone/)
      allow()
      const result = await remove(world, next)
      expectPlainEnd(result)
      expect(result.exitCode).toBe(0)
      expect(staying(world)).toEqual([])
    }
  },
)

describe('deletion protection that somebody switched on', () => {
  test.each(['auto', 'destroy'] as const)('%s says so in comment, summary and exit code', async (mode) => {
    const world = await aTableWorld()
    await world.create()
    await world.protectByHand(world.clone().identifier)
    world.pull.close({ merged: true })
    const result = await remove(world, mode)
    expectPlainEnd(result)
    expect(result.exitCode).toBe(1)
    expect(deletions(world)).toEqual([])
    expect(result.summary).toMatch(/protect/i)
    expect(world.comment()).toMatch(/protect/i)
    expect(world.comment()).not.toMatch(/is ready/)
    expect(result.outputs['endpoint'] ?? '').toBe('')
  })

  test('the sweep counts it, and the comment of the closed pull request does not say "ready"', async () => {
    const world = await aTableWorld()
    await world.create()
    await world.protectByHand(world.clone().identifier)
    world.pull.close({ merged: true })
    const result = await remove(world, 'sweep')
    expectPlainEnd(result)
    expect(result.summary).toMatch(/protect/i)
    expect(deletions(world)).toEqual([])
    expect(world.comment()).not.toMatch(/is ready/)
  })
})

describe('a deletion that AWS goes on refusing ends with the time limit', () => {
  const REFUSALS: readonly { readonly operation: string; readonly fault: InjectedFault }[] = [
    {
      operation: 'DeleteDBInstance',
      fault: { code: 'InvalidDBInstanceState', message: 'Instance is not currently in the available state.' },
    },
    {
      operation: 'DeleteDBCluster',
      fault: {
        code: 'InvalidDBClusterStateFault',
        message: 'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
      },
    },
    { operation: 'DeleteDBCluster', fault: 'throttle' },
    { operation: 'DeleteDBInstance', fault: 'internal-error' },
  ]

  test.each(['true', 'false'])('wait: %s', async (wait) => {
    const ends = await oneByOne(REFUSALS, async (refusal) => {
      const world = await aTableWorld()
      await world.create()
      world.cloud.aws.faults.add(refusal)
      const result = await world.destroy(
        { wait, 'wait-timeout': '3m', 'poll-interval': '30s' },
        { event: world.close() },
      )
      expectPlainEnd(result)
      expect(world.comment()).not.toMatch(/is gone|is ready/)
      return [result.exitCode, world.clone().status]
    })
    expect(ends).toEqual(REFUSALS.map(() => [1, 'available']))
  })
})

test('a clone of a night that is held stays when all others of its key go', async () => {
  const world = await aTableWorld()
  const identity = { key: 'nightly', generation: '101' }
  const held = plant(world, { identity, tags: HELD, label: null, ageMs: 3 * DAY_MS })
  plant(world, { identity: { ...identity, generation: '102' }, label: null })
  const result = await world.destroy({ 'clone-key': 'nightly', wait: 'true' })
  expectPlainEnd(result)
  expect(leftovers(world)).toEqual([held, `${held}-1`])
})
