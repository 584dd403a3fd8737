import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import { pullRequestEvent } from '../github/events.ts'
import { startStep } from '../runner/step.ts'
import { LABEL, REPOSITORY, SOURCE, seedSource } from '../team.ts'
import { SimulatedClock } from '../time/simulated-clock.ts'
import { drawReadiness } from './readiness.ts'
import { median } from './table.ts'
import { ON_SIMULATED_TIME } from '../time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const ALONE = 7
const CROWD = 50
const CALLS_PER_SECOND = 10
const PLENTY = 1_000
const STEP_LIMIT_MS = 10 * 60_000
/** The action was tuned with smaller ones. */
const FIRST_SEED = 201
const LATE_LIMIT_MS = 3_000
const CROWD_LIMIT = 2

/** One run that made a clone and waited for it, in milliseconds of the local cloud. */
interface Wait {
  readonly outcome: string
  /** From the moment when AWS had the clone ready to the end of the run. */
  readonly lateMs: number
  readonly wholeMs: number
  readonly calls: number
}

export interface CrowdPlan {
  readonly bundle: string
  /** Each round has a time of its own until clones are ready. */
  readonly rounds: number
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

export interface CrowdFigures {
  readonly lines: readonly string[]
  readonly isMet: boolean
}

/**
 * How late a run publishes its clone, alone and beside many others where AWS refuses calls beyond a rate. Time is simulated: what the
 * processes themselves take is not in it.
 */
export async function measureCrowd({ bundle, rounds, signal, report }: CrowdPlan): Promise<CrowdFigures> {
  const alone: Wait[] = []
  const crowd: Wait[] = []
  /** Whole runs alone, with the times of the crowds. */
  const lone: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted()
    report(`round ${round + 1} of ${rounds}: ${ALONE} runs alone, and ${CROWD} beside each other`)
    const seeds = Array.from({ length: ALONE }, (_, index) => FIRST_SEED + round * ALONE + index)
    for (const seed of seeds)
      alone.push(...(await waits({ bundle, seed, size: 1, callsPerSecond: Infinity })))
    const [seed = FIRST_SEED] = seeds
    lone.push(alone.at(-ALONE)?.wholeMs ?? NaN)
    crowd.push(...(await waits({ bundle, seed, size: CROWD, callsPerSecond: CALLS_PER_SECOND })))
  }
  const late = median(alone.map(({ lateMs }) => lateMs))
  const ready = crowd.filter(({ outcome }) => outcome === 'ready').length
  const ratio = median(crowd.map(({ wholeMs }) => wholeMs)) / median(lone)
  const verdicts = [
    [
      late <= LATE_LIMIT_MS,
      `median from ready to published, alone: ${seconds(late)}, limit ${seconds(LATE_LIMIT_MS)}`,
    ],
    [ready === crowd.length, `runs of the crowd that end ready: ${ready} of ${crowd.length}`],
    [
      ratio <= CROWD_LIMIT,
      `median of a whole run in the crowd ÷ alone: ${ratio.toFixed(2)}, limit ${CROWD_LIMIT}`,
    ],
  ] as const
  return {
    lines: [
      row('', ['ready → published', 'whole run', 'calls to AWS']),
      row('---', ['--:', '--:', '--:']),
      row('one run', cells(alone)),
      row(`${CROWD} beside each other, ${CALLS_PER_SECOND} calls a second`, cells(crowd)),
      '',
      ...verdicts.map(([isMet, line]) => `${isMet ? '✓ met   ' : '✗ missed'}  ${line}`),
    ],
    isMet: verdicts.every(([isMet]) => isMet),
  }
}

async function waits({
  bundle,
  seed,
  size,
  callsPerSecond,
}: Readonly<{ bundle: string; seed: number; size: number; callsPerSecond: number }>): Promise<
  readonly Wait[]
> {
  const clock = new SimulatedClock()
  const times = drawReadiness(seed)
  const limits = { clusterQuota: PLENTY, instanceQuota: PLENTY, copyOnWriteLimit: PLENTY, callsPerSecond }
  const cloud = await startLocalCloud({ clock, behaviour: { ...times, instanceStatusPath: [], ...limits } })
  try {
    seedSource(cloud, 'aurora-postgresql')
    const begin = clock.now()
    const runs = play(cloud, { bundle, size, clock }).map(async ({ result }) => {
      const { outputs } = await result
      return { outputs, wholeMs: clock.now() - begin }
    })
    const ended = await Promise.all(runs)
    const calls = cloud.aws.requests.filter(({ service }) => service === 'rds').length / size
    return ended.map(({ outputs, wholeMs }) => {
      const cluster = cloud.region.cluster(outputs['cluster-identifier'] ?? '')
      const writer = cloud.region.instance(outputs['instance-identifier'] ?? '')
      const clusterReadyAt = (cluster?.createdAt ?? NaN) + times.clusterCreatingMs
      const readyAt = Math.max(clusterReadyAt, writer?.createdAt ?? NaN) + times.instanceCreatingMs
      return { outcome: outputs['outcome'] ?? '', lateMs: begin + wholeMs - readyAt, wholeMs, calls }
    })
  } finally {
    await cloud.close()
    await clock.close()
  }
}

/** The runs of so many pull requests, all at once. */
function play(
  { github, environment }: LocalCloud,
  { bundle, size, clock }: Readonly<{ bundle: string; size: number; clock: SimulatedClock }>,
) {
  const repository = github.repository({ ...REPOSITORY, private: true })
  const permissions = { 'pull-requests': 'write' } as const
  const token = github.token({ login: 'github-actions[bot]', type: 'Bot', permissions })
  return Array.from({ length: size }, (_, index) => {
    const pullRequest = repository.pullRequest({ number: index + 1, labels: [LABEL] })
    return startStep({
      script: bundle,
      event: pullRequestEvent(github, { pullRequest, action: 'labeled', label: LABEL }),
      github,
      token,
      inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
      inputs: { mode: 'create', 'source-cluster': SOURCE, label: LABEL, 'max-clones': String(PLENTY) },
      env: { ...environment, ...clock.environment() },
      clock,
      nodeFlags: ON_SIMULATED_TIME,
      timeoutMs: STEP_LIMIT_MS,
    })
  })
}

function cells(waits: readonly Wait[]): readonly string[] {
  const figure = (values: readonly number[]): string =>
    `${seconds(median(values))} (${seconds(Math.min(...values))}–${seconds(Math.max(...values))})`
  const calls = median(waits.map((wait) => wait.calls))
  return [
    figure(waits.map(({ lateMs }) => lateMs)),
    figure(waits.map(({ wholeMs }) => wholeMs)),
    calls.toFixed(0),
  ]
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function row(label: string, values: readonly string[]): string {
  return `| ${[label, ...values].join(' | ')} |`
}
