import { afterAll, afterEach, beforeAll } from '@jest/globals'
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.ts'
import { pullRequestEvent, workflowDispatchEvent, type WorkflowEvent } from '../../../local/github/events.ts'
import type { PullRequest, Repository } from '../../../local/github/state.ts'
import {
  type ActionsService,
  type ActionsServiceOptions,
  startActionsService,
} from '../../../local/runner/actions-service.ts'
import type { LocalAction, LocalActionStep } from '../../../local/runner/local-action.ts'
import type { JobResult, RunResult } from '../../../local/runner/run-result.ts'
import type { WorkflowRun } from '../../../local/runner/workflow-run.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'

export const PATH = '.github/workflows/test.yml'
export const GRACE_MS = { interrupt: 100, terminate: 100 }

/** A team's repository and what GitHub Actions does for it; one for each test file. */
export let cloud: LocalCloud
export let repository: Repository
const services: ActionsService[] = []
let pulls = 0

beforeAll(async () => {
  cloud = await startLocalCloud({ clock: new SimulatedClock() })
  repository = cloud.github.repository({ owner: 'acme', name: 'shop', id: 4_200, private: true })
})

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()))
})

afterAll(async () => {
  await cloud.close()
})

export type ServiceOptions = Partial<Omit<ActionsServiceOptions, 'cloud' | 'workflows'>>

export async function aService(
  workflows: string | Readonly<Record<string, string>>,
  options: ServiceOptions = {},
): Promise<ActionsService> {
  const service = await startActionsService({
    cloud,
    workflows: typeof workflows === 'string' ? { [PATH]: workflows } : workflows,
    environment: cloud.clock.environment(),
    cancelGraceMs: GRACE_MS,
    // Real time, of which even a busy machine needs less.
    stepTimeoutMs: 120_000,
    ...options,
  })
  services.push(service)
  return service
}

export function aPull(options: Partial<Parameters<Repository['pullRequest']>[0]> = {}): PullRequest {
  pulls += 1
  return repository.pullRequest({ number: pulls, labels: ['clone-db'], ...options })
}

export function labeled(pullRequest: PullRequest = aPull(), sender?: string): WorkflowEvent {
  const options = { pullRequest, action: 'labeled', label: 'clone-db', ...(sender && { sender }) } as const
  return pullRequestEvent(cloud.github, options)
}

export function dispatched(inputs: Readonly<Record<string, string>> = {}, workflow = PATH): WorkflowEvent {
  return workflowDispatchEvent(cloud.github, { repository, inputs, workflow })
}

/** The run that an event starts, and there is only one. */
export function start(service: ActionsService, event: WorkflowEvent = labeled()): WorkflowRun {
  const [run, ...others] = service.trigger(event)
  if (run === undefined || others.length > 0) throw new Error(`the event started ${others.length} other runs`)
  return run
}

export async function play(
  workflows: string | Readonly<Record<string, string>>,
  { event, ...options }: ServiceOptions & { readonly event?: WorkflowEvent } = {},
): Promise<RunResult> {
  return await start(await aService(workflows, options), event ?? labeled()).result
}

/** A workflow that every labelled pull request starts. */
export function workflow(jobs: string, top = 'permissions: {}'): string {
  return `name: Test\non:\n  pull_request: { types: [labeled] }\n${top}\njobs:\n${indent(jobs)}`
}

/** The only job of such a workflow. */
export function jobOf(steps: string, keys = ''): string {
  return workflow(`job:\n  runs-on: ubuntu-latest\n${indent(keys)}\n  steps:\n${indent(indent(steps))}`)
}

/** Notes what it is given and returns it as outputs. */
export class Notes {
  readonly steps: LocalActionStep[] = []

  readonly action: LocalAction = (step) => {
    this.steps.push(step)
    return { outputs: step.inputs }
  }

  get inputs(): readonly Readonly<Record<string, string>>[] {
    return this.steps.map(({ inputs }) => inputs)
  }

  get actions(): Readonly<Record<string, LocalAction>> {
    return { 'test/note': this.action }
  }
}

/** A step that ends when the test says so: `uses: test/gate@v1`, `with: { name: … }`. */
export class Gates {
  readonly #gates = new Map<string, { readonly arrived: Gate; readonly opened: Gate }>()

  readonly action: LocalAction = async ({ inputs }) => {
    const { arrived, opened } = this.#gate(inputs['name'] ?? '')
    arrived.resolve(undefined)
    await opened.promise
    return {}
  }

  async arrived(name: string): Promise<void> {
    await this.#gate(name).arrived.promise
  }

  open(name: string): void {
    this.#gate(name).opened.resolve(undefined)
  }

  #gate(name: string): { readonly arrived: Gate; readonly opened: Gate } {
    const gate = this.#gates.get(name) ?? {
      arrived: Promise.withResolvers<undefined>(),
      opened: Promise.withResolvers<undefined>(),
    }
    this.#gates.set(name, gate)
    return gate
  }

  get actions(): Readonly<Record<string, LocalAction>> {
    return { 'test/gate': this.action }
  }
}

type Gate = PromiseWithResolvers<undefined>

/** `id: conclusion` of every job. */
export function conclusions(result: RunResult): Readonly<Record<string, string>> {
  return Object.fromEntries(result.jobs.map(({ conclusion, id }) => [id, conclusion]))
}

export function stepConclusions(result: RunResult, jobId = 'job'): readonly string[] {
  return job(result, jobId).steps.map(({ conclusion }) => conclusion)
}

export function job(result: RunResult, id = 'job'): JobResult {
  const found = result.jobs.find((other) => other.id === id)
  if (found === undefined) throw new Error(`no job ${id}: ${JSON.stringify(result, undefined, 2)}`)
  return found
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n')
}
