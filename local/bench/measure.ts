import { setTimeout as sleep } from 'node:timers/promises'
import { startLocalCloud } from '../cloud.ts'
import { seedRepository, seedSource } from '../team.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { type Contender, type Finished, type Tools, type World, play, prepare } from './contenders.ts'
import { SITUATIONS, type SituationName } from './situations.ts'

export interface Run {
  readonly situation: SituationName
  readonly contender: Contender
  readonly round: number
}

/** Milliseconds are real ones, except where the local clock ran faster: there they are the local cloud's. */
export interface Times {
  readonly firstRequestMs?: number
  readonly exitMs?: number
  /** From the moment AWS had the writer available to the moment the endpoint was there for others to read. */
  readonly publishedMs?: number
  /** What the whole run took longer than AWS itself needs. */
  readonly addedMs?: number
}

export interface Measurement extends Run {
  readonly times: Times
}

export interface Conditions {
  /** Of the clock where a run waits for AWS. */
  readonly speed: number
  readonly tools: Tools
  readonly signal: AbortSignal
}

const START_LIMIT_MS = 60_000
const PUBLISHED_LIMIT_MS = 6 * 60_000
const SETTLE_MS = 60
/**
 * The script waits until the instance is gone before it asks for the deletion of the cluster: AWS takes minutes for that, here it
 * takes none, in its favour.
 */
export const AT_ONCE = { clusterCreatingMs: 0, instanceCreatingMs: 0, instanceStatusPath: [], deletingMs: 0 }

export async function measure(run: Run, { speed, tools, signal }: Conditions): Promise<Measurement> {
  signal.throwIfAborted()
  const situation = SITUATIONS[run.situation]
  const waits = run.situation === 'published'
  const aws = awsTimes(run.round)
  const clock = new ScaledClock({ speed: waits ? speed : 1 })
  const behaviour = waits ? aws : situation.startsWithClone === true ? AT_ONCE : {}
  const cloud = await startLocalCloud({ clock, behaviour })
  try {
    seedSource(cloud, 'aurora-postgresql')
    const world = { cloud, clock, ...seedRepository(cloud, { isPublic: false }) }
    const limits = { signal, timeout: waits ? PUBLISHED_LIMIT_MS : START_LIMIT_MS }
    const attempt = { contender: run.contender, situation, world, tools, limits }
    await prepare(attempt)
    let firstRequestAtMs: number | undefined
    cloud.aws.hooks.beforeApply = ({ service }) => {
      if (service === 'rds') firstRequestAtMs ??= performance.now()
    }
    // The one before is still being cleared away by the system, at the cost of whoever comes next.
    await sleep(SETTLE_MS, undefined, { signal })
    const finished = await play(attempt)
    if (waits) return { ...run, times: publishedTimes(world, finished, aws) }
    if (firstRequestAtMs === undefined) throw new Error(`${run.contender} sent nothing to AWS`)
    const { startedAtMs, exitAfterMs: exitMs } = finished
    return { ...run, times: { firstRequestMs: firstRequestAtMs - startedAtMs, exitMs } }
  } finally {
    await cloud.close()
  }
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

function publishedTimes(
  { cloud: { region }, clock: { startAt, speed } }: World,
  { publishedAt, exitAfterMs }: Finished,
  { clusterCreatingMs, writerMs }: ReturnType<typeof awsTimes>,
): Times {
  // What was made last is the clone's.
  const [cluster, writer] = [region.clusters().at(-1), region.instances().at(-1)]
  if (publishedAt === undefined || cluster === undefined || writer === undefined)
    throw new Error('a run published nothing')
  const readyAt = Math.max(cluster.createdAt + clusterCreatingMs, writer.createdAt) + writerMs
  return {
    publishedMs: startAt + (publishedAt - startAt) * speed - readyAt,
    addedMs: exitAfterMs * speed - clusterCreatingMs - writerMs,
  }
}
