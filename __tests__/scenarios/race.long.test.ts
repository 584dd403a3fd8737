import { describe, expect, test } from '@jest/globals'
import type { InjectedFault } from '../../local/aurora/fault-injection.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import { pullRequestEvent } from '../../local/github/events.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { oneByOne } from './side-by-side.ts'
import { handedOut, leftovers, standing } from './standing.ts'
import { IN_PROCESS, LABEL, SOURCE, type World, aTableWorld, aWorld, tableRow } from './world.ts'

const QUICK = { clusterCreatingMs: 20_000, instanceCreatingMs: 10_000, deletingMs: 20_000 }
const POLL = { 'poll-interval': '40s' }
const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL, ...POLL }
const DESTROY = { mode: 'destroy', wait: 'true', ...POLL }
const MEET_LIMIT_MS = 1_500

/**
 * Holds each of these calls until `count` of them have arrived, so that they meet at AWS; for a while at most, since a run that
 * came too late sees what the others did and does not make the call at all.
 */
function meet(world: World, count: number, ...operations: readonly string[]): void {
  const meetings = new Map(
    operations.map((operation) => [operation, { arrived: 0, ...Promise.withResolvers<undefined>() }]),
  )
  world.cloud.aws.hooks.beforeApply = async ({ operation }) => {
    const meeting = meetings.get(operation)
    if (meeting === undefined) return
    meeting.arrived += 1
    if (meeting.arrived >= count) meeting.resolve(undefined)
    const tooLate = new AbortController()
    await Promise.race([
      meeting.promise,
      world.clock.sleep(MEET_LIMIT_MS, { signal: tooLate.signal }).catch(() => undefined),
    ])
    tooLate.abort()
  }
}

function applied(world: World, operation: string): readonly AwsRequestRecord[] {
  return world.cloud.aws.requests.filter((request) => request.operation === operation && request.applied)
}

describe('creates at once', () => {
  test.each([
    { count: 2, early: 'accept', wait: 'true', met: true },
    { count: 3, early: 'accept', wait: 'true', met: true },
    { count: 2, early: 'refuse', wait: 'true', met: true },
    { count: 2, early: 'accept', wait: 'false', met: true },
    { count: 3, early: 'accept', wait: 'true', met: false },
  ] as const)(
    '$count of them end in one clone (wait: $wait, writer while creating: $early, every call meets: $met)',
    async ({ count, early, wait, met }) => {
      const world = await aWorld({
        behaviour: { ...QUICK, createInstanceWhileCreating: early },
      })
      if (met) meet(world, count, 'RestoreDBClusterToPointInTime', 'CreateDBInstance', 'AddTagsToResource')
      const results = await Promise.all(
        Array.from({ length: count }, () => world.start({ ...CREATE, wait }).result),
      )

      expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map(() => 0))
      expect(new Set(results.map(({ outputs }) => outputs['endpoint']))).toEqual(
        new Set([world.clone().endpoint.address]),
      )
      expect(results.map(({ outputs }) => outputs['created']).filter((made) => made === 'true')).toHaveLength(
        1,
      )
      expect(new Set(results.map(({ outputs }) => outputs['outcome']))).toEqual(
        new Set([wait === 'true' ? 'ready' : 'creating']),
      )
      expect(applied(world, 'RestoreDBClusterToPointInTime')).toHaveLength(1)
      expect(applied(world, 'CreateDBInstance')).toHaveLength(1)
      expect(world.clone().members).toEqual([`${world.clone().identifier}-1`])
    },
  )

  test('for pull requests of one number in two repositories end in two clones', async () => {
    const world = await aWorld({ behaviour: QUICK })
    const { github } = world.cloud
    const other = github.repository({ owner: 'acme', name: 'shop-mirror', id: 9_999, private: true })
    const pull = other.pullRequest({ number: 42, labels: [LABEL] })
    meet(world, 2, 'RestoreDBClusterToPointInTime', 'CreateDBInstance')
    const results = await Promise.all([
      world.start(CREATE).result,
      world.start(CREATE, {
        event: pullRequestEvent(github, { pullRequest: pull, action: 'labeled', label: LABEL }),
      }).result,
    ])
    expect(results.map(({ exitCode, outputs }) => [exitCode, outputs['created']])).toEqual([
      [0, 'true'],
      [0, 'true'],
    ])
    const ids = world.clones().map(({ tags }) => tags['aurora-clone:repository-id'])
    expect(ids.toSorted()).toEqual(['4200', '9999'])

    await world.destroy({ wait: 'true' }, { event: world.close() })
    expect(world.clone().tags['aurora-clone:repository-id']).toBe('9999')
  })
})

