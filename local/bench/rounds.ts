import { setTimeout as sleep } from 'node:timers/promises'
import type { Behaviour } from '../aurora/behaviour.ts'
import { firstTimeOf } from '../aurora/timeline.ts'
import { type ContenderName, type Finished, type Tools, attempt, prepare } from './contenders.ts'
import { SITUATIONS, type SituationName } from './situations.ts'
import { type World, openWorld } from './world.ts'

/** One run. Milliseconds are real ones, except where the local clock ran faster: there they are the local cloud's. */
export interface Measurement {
  readonly situation: SituationName
  readonly contender: ContenderName
  readonly round: number
  readonly firstRequestMs?: number
  readonly exitMs?: number
  readonly awsCalls?: number
  readonly githubCalls?: number
  /** From the moment AWS had the writer available to the moment the endpoint was there for others to read. */
  readonly publishedMs?: number
  /** What the whole run took longer than AWS itself needs. */
  readonly addedMs?: number
  readonly peakMemoryBytes?: number
}

export interface Plan {
  readonly rounds: number
  readonly situations: readonly SituationName[]
  readonly speed: number
  readonly tools: Tools
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

const STARTUP_LIMIT_MS = 60_000
const PUBLISHED_LIMIT_MS = 6 * 60_000
/** Two waits of the scripts' after each other, and the last of the staggered starts. */
const PUBLISHED_USUAL_MS = 150_000
/** The peak of memory is looked at where there is the most to do at once. */
const MEMORY_SITUATION = 'create'
/** Runs that wait for AWS take no processor, so that many can wait side by side. */
const ROUNDS_SIDE_BY_SIDE = 8
const STAGGER_MS = 900
const SETTLE_MS = 60

/** Round after round, everybody in each, in an order that turns: what disturbs the machine disturbs all alike. */
export async function measureRounds(plan: Plan): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  const startups = plan.situations.filter((name) => name !== 'published')
  // Files and code are warm for nobody in the first round, so it is not counted.
  for (let round = 0; startups.length > 0 && round <= plan.rounds; round += 1) {
    plan.report(round === 0 ? 'warming up' : `round ${round} of ${plan.rounds}`)
    const measured = await measureRound(plan, { startups, round })
    if (round > 0) measurements.push(...measured)
  }
  if (plan.situations.includes('published')) measurements.push(...(await measurePublishing(plan)))
  return measurements
}

async function measureRound(
  plan: Plan,
  { startups, round }: { readonly startups: readonly SituationName[]; readonly round: number },
): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (const [index, situation] of startups.entries()) {
    const contenders = turned(contendersIn(plan, situation), round + index)
    for (const contender of contenders)
      measurements.push(await measureStartup(plan, { situation, contender, round }))
    if (situation !== MEMORY_SITUATION) continue
    for (const contender of contenders)
      measurements.push(await measureMemory(plan, { situation, contender, round }))
  }
  return measurements
}

interface Which {
  readonly situation: SituationName
  readonly contender: ContenderName
  readonly round: number
}

function contendersIn({ tools }: Plan, name: SituationName): readonly ContenderName[] {
  const { reachesAws, script } = SITUATIONS[name]
  const hasScripts = script !== undefined && tools.pythonBin !== undefined
  return [
    'action',
    ...(reachesAws && name !== 'published' ? (['rds-client'] as const) : []),
    ...(hasScripts ? (['aws-cli', 'boto3'] as const) : []),
  ]
}

export function turned<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length === 0 ? 0 : by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

async function measureStartup(plan: Plan, which: Which): Promise<Measurement> {
  return await inWorld(plan, {
    which,
    behaviour: startupBehaviour(which),
    speed: 1,
    measure: async (world) => {
      const run = await play(plan, { which, world, watchMemory: false, timeoutMs: STARTUP_LIMIT_MS })
      const firstRequestAtMs = world.firstRequestAtMs()
      const { aws, github } = world.calls()
      return {
        ...which,
        ...(firstRequestAtMs === undefined ? {} : { firstRequestMs: firstRequestAtMs - run.startedAtMs }),
        exitMs: run.exitAfterMs,
        // What the RDS client does alone is no job that its calls could be counted for.
        ...(which.contender === 'rds-client' ? {} : { awsCalls: aws, githubCalls: github }),
      }
    },
  })
}

async function measureMemory(plan: Plan, which: Which): Promise<Measurement> {
  return await inWorld(plan, {
    which,
    behaviour: startupBehaviour(which),
    speed: 1,
    measure: async (world) => {
      const { peakMemoryBytes } = await play(plan, {
        which,
        world,
        watchMemory: true,
        timeoutMs: STARTUP_LIMIT_MS,
      })
      return { ...which, ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }) }
    },
  })
}

/**
 * A clone that is to be there beforehand takes no time. The scripts wait until the instance is gone before they ask for the
 * deletion of the cluster: AWS takes minutes for that, here it takes none, in their favour.
 */
function startupBehaviour({ situation, contender }: Which): Partial<Behaviour> {
  if (!SITUATIONS[situation].startsWithClone) return {}
  return {
    clusterCreatingMs: 0,
    instanceCreatingMs: 0,
    instanceStatusPath: [],
    ...(contender === 'action' ? {} : { deletingMs: 0 }),
  }
}

