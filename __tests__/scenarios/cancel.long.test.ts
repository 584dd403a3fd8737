import { describe, expect, test } from '@jest/globals'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { Behaviour } from '../../local/aurora/behaviour.ts'
import type { Cancellation, RunningStep } from '../../local/runner/step.ts'
import { oneByOne, sideBySide } from './side-by-side.ts'
import { LABEL, type PlayOptions, SOURCE, type World, aWorld, tableRow } from './world.ts'

// The runner cancels a step with SIGINT, and 7.5 s later with SIGTERM: by then the action must have left by itself, with the truth
// about what stands, and without having begun anything new.

const HOUR_MS = 3_600_000
const QUICK = { clusterCreatingMs: 10_000, instanceCreatingMs: 10_000, deletingMs: 10_000 }
const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL }
const DESTROY = { mode: 'destroy', wait: 'true' }
const CLONE = 'clone-pr-42-shop-8b540f896d9d0b71'
/** The latest that still leaves the runner's 7.5 s some room. */
const LATEST_MS = 7_000

/**
 * What becomes of the call that is under way when the signal comes. `late`: it is answered a little later; `never`; `asleep`: it was
 * answered already, and the run waits for its next poll.
 */
type Answer = 'late' | 'never' | 'asleep'

interface Phase {
  readonly name: string
  readonly mode: 'create' | 'destroy'
  readonly inputs?: Readonly<Record<string, string>>
  readonly behaviour?: Partial<Behaviour>
  /** The call that is under way, and which of its kind: an operation of AWS's, or one of these reads. */
  readonly call: keyof typeof READS | 'RestoreDBClusterToPointInTime' | `${'Create' | 'Delete'}DB${string}`
  readonly nth?: number
  readonly answer: Answer
  /** What the summary says besides that it was cancelled. */
  readonly says: RegExp
  /** Calls that may still come after the signal. */
  readonly still?: readonly string[]
  /** The run had done its whole job in spite of the signal. */
  readonly finished?: boolean
}

const READS = {
  list: ({ operation, input }: AwsRequestRecord): boolean =>
    operation === 'DescribeDBClusters' && input['DBClusterIdentifier'] === undefined,
  look: ({ operation, input }: AwsRequestRecord): boolean =>
    operation === 'DescribeDBClusters' && input['DBClusterIdentifier'] !== undefined,
  source: ({ operation }: AwsRequestRecord): boolean => operation === 'DescribeDBInstances',
  'pull request': (): boolean => false,
}

/** Nothing was there yet, so there is nothing else to tell. */
const ANYTHING = /./
const NOT_THERE = /does not exist yet|had not answered the last call yet/
const UNANSWERED = /had not answered the last call yet/

