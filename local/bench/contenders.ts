import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import type { LocalCloud } from '../cloud.ts'
import { pullRequestEvent } from '../github/events.ts'
import { playStep } from '../runner/step.ts'
import { LABEL, SOURCE, type Team } from '../team.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { type ChildRun, type Limits, runChild } from './child.ts'
import { SITUATIONS, type Situation } from './situations.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const ACTION_BUNDLE = join(ROOT, 'dist', 'index.js')
const NCC = join(ROOT, 'node_modules', '@vercel', 'ncc', 'dist', 'ncc', 'cli.js')
const SCRIPTS = join(import.meta.dirname, 'contenders')
/** What the script calls its clone. */
const SCRIPTED_CLONE = `${SOURCE}-pr-42`

export const CONTENDERS = ['action', 'older', 'rds-client', 'boto3'] as const
export type Contender = (typeof CONTENDERS)[number]

export interface Tools {
  /** Where the bundle of the RDS client is, and nobody's configuration. */
  readonly home: string
  /** Where `python` is; the script is left out without it. */
  readonly pythonBin: string | undefined
  /** An older build of the action, if it is compared with one. */
  readonly older: string | undefined
}

/** An account and a repository for one run alone, so that no run finds what another one left. */
export interface World extends Team {
  readonly cloud: LocalCloud
  readonly clock: ScaledClock
}

export interface Attempt {
  readonly contender: Contender
  readonly situation: Situation
  readonly world: World
  readonly tools: Tools
  readonly limits: Limits
}

/** How it ran, once it is clear that it did its job. */
export interface Finished extends ChildRun {
  /** `Date.now()` when the endpoint was there for others to read. */
  readonly publishedAt: number | undefined
}

/** Built like dist/, by the same ncc. */
export async function bundleRdsClient(home: string, limits: Limits): Promise<void> {
  const entry = join(SCRIPTS, 'rds-client-alone.js')
  const args = [NCC, 'build', entry, '--out', join(home, 'rds-client'), '--no-cache', '--quiet']
  await runChild({ file: process.execPath, args, env: { HOME: home }, cwd: ROOT }, limits)
}

/** The build of a revision of git; what is a file is taken as it is. */
export async function olderBundle(
  against: string | undefined,
  { home, limits }: { readonly home: string; readonly limits: Limits },
): Promise<string | undefined> {
  if (against === undefined || existsSync(against)) return against && resolve(against)
  const archive = join(home, 'older.tar')
  const commands = [
    ['git', 'archive', '--output', archive, against, 'dist'],
    ['tar', '-xf', archive, '-C', home],
  ]
  for (const [file = '', ...args] of commands)
    await runChild({ file, args, env: { HOME: home, PATH: process.env['PATH'] ?? '' }, cwd: ROOT }, limits)
  return join(home, 'dist', 'index.js')
}

/** Puts there what the run is to find. */
export async function prepare(attempt: Attempt): Promise<void> {
  const { contender, situation, world } = attempt
  if (situation.outcome !== 'skipped') world.pull.addLabel(LABEL)
  if (situation.startsWithClone === true) {
    const instances = [{ identifier: `${SCRIPTED_CLONE}-1` }]
    // With the action's own hands, since nobody else knows its tags.
    if (contender === 'action' || contender === 'older')
      await runAction({ ...attempt, situation: SITUATIONS.published }, anHourAgo())
    else world.cloud.region.seedCluster({ identifier: SCRIPTED_CLONE, instances })
  }
  if (situation.mode === 'destroy') world.pull.close({ merged: true })
}

/** Long enough for the next run to find something to renew; fast, since nobody measures it. */
function anHourAgo(): ScaledClock {
  return new ScaledClock({ speed: 50, startAt: Date.now() - 60 * 60_000 })
}

export async function play(attempt: Attempt): Promise<Finished> {
  const { contender, situation, tools, world } = attempt
  switch (contender) {
    case 'action':
    case 'older':
      return await runAction(attempt, world.clock)
    case 'rds-client':
      return await runScript(attempt, [process.execPath, join(tools.home, 'rds-client', 'index.js')])
    case 'boto3': {
      const python = join(tools.pythonBin ?? '', 'python')
      return await runScript(attempt, [python, join(SCRIPTS, 'clone_with_boto3.py'), situation.script ?? ''])
    }
  }
}

/** As the runner would, up to the process itself, which is started like all the others. */
async function runAction(
  { contender, tools, world, situation, limits }: Attempt,
  clock: ScaledClock,
): Promise<Finished> {
  const script = contender === 'older' ? (tools.older ?? '') : ACTION_BUNDLE
  const { pull: pullRequest, token } = world
  const { github, environment } = world.cloud
  const { mode, inputs, outcome } = situation
  const isClosed = mode === 'destroy'
  // Nothing is loaded before the bundle where real time will do.
  const warp = clock.speed === 1 ? [] : ['--import', join(ROOT, 'local', 'time', 'warp.ts')]
  let finished: Finished | undefined
  const step = await playStep({
    script,
    event: pullRequestEvent(
      github,
      isClosed
        ? { pullRequest, action: 'closed' }
        : { pullRequest, action: 'synchronize', ...pullRequest.push() },
    ),
    github,
    token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs: { mode, ...(isClosed ? {} : { 'source-cluster': SOURCE, label: LABEL }), ...inputs },
    env: { ...environment, ...clock.environment() },
    inProcess: async (env, write) => {
      const [args, cwd] = [[...warp, script], env['GITHUB_WORKSPACE'] ?? ROOT]
      const run = await runChild({ file: process.execPath, args, env, cwd }, limits)
      write(run.stdout)
      // Read here, since the runner's files go away with the step.
      finished = { ...run, publishedAt: statSync(env['GITHUB_OUTPUT'] ?? '').mtimeMs }
      return 0
    },
  })
  if (finished === undefined || step.outputs['outcome'] !== outcome)
    throw new Error(`the action was to end with the outcome ${outcome}:\n${step.log}`)
  return finished
}

async function runScript(
  { contender, situation, world: { clock, cloud }, tools: { home }, limits }: Attempt,
  [file = '', ...args]: readonly string[],
): Promise<Finished> {
  const env = {
    HOME: home,
    ...cloud.environment,
    SOURCE_CLUSTER: SOURCE,
    CLONE: SCRIPTED_CLONE,
    PR_NUMBER: '42',
    ...(clock.speed === 1 ? {} : { PYTHONPATH: join(ROOT, 'local', 'python'), PYTHONDONTWRITEBYTECODE: '1' }),
  }
  const run = await runChild({ file, args, env, cwd: home }, limits)
  if (contender !== 'boto3' || situation.mode === 'destroy') return { ...run, publishedAt: undefined }
  const endpoint = cloud.region.cluster(SCRIPTED_CLONE)?.endpoint.address ?? 'an endpoint'
  if (run.stdout.trim() !== endpoint) throw new Error(`boto3 was to print ${endpoint}, got "${run.stdout}"`)
  return { ...run, publishedAt: run.firstOutputAt }
}