/** With everybody's own default poll, which is long: so all rounds wait side by side. */
async function measurePublishing(plan: Plan): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (let first = 1; first <= plan.rounds; first += ROUNDS_SIDE_BY_SIDE) {
    const last = Math.min(first + ROUNDS_SIDE_BY_SIDE - 1, plan.rounds)
    const limit = Math.ceil(PUBLISHED_USUAL_MS / plan.speed / 1_000)
    plan.report(`create and wait, rounds ${first} to ${last} side by side: up to ${limit} s`)
    const which = Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((round) =>
      turned(contendersIn(plan, 'published'), round).map((contender): Which => ({
        situation: 'published',
        contender,
        round,
      })),
    )
    measurements.push(...(await sideBySide(plan, which)))
  }
  return measurements
}

/** When one fails the others are ended, and nothing is left running. */
async function sideBySide(plan: Plan, which: readonly Which[]): Promise<readonly Measurement[]> {
  const failure = new AbortController()
  const signal = AbortSignal.any([plan.signal, failure.signal])
  const runs = which.map(async (one, index) => {
    try {
      await sleep((index * STAGGER_MS) / plan.speed, undefined, { signal })
      return await measurePublished({ ...plan, signal }, one)
    } catch (error) {
      failure.abort(error)
      throw error
    }
  })
  await Promise.allSettled(runs)
  signal.throwIfAborted()
  return await Promise.all(runs)
}

async function measurePublished(plan: Plan, which: Which): Promise<Measurement> {
  const aws = awsTimes(which.round)
  return await inWorld(plan, {
    which,
    behaviour: aws,
    speed: plan.speed,
    measure: async (world) => {
      const { clock } = world
      const { region } = world.cloud
      const run = await play(plan, { which, world, watchMemory: false, timeoutMs: PUBLISHED_LIMIT_MS })
      const readyAt = writerReadyAt(region.moment().state)
      if (run.publishedAt === undefined) throw new Error(`${which.contender} published nothing`)
      const publishedAt = clock.startAt + (run.publishedAt - clock.startAt) * clock.speed
      return {
        ...which,
        publishedMs: publishedAt - readyAt,
        addedMs: run.exitAfterMs * clock.speed - aws.clusterCreatingMs - aws.writerMs,
      }
    },
  })
}

const WAITER_INTERVAL_MS = 30_000
const MODIFYING_MS = 5_000

/** Multiples of it spread over the numbers from 0 to 1 evenly, however many there are. */
const GOLDEN = 0.618_034

/**
 * AWS's minutes, cut short, since they are the same for everybody. In each round they end at another point of everybody's poll:
 * the writer of the waiters' 30 s, and cluster and writer together of the action's 10 s.
 */
export function awsTimes(round: number) {
  const clusterCreatingMs = 2_000 + WAITER_INTERVAL_MS * fraction(round * (GOLDEN / 3 - GOLDEN))
  const instanceCreatingMs = 2_000 + WAITER_INTERVAL_MS * fraction(round * GOLDEN)
  return {
    clusterCreatingMs,
    instanceCreatingMs,
    instanceStatusPath: [{ status: 'modifying', forMs: MODIFYING_MS }],
    /** From the moment the cluster is available. */
    writerMs: instanceCreatingMs + MODIFYING_MS,
  }
}

function fraction(value: number): number {
  return value - Math.floor(value)
}

type RegionState = ReturnType<World['cloud']['region']['moment']>['state']

/** The clone is the cluster that was made last, and its writer's times count from the moment both are there. */
function writerReadyAt({ clusters, instances }: RegionState): number {
  const cluster = [...clusters.values()].at(-1)
  const writer = [...instances.values()].at(-1)
  if (cluster === undefined || writer === undefined) throw new Error('there is no clone')
  const clusterAt = firstTimeOf(cluster.timeline, { status: 'available', since: cluster.createdAt })
  return (
    Math.max(clusterAt, writer.createdAt) + firstTimeOf(writer.creation, { status: 'available', since: 0 })
  )
}

interface InWorld {
  readonly which: Which
  readonly behaviour: Partial<Behaviour>
  readonly speed: number
  readonly measure: (world: World) => Promise<Measurement>
}

async function inWorld(
  { signal }: Plan,
  { which, behaviour, speed, measure }: InWorld,
): Promise<Measurement> {
  signal.throwIfAborted()
  const world = await openWorld({ situation: SITUATIONS[which.situation], behaviour, speed })
  try {
    return await measure(world)
  } finally {
    await world.cloud.close()
  }
}

async function play(
  { tools, signal }: Plan,
  {
    which: { situation: name, contender },
    world,
    watchMemory,
    timeoutMs,
  }: {
    readonly which: Which
    readonly world: World
    readonly watchMemory: boolean
    readonly timeoutMs: number
  },
): Promise<Finished> {
  const situation = SITUATIONS[name]
  const options = { world, situation, tools, child: { signal, timeoutMs, watchMemory } }
  await prepare(contender, { ...options, child: { ...options.child, watchMemory: false } })
  // The one before is still being cleared away by the system, at the cost of whoever comes next.
  await sleep(SETTLE_MS, undefined, { signal })
  return await attempt(contender, options)
}
