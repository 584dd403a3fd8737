import { describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../local/aurora/behaviour.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import type { RunningStep, StepResult } from '../../local/runner/step.ts'
import { oneByOne, sideBySide } from './side-by-side.ts'
import { handedOut, leftovers, standing } from './standing.ts'
import { LABEL, type PlayOptions, SOURCE, type World, aWorld, tableRow } from './world.ts'

// The machine dies at any moment, and the next run ends where an undisturbed one does. The moments are not written down here:
// they are the calls that an undisturbed run makes.

interface Job {
  readonly name: string
  readonly behaviour: Partial<Behaviour>
  /** From one change to the next it makes no difference when: AWS is as the last change left it. One job proves that too. */
  readonly diesAt: 'every call' | 'every change'
  /** How long AWS goes on with what the run requested last. */
  readonly restMs?: number
  /** What has to be there first. */
  readonly prepare?: (world: World) => Promise<void>
  readonly start: (world: World, options?: PlayOptions) => RunningStep
  /** What the next run hands out and says: a destroy that finds nothing left says so, and not what the first one said. */
  readonly tells: (world: World, result: StepResult) => unknown
}

/** Whether the process dies right before its request is carried out, or right after, before it is answered. */
type Side = 'before' | 'after'

interface Moment {
  readonly name: string
  readonly side: Side
  readonly isMoment: (request: AwsRequestRecord, requests: readonly AwsRequestRecord[]) => boolean
  readonly changes: boolean
  /** What comes a second time, and every read, comes as time allows: it need not come in another run. */
  readonly mustCome: boolean
}

// A poll takes longer than AWS does: the same calls in every run, however slow the machine is.
const QUICK = { clusterCreatingMs: 20_000, instanceCreatingMs: 10_000, deletingMs: 10_000 }
const POLL = { 'poll-interval': '40s' }
const HOUR_MS = 3_600_000

const CREATE = { mode: 'create', 'source-cluster': SOURCE, label: LABEL, ...POLL }
const BACKTRACKED = { 'source-cluster': 'legacy', 'backtrack-window': '24h', 'master-credentials': 'managed' }
const DESTROY = { mode: 'destroy', wait: 'true', ...POLL }

function creates(inputs: Readonly<Record<string, string>>): Pick<Job, 'start' | 'tells'> {
  return {
    start: (world, options) => world.start({ ...CREATE, ...inputs }, options),
    tells: (world, { outputs }) => ({ outputs: handedOut(outputs), comments: headlines(world) }),
  }
}

function resets(inputs: Readonly<Record<string, string>>): Pick<Job, 'start' | 'tells'> {
  const { tells } = creates({})
  return {
    tells,
    start: (world, options) =>
      world.start({ ...CREATE, ...inputs, mode: 'reset' }, { env: { GITHUB_RUN_ID: '2' }, ...options }),
  }
}

const CREATE_JOBS: readonly Job[] = [
  {
    name: 'create, writer while creating: accept',
    behaviour: { ...QUICK, createInstanceWhileCreating: 'accept' },
    diesAt: 'every call',
    ...creates({}),
  },
  {
    name: 'create, writer while creating: refuse',
    behaviour: { ...QUICK, createInstanceWhileCreating: 'refuse' },
    diesAt: 'every change',
    ...creates({}),
  },
]

const JOBS: readonly Job[] = [
  ...CREATE_JOBS,
  ...(['accept', 'refuse'] as const).map((createInstanceWhileCreating) => ({
    name: `create without waiting, writer while creating: ${createInstanceWhileCreating}`,
    behaviour: {
      ...QUICK,
      // Still creating when the next run comes, and deletable at the end all the same.
      clusterCreatingMs: HOUR_MS,
      deleteClusterWhileCreating: 'accept' as const,
      createInstanceWhileCreating,
    },
    diesAt: 'every change' as const,
    ...creates({ wait: 'false' }),
  })),
  {
    name: 'reset',
    behaviour: QUICK,
    diesAt: 'every change',
    restMs: HOUR_MS,
    async prepare(world) {
      expect(await world.create(POLL, tableRow())).toMatchObject({ exitCode: 0 })
    },
    ...resets({}),
  },
  {
    name: 'reset, on the clone itself',
    behaviour: QUICK,
    diesAt: 'every change',
    restMs: HOUR_MS,
    async prepare(world) {
      world.seedForeign({ identifier: 'legacy', engine: 'aurora-mysql', backtrackWindow: 86_400 })
      expect(await world.create({ ...POLL, ...BACKTRACKED }, tableRow())).toMatchObject({ exitCode: 0 })
    },
    ...resets(BACKTRACKED),
  },
  {
    name: 'destroy',
    behaviour: QUICK,
    diesAt: 'every change',
    async prepare(world) {
      expect(await world.create(POLL, tableRow())).toMatchObject({ exitCode: 0 })
      world.close()
    },
    start: (world, options) => world.start(DESTROY, { event: world.closed(), ...options }),
    tells: () => undefined,
  },
]

async function worldFor(job: Job, behaviour: Partial<Behaviour> = {}): Promise<World> {
  const world = await aWorld({ behaviour: { ...job.behaviour, ...behaviour } })
  await job.prepare?.(world)
  return world
}

async function endOf(job: Job, world: World, result: StepResult): Promise<unknown> {
  await world.clock.sleep(job.restMs ?? 0)
  return { exitCode: result.exitCode, standing: standing(world), tells: job.tells(world, result) }
}

/** The headline of each comment: a comment that two runs wrote must still be one. */
function headlines(world: World): readonly string[] {
  return world.pull.comments().map(({ body }) => /^### (.*)$/m.exec(body)?.[1] ?? body)
}

interface Undisturbed {
  readonly end: unknown
  readonly moments: readonly Moment[]
}

const known = new Map<Job, Promise<Undisturbed>>()

/** An undisturbed run: how it ends, and its calls to AWS. Played once a job. */
async function undisturbed(job: Job): Promise<Undisturbed> {
  const run = known.get(job) ?? playUndisturbed(job)
  known.set(job, run)
  return await run
}

async function playUndisturbed(job: Job): Promise<Undisturbed> {
  const world = await worldFor(job)
  const from = world.cloud.aws.requests.length
  const result = await job.start(world).result
  expect(result.exitCode).toBe(0)
  const moments = momentsOf(world.cloud.aws.requests.slice(from))
  const end = await endOf(job, world, result)

  // Nothing is left behind: not here, and so not where a crash came in between and the end is the same.
  if (world.pull.state === 'open') world.close()
  const last = await world.start(DESTROY, { event: world.closed() }).result
  expect({ exitCode: last.exitCode, left: leftovers(world) }).toEqual({ exitCode: 0, left: [] })
  return { end, moments }
}

function momentsOf(requests: readonly AwsRequestRecord[]): readonly Moment[] {
  return requests.flatMap(({ operation, mutating, applied }, index) => {
    const nth = requests.slice(0, index).filter((request) => request.operation === operation).length
    // To AWS it makes no difference whether a read, or a call that it refuses, was answered.
    const sides: readonly Side[] = mutating && applied ? ['before', 'after'] : ['before']
    return sides.map((side) => ({
      name: `${side} ${operation} ${String(nth + 1)}`,
      side,
      isMoment: (request: AwsRequestRecord, all: readonly AwsRequestRecord[]) =>
        request.operation === operation &&
        all.filter((other) => other.operation === operation).indexOf(request) === nth,
      changes: mutating,
      mustCome: mutating && nth === 0,
    }))
  })
}

/** Every state that AWS is in on the way: before the first change, and after each of them. */
function statesIn(moments: readonly Moment[]): readonly Moment[] {
  const changes = moments.filter((moment) => moment.changes)
  return changes.filter(({ side }, index) => side === 'after' || index === 0)
}

/** Runs the job and lets the process die at that moment. */
async function dies(job: Job, world: World, moment: Moment): Promise<void> {
  const { aws } = world.cloud
  const from = aws.requests.length
  const die = async (request: AwsRequestRecord): Promise<void> => {
    if (!moment.isMoment(request, aws.requests.slice(from))) return
    step.kill()
    // Whom should it answer? And before, it is never carried out.
    await new Promise<never>(() => undefined)
  }
  if (moment.side === 'before') aws.hooks.beforeApply = die
  else aws.hooks.afterApply = die
  const step = job.start(world)
  const { signal } = await step.result
  delete aws.hooks.beforeApply
  delete aws.hooks.afterApply
  if (moment.mustCome) expect({ [moment.name]: signal }).toEqual({ [moment.name]: 'SIGKILL' })
}

function byName<Value>(
  moments: readonly { readonly name: string }[],
  values: readonly Value[],
): Readonly<Record<string, Value | undefined>> {
  return Object.fromEntries(moments.map(({ name }, index) => [name, values[index]]))
}

describe('after a crash at any call to AWS the same run again ends as if nothing had happened', () => {
  test.each(JOBS)('$name', async (job) => {
    const { end, moments: all } = await undisturbed(job)
    const moments = job.diesAt === 'every call' ? all : statesIn(all)
    expect(moments.filter(({ mustCome }) => mustCome)).not.toEqual([])
    const rows = await oneByOne(moments, async (moment) => ({ moment, world: await worldFor(job) }))
    await sideBySide(rows, ({ moment, world }) => dies(job, world, moment))
    const ends = await oneByOne(
      rows,
      async ({ world }) => await endOf(job, world, await job.start(world, tableRow()).result),
    )
    expect(byName(moments, ends)).toEqual(
      byName(
        moments,
        moments.map(() => end),
      ),
    )
  })
})

describe('after a crash at any call of create, closing the pull request leaves nothing', () => {
  test.each(
    CREATE_JOBS.flatMap((job) =>
      (['accept', 'refuse'] as const).map((whileCreating) => ({ job, whileCreating, name: job.name })),
    ),
  )('$name, deletions while creating: $whileCreating', async ({ job, whileCreating }) => {
    const behaviour = {
      deleteClusterWhileCreating: whileCreating,
      deleteInstanceWhileCreating: whileCreating,
    }
    const moments = statesIn((await undisturbed(job)).moments)
    const rows = await oneByOne(moments, async (moment) => ({
      moment,
      world: await worldFor(job, behaviour),
    }))
    await sideBySide(rows, ({ moment, world }) => dies(job, world, moment))
    const ends = await oneByOne(rows, async ({ world }) => {
      const { exitCode } = await world.start(DESTROY, { event: world.close(), ...tableRow() }).result
      return { exitCode, left: leftovers(world) }
    })
    expect(byName(moments, ends)).toEqual(
      byName(
        moments,
        moments.map(() => ({ exitCode: 0, left: [] })),
      ),
    )
  })
})

describe('after a crash at any call to GitHub', () => {
  /** `GET /repos/acme/shop/pulls/42` comes more than once: the first of each kind is enough. */
  const kindsOf = (world: World): readonly string[] => [
    ...new Set(
      world.cloud.github.requests.map(({ method, path }) => `${method} ${path.replace(/\d+$/, '…')}`),
    ),
  ]

  test.each([
    { side: 'before', hook: 'beforeHandling' },
    { side: 'after', hook: 'beforeAnswer' },
  ] as const)('$side it is carried out, create ends as if nothing had happened', async ({ hook }) => {
    const [job] = CREATE_JOBS
    if (job === undefined) throw new Error('no job')
    const world = await worldFor(job)
    const end = await endOf(job, world, await job.start(world).result)
    const kinds = kindsOf(world)
    expect(kinds).toEqual(
      expect.arrayContaining([
        'GET /repos/acme/shop/pulls/…',
        'POST /repos/acme/shop/issues/42/comments',
        'PATCH /repos/acme/shop/issues/comments/…',
      ]),
    )
    const crashes = await sideBySide(kinds, async (kind) => {
      const crashed = await worldFor(job)
      let hasCrashed = false
      crashed.cloud.github.hooks[hook] = async () => {
        if (hasCrashed || kindsOf(crashed).at(-1) !== kind) return
        hasCrashed = true
        step.kill()
        await new Promise<never>(() => undefined)
      }
      const step = job.start(crashed)
      const { signal } = await step.result
      return { crashed, signal }
    })
    const ends = await oneByOne(crashes, async ({ crashed, signal }) => {
      const { result } = job.start(crashed, tableRow())
      return { signal, end: await endOf(job, crashed, await result) }
    })
    expect(Object.fromEntries(kinds.map((kind, index) => [kind, ends[index]]))).toEqual(
      Object.fromEntries(kinds.map((kind) => [kind, { signal: 'SIGKILL', end }])),
    )
  })
})

test('a crash between the deletion and its report does not leave a comment that says ready', async () => {
  const world = await aWorld({ behaviour: QUICK })
  await world.create(POLL)
  const { hooks } = world.cloud.aws
  hooks.afterApply = async ({ operation }) => {
    if (operation !== 'DeleteDBCluster') return
    step.kill()
    await new Promise<never>(() => undefined)
  }
  const step = world.start({ mode: 'destroy' }, { event: world.close() })
  await step.result
  delete hooks.afterApply
  await world.cloud.clock.sleep(2 * QUICK.deletingMs)
  const again = await world.destroy({}, { event: world.closed() })
  expect(again.outputs['outcome']).toBe('absent')
  expect(world.comment()).not.toMatch(/ready/i)
})