const PHASES: readonly Phase[] = [
  { name: 'listing', mode: 'create', call: 'list', answer: 'late', says: ANYTHING },
  { name: 'pull request', mode: 'create', call: 'pull request', answer: 'late', says: NOT_THERE },
  {
    name: 'reading the source',
    mode: 'create',
    call: 'source',
    answer: 'late',
    says: NOT_THERE,
  },
  {
    name: 'restore in flight',
    mode: 'create',
    call: 'RestoreDBClusterToPointInTime',
    answer: 'late',
    says: /cluster creating, writer not there yet/,
  },
  {
    name: 'writer in flight',
    mode: 'create',
    call: 'CreateDBInstance',
    answer: 'late',
    says: /cluster (creating|available), writer creating/,
  },
  {
    name: 'waiting for the cluster',
    mode: 'create',
    behaviour: { clusterCreatingMs: 60_000 },
    inputs: { 'poll-interval': '5m' },
    call: 'CreateDBInstance',
    answer: 'asleep',
    says: /cluster creating, writer creating/,
  },
  {
    name: 'waiting for the cluster to take its writer',
    mode: 'create',
    behaviour: { clusterCreatingMs: 120_000, createInstanceWhileCreating: 'refuse' },
    inputs: { 'poll-interval': '5m' },
    call: 'CreateDBInstance',
    answer: 'asleep',
    says: /cluster creating, writer not there yet/,
  },
  {
    name: 'waiting for the writer',
    mode: 'create',
    behaviour: { clusterCreatingMs: 1_000, instanceCreatingMs: 200_000 },
    inputs: { 'poll-interval': '100s' },
    call: 'look',
    answer: 'asleep',
    says: /cluster available, writer creating/,
  },
  {
    name: 'second look',
    mode: 'create',
    inputs: { 'poll-interval': '100s' },
    call: 'look',
    nth: 2,
    answer: 'late',
    says: /cluster available, writer available/,
  },
  {
    name: 'listing of destroy',
    mode: 'destroy',
    call: 'list',
    answer: 'late',
    says: ANYTHING,
  },
  {
    name: 'second reading of the clone before its deletion',
    mode: 'destroy',
    call: 'look',
    answer: 'late',
    says: /cluster available/,
  },
  {
    name: 'between the deletions',
    mode: 'destroy',
    call: 'DeleteDBInstance',
    answer: 'late',
    says: /deleting|deletion|stands at/,
    still: ['DeleteDBCluster'],
  },
  {
    name: 'between the deletions, without waiting',
    mode: 'destroy',
    inputs: { wait: 'false' },
    call: 'DeleteDBInstance',
    answer: 'late',
    says: /deleting/,
    still: ['DeleteDBCluster'],
    finished: true,
  },
  {
    name: 'waiting until it is gone',
    mode: 'destroy',
    behaviour: { deletingMs: 60_000 },
    inputs: { 'poll-interval': '5m' },
    call: 'DeleteDBCluster',
    answer: 'asleep',
    says: /deleting|deletion/,
  },
  // AWS and GitHub that do not answer at all.
  {
    name: 'listing, no answer',
    mode: 'create',
    call: 'list',
    answer: 'never',
    says: ANYTHING,
  },
  { name: 'pull request, no answer', mode: 'create', call: 'pull request', answer: 'never', says: NOT_THERE },
  {
    name: 'restore, no answer',
    mode: 'create',
    call: 'RestoreDBClusterToPointInTime',
    answer: 'never',
    says: UNANSWERED,
  },
  {
    name: 'writer, no answer',
    mode: 'create',
    call: 'CreateDBInstance',
    answer: 'never',
    says: /had not answered the last call yet[^]*cluster (creating|available), writer not there yet/,
  },
  {
    name: 'poll, no answer',
    mode: 'create',
    call: 'look',
    answer: 'never',
    says: /cluster (creating|available), writer creating/,
  },
  {
    name: 'deletion of the writer, no answer',
    mode: 'destroy',
    call: 'DeleteDBInstance',
    answer: 'never',
    says: UNANSWERED,
  },
  {
    name: 'deletion of the cluster, no answer',
    mode: 'destroy',
    call: 'DeleteDBCluster',
    answer: 'never',
    says: UNANSWERED,
  },
]

async function worldFor({ mode, behaviour }: Phase): Promise<World> {
  const world = await aWorld({ behaviour: { ...QUICK, ...behaviour } })
  if (mode === 'destroy') {
    await world.create({}, tableRow())
    world.close()
  }
  return world
}

function start(
  world: World,
  { mode, inputs }: Pick<Phase, 'mode' | 'inputs'>,
  options: PlayOptions = {},
): RunningStep {
  return mode === 'create'
    ? world.start({ ...CREATE, ...inputs }, options)
    : world.start({ ...DESTROY, ...inputs }, { event: world.closed(), ...options })
}

/** Calls `act` when the phase has come, and lets the call under way take the course that the phase wants. */
function whenItComes(world: World, { answer, call, nth = 1 }: Phase, act: () => void): void {
  const { aws, github } = world.cloud
  let seen = 0
  const hold = async (isIt: boolean): Promise<void> => {
    if (isIt) seen += 1
    if (!isIt || seen !== nth) return
    if (answer === 'asleep') {
      void world.clock.sleep(300).then(act)
      return
    }
    act()
    if (answer === 'never') await new Promise<never>(() => undefined)
    await world.clock.sleep(300)
  }
  if (call === 'pull request')
    github.hooks.beforeHandling = ({ method, path }) => hold(method === 'GET' && path.includes('/pulls/'))
  else
    aws.hooks.beforeApply = (request) =>
      hold(call in READS ? READS[call as keyof typeof READS](request) : request.operation === call)
}

