import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { WorkflowEvent } from '../../local/github/events.ts'
import { scheduleEvent, workflowDispatchEvent } from '../../local/github/events.ts'
import { type ActionsService, startActionsService } from '../../local/runner/actions-service.ts'
import type { Annotation } from '../../local/runner/commands.ts'
import type { JobResult, RunResult, StepRecord } from '../../local/runner/run-result.ts'
import type { WorkflowRun } from '../../local/runner/workflow-run.ts'
import { OWN_REPOSITORY, OWN_TAG } from '../../policies/publisher.ts'
import { plantTools } from '../runner-tools/planted-tools.ts'
import { isFree, playInProcess } from './in-process.ts'
import type { Stack } from './roles.ts'
import {
  CANCEL_GRACE_MS,
  COMPILE_CACHE,
  STEP_LIMIT_MS,
  type World,
  type WorldOptions,
  aTableWorld,
} from './world.ts'
import { ON_SIMULATED_TIME } from '../../local/time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** The source and the label that the examples name. */
export const EXAMPLE_SOURCE = 'orders-anonymised'
export const EXAMPLE_LABEL = 'clone-db'
/** Those of all examples. */
const SOURCES = [EXAMPLE_SOURCE, 'customers-anonymised', 'orders-production']

export interface TeamFiles {
  /** Files of `examples/`, as the team has saved them; the quick start's unless said otherwise. */
  readonly examples?: readonly string[]
  /** It calls copies of the callable workflows, which `edit` sees too, by names such as `called-pr-database.yml`. */
  readonly copiesCalled?: boolean
  /** What the team has changed in its copies. */
  readonly edit?: (text: string, name: string) => string
}

export interface TeamOptions extends TeamFiles, WorldOptions {
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  /** Whether GitHub gives Dependabot's runs what `permissions` say. */
  readonly dependabotIsGranted?: boolean
  /** Whether GitHub lets a job that its `if` skips take part in its concurrency group first. */
  readonly skippedJobsClaim?: boolean
  /** File for what the programs of the runner were called with. */
  readonly toolsLog?: string
  readonly stack?: Stack
}

/** A team that has pasted the examples: what happens to its pull requests starts runs of these very files. */
export class Team {
  readonly world: World
  readonly service: ActionsService

  constructor(world: World, service: ActionsService) {
    this.world = world
    this.service = service
  }

  /** Something happens on GitHub; the run that it starts, if it starts one. */
  start(event: WorkflowEvent): WorkflowRun | undefined {
    const runs = this.service.trigger(event)
    expect(runs.length).toBeLessThan(2)
    return runs[0]
  }

  /** The same, where it does start one. */
  begin(event: WorkflowEvent): WorkflowRun {
    const run = this.start(event)
    if (run === undefined) throw new Error(`no workflow listens to ${event.name}`)
    return run
  }

  /** The same, to its end. */
  async play(event: WorkflowEvent): Promise<RunResult> {
    return await this.begin(event).result
  }

  /** The scheduled sweep, which deletes. */
  async sweep(): Promise<RunResult> {
    const { cloud, repository } = this.world
    return await this.play(scheduleEvent(cloud.github, { repository }))
  }

  dispatch(workflow: string, inputs: Readonly<Record<string, string>> = {}): WorkflowEvent {
    const { cloud, repository } = this.world
    return workflowDispatchEvent(cloud.github, { repository, workflow: workflowPath(workflow), inputs })
  }

  /** An hour and a minute: clones are no longer young. */
  async anHourLater(): Promise<void> {
    await this.world.cloud.clock.sleep(61 * 60_000)
  }
}

/** The step of the action in a run, whichever job it is in; the last one where there are several. */
export function actionStep(result: RunResult): StepRecord {
  const steps = result.jobs.flatMap((job) => job.steps.filter(({ outputs }) => 'outcome' in outputs))
  const step = steps.at(-1)
  if (step === undefined) throw new Error(`the action did not run:\n${describeRun(result)}`)
  return step
}

export function outcomeOf(result: RunResult): string | undefined {
  return actionStep(result).outputs['outcome']
}