describe('a pull request that is closed while create runs', () => {
  /** Between the change to AWS on one side of which it is closed and destroyed, and create's going on. */
  const MOMENTS = (['beforeApply', 'afterApply'] as const).flatMap((hook) =>
    ['RestoreDBClusterToPointInTime', 'CreateDBInstance', 'AddTagsToResource'].map((operation) => ({
      name: `${hook === 'beforeApply' ? 'before' : 'after'} ${operation}`,
      hook,
      operation,
    })),
  )

  /** Plays create, and at that moment closes the pull request and plays destroy from start to end. */
  async function closedDuring(
    world: World,
    { hook, operation, inputs }: (typeof MOMENTS)[number] & { inputs: Readonly<Record<string, string>> },
  ): Promise<readonly StepResult[]> {
    const destroying: Promise<StepResult>[] = []
    world.cloud.aws.hooks[hook] = async (request) => {
      if (request.operation !== operation || world.pull.state === 'closed') return
      destroying.push(world.destroy(POLL, { event: world.close(), ...tableRow() }))
      await destroying[0]
    }
    const created = await world.start({ ...CREATE, ...inputs }).result
    return [created, ...(await Promise.all(destroying))]
  }

  /** Nothing but what AWS is already deleting. */
  const staying = (world: World): readonly string[] =>
    world
      .clones()
      .filter(({ status }) => status !== 'deleting')
      .map(({ identifier }) => identifier)

  test.each(['accept', 'refuse'] as const)(
    'leaves nothing, or a clone that is being deleted (deletions while creating: %s)',
    async (whileCreating) => {
      const ends = await oneByOne(MOMENTS, async (moment) => {
        const world = await aWorld({
          behaviour: { ...QUICK, deleteClusterWhileCreating: whileCreating },
        })
        const results = await closedDuring(world, { ...moment, inputs: {} })
        expect(results).toHaveLength(2)
        return [moment.name, { destroyed: results[1]?.exitCode, staying: staying(world) }] as const
      })
      expect(Object.fromEntries(ends)).toEqual(
        Object.fromEntries(MOMENTS.map(({ name }) => [name, { destroyed: 0, staying: [] }])),
      )
    },
  )

  test('and does not wait leaves nothing either, however little time there was', async () => {
    const moments = MOMENTS.filter(({ operation }) => operation !== 'AddTagsToResource')
    const ends = await oneByOne(moments, async (moment) => {
      const world = await aWorld({ behaviour: { deleteClusterWhileCreating: 'accept' } })
      await closedDuring(world, { ...moment, inputs: { wait: 'false' } })
      return [moment.name, staying(world)] as const
    })
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(moments.map(({ name }) => [name, []])))
  })
})

test.each([
  { met: ['DeleteDBInstance'] },
  { met: ['DeleteDBCluster'] },
  { met: ['DeleteDBInstance', 'DeleteDBCluster'] },
])('two destroys at once, meeting at $met, both succeed', async ({ met }) => {
  const world = await aWorld({ behaviour: QUICK })
  await world.create(POLL, IN_PROCESS)
  const event = world.close()
  meet(world, 2, ...met)
  const results = await Promise.all([
    world.start(DESTROY, { event }).result,
    world.start({ ...DESTROY, wait: 'false' }, { event }).result,
  ])
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
  expect(results[0].outputs['outcome']).toBe('destroyed')
  expect(leftovers(world)).toEqual([])
})

describe('answers that get lost and calls that fail', () => {
  interface Trouble {
    readonly name: string
    readonly fault: InjectedFault
    readonly times: number
    readonly operation: string
  }

  const MUTATIONS = {
    create: ['RestoreDBClusterToPointInTime', 'CreateDBInstance', 'AddTagsToResource'],
    destroy: ['DeleteDBInstance', 'DeleteDBCluster'],
  } as const
  const READS = ['DescribeDBClusters', 'DescribeDBInstances'] as const

  function troubles(mode: keyof typeof MUTATIONS): readonly Trouble[] {
    const lost = MUTATIONS[mode].flatMap((operation) =>
      (['drop-after', 'drop-before'] as const).map((fault) => ({ fault, times: 1, operation })),
    )
    const failing = [
      ...MUTATIONS[mode].flatMap((operation) =>
        (['throttle', 'internal-error'] as const).map((fault) => ({ fault, times: 2, operation })),
      ),
      ...READS.flatMap((operation) =>
        (['throttle', 'html-502'] as const).map((fault) => ({ fault, times: 2, operation })),
      ),
    ]
    return [...lost, ...failing]
      .filter(({ operation }) => mode === 'create' || operation !== 'DescribeDBInstances')
      .map((trouble) => ({ ...trouble, name: `${trouble.fault} of ${trouble.operation}` }))
  }

  async function play(mode: keyof typeof MUTATIONS, trouble?: Trouble): Promise<unknown> {
    const world = await aTableWorld({ behaviour: QUICK })
    if (mode === 'destroy') await world.create(POLL)
    if (trouble !== undefined) world.cloud.aws.faults.add(trouble)
    const { exitCode, outputs } =
      mode === 'create'
        ? await world.start(CREATE).result
        : await world.start(DESTROY, { event: world.close() }).result
    return {
      exitCode,
      created: outputs['created'],
      outputs: handedOut(outputs),
      standing: standing(world),
      restores: applied(world, 'RestoreDBClusterToPointInTime').length,
      writers: applied(world, 'CreateDBInstance').length,
    }
  }

  test.each(['create', 'destroy'] as const)('%s ends as if nothing had happened', async (mode) => {
    const undisturbed = await play(mode)
    expect(undisturbed).toMatchObject({ exitCode: 0, restores: 1, writers: 1 })
    const all = troubles(mode)
    const ends = await oneByOne(all, async (trouble) => [trouble.name, await play(mode, trouble)] as const)
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(all.map(({ name }) => [name, undisturbed])))
  })

  test('AWS that does not answer at all for a while in the middle of a wait is asked again', async () => {
    const world = await aTableWorld({ behaviour: QUICK })
    world.cloud.aws.hooks.afterApply = ({ operation }) => {
      if (operation !== 'CreateDBInstance') return
      // More often than the SDK tries.
      world.cloud.aws.faults.add({ operation: 'DescribeDBClusters', times: 30, fault: 'drop-before' })
    }
    const result = await world.create(POLL)
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready' } })
    expect(result.log).toContain('AWS did not answer this time')
  })
})
