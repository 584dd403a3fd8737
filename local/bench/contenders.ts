import { statSync } from 'node:fs'
import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { pullRequestEvent } from '../github/events.ts'
import type { WorkflowEvent } from '../github/events.ts'
import { playStep } from '../runner/step.ts'
import { type ChildOptions, type ChildRun, runChild } from './child.ts'
import type { Situation } from './situations.ts'
import { LABEL, SOURCE } from '../team.ts'
import { SCRIPTED_CLONE, type World } from './world.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const ACTION_BUNDLE = join(ROOT, 'dist', 'index.js')
const CONTENDERS = join(import.meta.dirname, 'contenders')

export const CONTENDER_NAMES = ['action', 'rds-client', 'aws-cli', 'boto3'] as const
export type ContenderName = (typeof CONTENDER_NAMES)[number]

/** What the contenders need beside the repository. */
export interface Tools {
  /** The bundle of contenders/rds-client-alone.js. */
  readonly rdsClientBundle: string
  /** Where `python` and `aws` are; the scripts are left out without them. */
  readonly pythonBin: string | undefined
  /** Empty: nobody's own configuration reaches the scripts. */
  readonly home: string
}

export interface Attempt {
  readonly world: World
  readonly situation: Situation
  readonly tools: Tools
  readonly child: ChildOptions
}

/** How it ran, once it is clear that it did its job. */
export interface Finished extends ChildRun {
  /** `Date.now()` when the endpoint was there for others to read. */
  readonly publishedAt: number | undefined
}

export async function attempt(name: ContenderName, options: Attempt): Promise<Finished> {
  switch (name) {
    case 'action':
      return await runAction(options)
    case 'rds-client':
      return await runScript(options, [process.execPath, options.tools.rdsClientBundle])
    case 'aws-cli':
      return await runScript(options, ['bash', join(CONTENDERS, 'clone-with-aws-cli.sh'), modeOf(options)])
    case 'boto3':
      return await runScript(options, ['python', join(CONTENDERS, 'clone_manager.py'), modeOf(options)])
  }
}

/** Puts the ready clone there that the run is to find. */
export async function prepare(name: ContenderName, options: Attempt): Promise<void> {
  const { situation, world } = options
  if (situation.startsWithClone) {
    if (name === 'action') await runAction({ ...options, situation: FIRST_RUN }, anHourAgo())
    else
      world.cloud.region.seedCluster({
        identifier: SCRIPTED_CLONE,
        instances: [{ identifier: `${SCRIPTED_CLONE}-1` }],
      })
  }
  if (situation.pullRequest.isClosed) world.pull.close({ merged: true })
  world.startCounting()
}

/** Made with the action's own hands: nobody else knows its tags. */
const FIRST_RUN: Situation = {
  title: 'preparation',
  mode: 'create',
  inputs: {},
  outcome: 'ready',
  startsWithClone: false,
  pullRequest: { isLabelled: true, isClosed: false, isFork: false },
  script: undefined,
  reachesAws: true,
}

/** Long enough for the next run to find something to renew; fast, since nobody measures it. */
function anHourAgo(): ScaledClock {
  return new ScaledClock({ speed: 50, startAt: Date.now() - 60 * 60_000 })
}

/** As the runner would, up to the process itself, which is started like all the others. */
async function runAction(
  { world, situation, child }: Attempt,
  clock: ScaledClock = world.clock,
): Promise<Finished> {
  const { cloud, token } = world
  let finished: Finished | undefined
  // Nothing is loaded before the bundle where real time will do.
  const warp =
    clock.speed === 1
      ? { preload: [], env: {} }
      : { preload: ['--import', join(ROOT, 'local', 'time', 'warp.ts')], env: clock.environment() }
  const step = await playStep({
    script: ACTION_BUNDLE,
    event: eventOf(world, situation),
    github: cloud.github,
    token,
    inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
    inputs: {
      mode: situation.mode,
      ...(situation.mode === 'create' ? { 'source-cluster': SOURCE, label: LABEL } : {}),
      ...situation.inputs,
    },
    env: {
      ...(situation.pullRequest.isFork ? withoutCredentials(cloud.environment) : cloud.environment),
      ...warp.env,
    },
    timeoutMs: child.timeoutMs,
    inProcess: async (env, write) => {
      const run = await runChild(
        {
          file: process.execPath,
          args: [...warp.preload, ACTION_BUNDLE],
          env,
          cwd: env['GITHUB_WORKSPACE'] ?? ROOT,
        },
        child,
      )
      write(run.stdout)
      // Read here, since the runner's files go away with the step.
      finished = { ...run, publishedAt: statSync(env['GITHUB_OUTPUT'] ?? '').mtimeMs }
      return run.exitCode ?? 1
    },
  })
  child.signal.throwIfAborted()
  if (finished === undefined) throw new Error('the action was not started')
  const { outcome = 'none' } = step.outputs
  if (step.conclusion !== 'success' || outcome !== situation.outcome)
    throw new Error(
      `the action was to end with outcome ${situation.outcome}, got ${outcome} (${step.conclusion}):\n${step.log}\n${finished.stderr}`,
    )
  return finished
}

function eventOf({ cloud, pull }: World, { pullRequest }: Situation): WorkflowEvent {
  if (pullRequest.isClosed) return pullRequestEvent(cloud.github, { pullRequest: pull, action: 'closed' })
  return pullRequestEvent(cloud.github, { pullRequest: pull, action: 'synchronize', ...pull.push() })
}

function withoutCredentials(environment: Readonly<Record<string, string>>): Record<string, string> {
  const {
    AWS_ACCESS_KEY_ID: _id,
    AWS_SECRET_ACCESS_KEY: _key,
    AWS_SESSION_TOKEN: _token,
    ...rest
  } = environment
  return rest
}

async function runScript(options: Attempt, [file = '', ...args]: readonly string[]): Promise<Finished> {
  const { world, tools, child } = options
  const run = await runChild({ file, args, env: scriptEnvironment(options), cwd: tools.home }, child)
  const { stdout, exitCode, stderr } = run
  if (exitCode !== 0)
    throw new Error(`${[file, ...args].join(' ')} ended with ${String(exitCode)}:\n${stderr}`)
  const endpoint = world.cloud.region.cluster(SCRIPTED_CLONE)?.endpoint.address
  const publishes = args.at(-1)?.startsWith('create') === true
  if (publishes && (endpoint === undefined || stdout.trim() !== endpoint))
    throw new Error(`${args.join(' ')} was to print ${endpoint ?? 'an endpoint'}, got "${stdout.trim()}"`)
  return { ...run, publishedAt: publishes ? run.firstOutputAt : undefined }
}

function scriptEnvironment({ world, tools }: Attempt): Record<string, string> {
  const path = process.env['PATH'] ?? ''
  const { clock } = world
  const { environment } = world.cloud
  return {
    HOME: tools.home,
    PATH: tools.pythonBin === undefined ? path : `${tools.pythonBin}:${path}`,
    ...environment,
    SOURCE_CLUSTER: SOURCE,
    CLONE: SCRIPTED_CLONE,
    PR_NUMBER: '42',
    ...(clock.speed === 1 ? {} : { PYTHONPATH: join(ROOT, 'local', 'python'), PYTHONDONTWRITEBYTECODE: '1' }),
  }
}

function modeOf({ situation }: Attempt): string {
  return situation.script ?? ''
}