/** What a person sees in red, yellow or blue on the page of the run. */
export function annotationsOf(
  result: RunResult,
  level: 'error' | 'warning' | 'notice',
): readonly Annotation[] {
  return result.jobs
    .flatMap(({ annotations, steps }) => [...annotations, ...steps.flatMap((step) => step.annotations)])
    .filter((annotation) => annotation.level === level)
}

export function jobOf(result: RunResult, id: string): JobResult {
  const job = result.jobs.find((candidate) => candidate.id === id)
  if (job === undefined) throw new Error(`no job ${id}:\n${describeRun(result)}`)
  return job
}

/** For people who read why a test failed. */
export function describeRun({ conclusion, error, jobs }: RunResult): string {
  const lines = jobs.flatMap((job) => [
    `  ${job.id}: ${job.conclusion} ${job.error ?? ''}`,
    ...job.steps.map(({ name, conclusion: ended, log }) => `    ${name}: ${ended}\n${log}`),
  ])
  return [`${conclusion} ${error ?? ''}`, ...lines].join('\n')
}

export function workflowPath(example: string): string {
  return `.github/workflows/${example}`
}

/** Steps of the action are played as the world's table says; beside another one, and where runs are cancelled or killed, as children. */
export async function aTeam(options: TeamOptions = {}): Promise<Team> {
  const world = await aTableWorld({ ...options, withoutSource: true })
  if (options.withoutSource !== true) world.seedForeign({ identifier: EXAMPLE_SOURCE, databaseName: 'shop' })
  return await teamIn(world, options)
}

/** A team in a world that is there already: another one, or the same with other files. */
export async function teamIn(world: World, options: Omit<TeamOptions, keyof WorldOptions>): Promise<Team> {
  const { dependabotIsGranted = false, skippedJobsClaim = false } = options
  const { secrets, variables, toolsLog, stack = {} } = options
  const tools = plantTools()
  const playHere = playInProcess(world.clock)
  const service = await startActionsService({
    cloud: world.cloud,
    workflows: workflowsOf(options),
    root: ROOT,
    actions: world.roles.actionsIn({ ...world.place(SOURCES), stack }),
    tools,
    environment: {
      ...COMPILE_CACHE,
      ...worldVariables(world),
      ...(toolsLog === undefined ? {} : { LOCAL_TOOLS_LOG: toolsLog }),
    },
    nodeFlags: ON_SIMULATED_TIME,
    inProcess: () => (world.inProcess && isFree() ? playHere : undefined),
    stepTimeoutMs: STEP_LIMIT_MS,
    dependabotIsGranted,
    skippedJobsClaim,
    ...(secrets === undefined ? {} : { secrets }),
    ...(variables === undefined ? {} : { variables }),
    cancelGraceMs: CANCEL_GRACE_MS,
  })
  world.atEnd.push(async () => {
    await service.close()
    rmSync(tools, { recursive: true })
  })
  return new Team(world, service)
}

const CALLED = ['pr-database.yml', 'pr-database-ghes.yml', 'sweep.yml']

function workflowsOf({
  examples = ['pull-request.yml', 'sweep.yml'],
  copiesCalled = false,
  edit = (text) => text,
}: TeamFiles): Readonly<Record<string, string>> {
  const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8')
  const own = examples.map((name) => [workflowPath(name), edit(read('examples', name), name)] as const)
  if (!copiesCalled) return Object.fromEntries(own)
  const toCopies = (text: string): string =>
    text.replaceAll(
      /(\S+)\/\.github\/workflows\/([\w-]+\.yml)@(v\d+)/g,
      (called: string, repository: string, file: string, tag: string) =>
        repository === OWN_REPOSITORY && tag === OWN_TAG ? `./${workflowPath(`called-${file}`)}` : called,
    )
  return Object.fromEntries([
    ...own.map(([path, text]) => [path, toCopies(text)] as const),
    ...CALLED.map((name) => {
      const copy = `called-${name}`
      return [workflowPath(copy), edit(read('.github', 'workflows', name), copy)] as const
    }),
  ])
}

/** Where AWS is, and what time it is there; no credentials, which a step has to get for itself. */
function worldVariables({ cloud }: World): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(cloud.environment).filter(
      ([name]) => !/^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION)$/.test(name),
    ),
  )
}