/** Runs the phase to its cancellation. */
async function cancelled(world: World, phase: Phase): Promise<object> {
  const { requests } = world.cloud.aws
  const signalled = Promise.withResolvers<Cancellation>()
  let before: ReadonlySet<AwsRequestRecord> = new Set()
  let signalledAt = Infinity
  whenItComes(world, phase, () => {
    before = new Set(requests)
    signalledAt = world.clock.now()
    step.cancel().then(signalled.resolve, signalled.reject)
  })
  const step = start(world, phase)
  const ended = step.result.then(() => undefined)
  const cancellation = await Promise.race([signalled.promise, ended])
  const result = await step.result
  const endedAfterMs = world.clock.now() - signalledAt
  const mutationsAfter = requests
    .filter((request) => request.mutating && !before.has(request))
    .map(({ operation }) => operation)
  delete world.cloud.aws.hooks.beforeApply
  delete world.cloud.github.hooks.beforeHandling

  return {
    inTime:
      cancellation !== undefined && cancellation.terminatedAfterMs === undefined && endedAfterMs < LATEST_MS,
    exitCode: result.exitCode,
    saysSo: result.annotations.some(({ title }) => title === 'Cancelled'),
    summary: result.summary,
    mutationsAfter,
  }
}

/** The same job again, which nobody cancels. */
async function again(world: World, { mode }: Phase): Promise<object> {
  const { exitCode, outputs } = await start(world, { mode }, tableRow()).result
  return {
    next: [exitCode, outputs['outcome'] === 'absent' ? 'destroyed' : outputs['outcome']],
    left: world.clones().length,
  }
}

function expected({ mode, says, still = [], finished = false }: Phase): unknown {
  return {
    inTime: true,
    exitCode: finished ? 0 : 1,
    saysSo: !finished,
    summary: expect.stringMatching(
      finished ? says : new RegExp(`✋ Cancelled[^]*(?:${says.source})`),
    ) as unknown,
    mutationsAfter: still,
    next: [0, mode === 'create' ? 'ready' : 'destroyed'],
    left: mode === 'create' ? 1 : 0,
  }
}

describe('a run that is cancelled leaves in time, begins nothing new, tells what stands, and the next one finishes', () => {
  test.each([
    { name: 'create', phases: PHASES.filter(({ mode }) => mode === 'create') },
    { name: 'destroy', phases: PHASES.filter(({ mode }) => mode === 'destroy') },
  ])('$name', async ({ phases }) => {
    const rows = await oneByOne(phases, async (phase) => ({ phase, world: await worldFor(phase) }))
    const stopped = await sideBySide(rows, ({ phase, world }) => cancelled(world, phase))
    const finished = await oneByOne(rows, ({ phase, world }) => again(world, phase))
    const ends = phases.map(({ name }, index) => [name, { ...stopped[index], ...finished[index] }] as const)
    expect(Object.fromEntries(ends)).toEqual(
      Object.fromEntries(phases.map((phase) => [phase.name, expected(phase)])),
    )
  })
})

test('a call that AWS throttled is not tried again after the signal', async () => {
  const operations = ['RestoreDBClusterToPointInTime', 'CreateDBInstance', 'AddTagsToResource'] as const
  const tries = await sideBySide(operations, async (operation) => {
    const world = await aWorld({ behaviour: QUICK })
    const { aws } = world.cloud
    let cancelling: Promise<Cancellation> | undefined
    aws.faults.add({
      operation,
      // Called for each try.
      when() {
        cancelling ??= step.cancel()
        return true
      },
      fault: 'throttle',
    })
    const step = start(world, { mode: 'create' })
    await step.result
    expect((await cancelling)?.terminatedAfterMs).toBeUndefined()
    return world.mutations().filter((mutation) => mutation === operation)
  })
  expect(tries).toEqual(operations.map((operation) => [operation]))
})

test('a clone that was not finished yet keeps its name in the summary and its tags in AWS', async () => {
  const phase = PHASES.find(({ name }) => name === 'waiting for the cluster')
  if (phase === undefined) throw new Error('no such phase')
  const world = await aWorld({ behaviour: { clusterCreatingMs: HOUR_MS } })
  const done = Promise.withResolvers<Cancellation>()
  whenItComes(world, phase, () => {
    step.cancel().then(done.resolve, done.reject)
  })
  const step = start(world, phase)
  await done.promise
  const { summary, conclusion, outputs } = await step.result
  expect(conclusion).toBe('cancelled')
  expect(summary).toContain(CLONE)
  expect(summary).toContain('the next run continues from what AWS has')
  expect(outputs).toMatchObject({ 'cluster-identifier': CLONE, outcome: '', endpoint: '' })
  expect(world.clone()).toMatchObject({ identifier: CLONE, tags: { 'aurora-clone:cluster': CLONE } })
})
