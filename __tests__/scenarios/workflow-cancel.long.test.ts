import { describe, expect, test } from '@jest/globals'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { RunResult } from '../../local/runner/run-result.ts'
import type { WorkflowRun } from '../../local/runner/workflow-run.ts'
import { leftovers } from './standing.ts'
import { EXAMPLE_SOURCE, type Team, aTeam, outcomeOf } from './team.ts'
import { restores } from './workflow-calls.ts'

// A run that was stopped half way, by somebody or by the loss of its machine, leaves whatever it had come to. The next run for the
// pull request, or the sweep, brings that to its end: nothing is forgotten, and nothing is made twice.

const BEHAVIOUR = { clusterCreatingMs: 60_000, instanceCreatingMs: 120_000, deletingMs: 60_000 }

interface Phase {
  readonly phase: string
  /** The call that is under way, and which of its kind. */
  readonly when: (request: AwsRequestRecord) => boolean
  readonly nth?: number
  /** AWS carries it out before the run is stopped. */
  readonly carriedOut?: boolean
  /** The clusters and writers that a machine which is gone at this moment leaves behind. */
  readonly left: readonly [clusters: number, writers: number]
}

const is =
  (operation: string) =>
  (request: AwsRequestRecord): boolean =>
    request.operation === operation

/** Of the clone, by its name: the listing names none. */
const look = ({ operation, input }: AwsRequestRecord): boolean =>
  operation === 'DescribeDBClusters' && input['DBClusterIdentifier'] !== undefined

const CREATE: readonly Phase[] = [
  { phase: 'before the restore', when: is('DescribeDBInstances'), left: [0, 0] },
  {
    phase: 'after the restore',
    when: is('RestoreDBClusterToPointInTime'),
    carriedOut: true,
    left: [1, 0],
  },
  { phase: 'while the writer is asked for', when: is('CreateDBInstance'), left: [1, 0] },
  { phase: 'while it waits', when: look, nth: 3, left: [1, 1] },
  { phase: 'while it publishes', when: is('AddTagsToResource'), left: [1, 1] },
]

const DESTROY: readonly Phase[] = [
  { phase: 'before the deletions', when: look, left: [1, 1] },
  { phase: 'while the first is asked for', when: is('DeleteDBInstance'), left: [1, 1] },
  { phase: 'between the two deletions', when: is('DeleteDBCluster'), left: [1, 0] },
  { phase: 'after both', when: is('DeleteDBCluster'), carriedOut: true, left: [0, 0] },
]

const STOPS = ['cancelled', 'machine gone'] as const

/** Stops the run in that phase, and waits until it has ended. Its steps are processes, since those are what is stopped. */
async function stopped(
  team: Team,
  { phase, stop, start }: { phase: Phase; stop: (typeof STOPS)[number]; start: () => WorkflowRun },
): Promise<RunResult> {
  const { hooks } = team.world.cloud.aws
  const hook = phase.carriedOut === true ? 'afterApply' : 'beforeApply'
  let seen = 0
  const end = async (request: AwsRequestRecord): Promise<void> => {
    if (!phase.when(request)) return
    seen += 1
    if (seen !== (phase.nth ?? 1)) return
    if (stop === 'cancelled') {
      run.cancel().catch(() => undefined)
      return
    }
    run.kill()
    // The connection dies with the machine, and a request that has not been carried out never is.
    await run.result
    if (phase.carriedOut !== true) throw new Error('the machine that asked is gone')
  }
  hooks[hook] = end
  const { inProcess } = team.world
  team.world.inProcess = false
  const run = start()
  const result = await run.result
  team.world.inProcess = inProcess
  expect(seen).toBeGreaterThanOrEqual(phase.nth ?? 1)
  return result
}

/** The action's clusters and writers that are there and not being deleted. */
function standing({ world }: Team): readonly [number, number] {
  const instances = world.cloud.region
    .instances()
    .filter(({ clusterIdentifier }) => clusterIdentifier !== EXAMPLE_SOURCE)
  return [staying(world.clones()), staying(instances)]
}

function staying(resources: readonly { readonly status: string }[]): number {
  return resources.filter(({ status }) => status !== 'deleting').length
}

/** What comes next, in turn: crash.long.test.ts has everything after each call. */
function after<Next>(stop: (typeof STOPS)[number], phase: number, all: readonly Next[]): Next {
  const next = all[(phase + STOPS.indexOf(stop)) % all.length]
  if (next === undefined) throw new Error('nothing comes next')
  return next
}

function expectStopped(result: RunResult, stop: (typeof STOPS)[number]): void {
  expect(result.conclusion).toBe(stop === 'cancelled' ? 'cancelled' : 'failure')
}

async function expectNothingLeft({ world }: Team): Promise<void> {
  await world.until(() => leftovers(world).every((name) => name === `${EXAMPLE_SOURCE}-1`))
}

describe.each(STOPS)('create, %s', (stop) => {
  const NEXT: Readonly<Record<string, (team: Team) => Promise<unknown>>> = {
    async 'the push makes it ready'(team) {
      const { world } = team
      expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
      expect(world.clone()).toMatchObject({ status: 'available', members: [`${world.clone().identifier}-1`] })
      expect(world.clone().tags['aurora-clone:ready-at']).toBeDefined()
      expect(restores(world)).toBe(1)
      expect(world.comment()).toContain('Database clone is ready')
    },
    async 'the close removes it'(team) {
      expect((await team.play(team.world.close())).conclusion).toBe('success')
      await expectNothingLeft(team)
    },
    async 'the sweep removes it, where the close was lost'(team) {
      team.world.close()
      expect(outcomeOf(await team.sweep())).toBe('swept')
      await expectNothingLeft(team)
    },
  }

  test.each(CREATE)('$phase', async (phase) => {
    const team = await aTeam({ behaviour: BEHAVIOUR })
    expectStopped(await stopped(team, { phase, stop, start: () => team.begin(team.world.labeled()) }), stop)
    if (stop === 'machine gone') expect(standing(team)).toEqual(phase.left)
    await after(stop, CREATE.indexOf(phase), Object.values(NEXT))(team)
  })
})

describe.each(STOPS)('destroy, %s', (stop) => {
  const NEXT: Readonly<Record<string, (team: Team) => Promise<unknown>>> = {
    // Run again by somebody, or a late event.
    async 'the next run for the pull request'(team) {
      expect((await team.play(team.world.synchronize())).conclusion).toBe('success')
      await expectNothingLeft(team)
    },
    async 'the sweep'(team) {
      expect(outcomeOf(await team.sweep())).toBe('swept')
      await expectNothingLeft(team)
    },
    async 'the next run, reopened meanwhile'(team) {
      const { world } = team
      world.pull.reopen()
      expect(outcomeOf(await team.play(world.synchronize()))).toBe('ready')
      expect(world.clone().status).toBe('available')
    },
  }

  test.each(DESTROY)('$phase', async (phase) => {
    // So long that the next run still meets what is going away.
    const team = await aTeam({ behaviour: { ...BEHAVIOUR, deletingMs: 400_000 } })
    await team.play(team.world.labeled())
    const start = (): WorkflowRun => team.begin(team.world.close({ merged: false }))
    expectStopped(await stopped(team, { phase, stop, start }), stop)
    if (stop === 'machine gone') expect(standing(team)).toEqual(phase.left)
    await after(stop, DESTROY.indexOf(phase), Object.values(NEXT))(team)
  })
})

test('a run that is cancelled while it waits for its turn does not disturb the one ahead of it', async () => {
  const team = await aTeam({ inProcess: false, behaviour: BEHAVIOUR })
  const { world } = team
  const create = team.begin(world.labeled())
  await world.until(() => world.clones().length === 1)
  const push = team.begin(world.synchronize())
  const before = world.calls().length
  await world.until(() => world.calls().length > before)
  await push.cancel()
  expect((await push.result).conclusion).toBe('cancelled')
  expect(create.status).toBe('in_progress')
  const result = await create.result
  expect(outcomeOf(result)).toBe('ready')
  expect(world.clone().status).toBe('available')
  expect(restores(world)).toBe(1)
})
