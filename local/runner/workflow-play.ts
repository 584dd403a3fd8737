import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import { isString } from '@actions/workflow-parser/templates/tokens/type-guards'
import type { Json, JsonObject } from '../github/representation.ts'
import { type ConcurrencyGroups, evaluateConcurrency, type Ticket } from './concurrency-groups.ts'
import { evaluate, evaluateText, evaluateTexts, holds, type Scope, type Status } from './expressions.ts'
import { callInputs } from './inputs.ts'
import { JobPlay } from './job-play.ts'
import { expandMatrix, matrixSuffix } from './matrix.ts'
import { effectivePermissions, type PermissionMap, readOnly } from './permissions.ts'
import { githubContext, issueToken, type RunFacts } from './run-facts.ts'
import { type Conclusion, type JobNode, type JobResult, summarize } from './run-result.ts'
import { Slots } from './slots.ts'
import type { CallingJob, JobDefinition, StepsJob, WorkflowFile } from './workflow-file.ts'

export interface WorkflowPlayOptions {
  readonly facts: RunFacts
  readonly groups: ConcurrencyGroups
  readonly file: WorkflowFile
  readonly inputs: JsonObject
  readonly secrets: Readonly<Record<string, string>>
  /** What the caller allows; undefined for the workflow that the event started. */
  readonly allowed: PermissionMap | undefined
  /** Before the ids and the names of the jobs: `caller / `. */
  readonly prefix: { readonly ids: string; readonly names: string }
  /** The concurrency groups that the run and the calling jobs hold, each with who holds it. */
  readonly held: ReadonlyMap<string, string>
  /** Ends the whole run. */
  readonly abandon: (reason: string) => void
}

interface PlayedJob extends JobNode {
  readonly records: readonly JobResult[]
}

/** One job of a matrix, or the only one. */
interface Instance {
  readonly ownId: string
  /** With the ids of the calling jobs before it. */
  readonly title: string
  readonly matrix: Json
  readonly strategy: JsonObject
}

interface PlayedInstance extends JobNode {
  readonly record: JobResult
  /** The jobs of the workflow that it called. */
  readonly nested: readonly JobResult[]
}

/** The jobs of one workflow file, each when those are done that it needs. */
export class WorkflowPlay {
  readonly #options: WorkflowPlayOptions
  readonly #jobs = new Map<string, Promise<PlayedJob>>()
  readonly #played = new Map<string, JobNode>()
  readonly #live = new Map<LiveJob, JobDefinition>()
  #isCancelled = false
  #isDead = false

  constructor(options: WorkflowPlayOptions) {
    this.#options = options
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  async play(): Promise<{ readonly conclusion: Conclusion; readonly records: readonly JobResult[] }> {
    const jobs = await Promise.all(this.#options.file.jobs.map((job) => this.#job(job.id)))
    const conclusion = summarize(
      jobs.map(({ result }) => result),
      this.#isCancelled,
    )
    return { conclusion, records: jobs.flatMap(({ records }) => records) }
  }

  /** `on.workflow_call.outputs`, when all jobs have ended. */
  outputs(): Record<string, string> {
    const { facts, file, inputs } = this.#options
    const jobs = Object.fromEntries(
      [...this.#played].map(([id, { outputs, result }]) => [id, { result, outputs }] as const),
    )
    const contexts = { github: githubContext(facts), vars: facts.variables, inputs, jobs }
    const outputs = [...(file.call?.outputs ?? [])].map(
      ([name, token]) => [name, evaluateText(token, { contexts })] as const,
    )
    return Object.fromEntries(outputs.filter(([, value]) => value !== ''))
  }

  /** Jobs whose `if` still holds go on, `always()` ones for example [actions §2.1]. */
  cancel(reason: string): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    for (const [live, job] of this.#live) if (!this.#holds(job)) live.cancel(reason)
  }

  kill(): void {
    this.#isDead = true
    for (const live of this.#live.keys()) live.kill()
  }

  #job(id: string): Promise<PlayedJob> {
    const known = this.#jobs.get(id)
    if (known !== undefined) return known
    const job = this.#definition(id)
    const played = this.#playJob(job).then((node) => {
      this.#played.set(id, node)
      return node
    })
    this.#jobs.set(id, played)
    return played
  }

  #definition(id: string): JobDefinition {
    const job = this.#options.file.jobs.find((other) => other.id === id)
    if (job === undefined) throw new Error(`there is no job ${id}`)
    return job
  }

  async #playJob(job: JobDefinition): Promise<PlayedJob> {
    await Promise.all(job.needs.map((id) => this.#job(id)))
    const { prefix } = this.#options
    const title = `${prefix.ids}${job.id}`
    const name = `${prefix.names}${literalName(job)}`
    if (this.#isDead) return { conclusion: 'cancelled', result: 'cancelled', outputs: {}, records: [] }
    try {
      if (!this.#holds(job)) {
        // It would have run, had nobody cancelled the run: that is a queued job.
        const isQueued = this.#isCancelled && this.#holds(job, { isCancelled: false })
        const error = await this.#passGroup(job, title)
        const conclusion = isQueued || error !== undefined ? 'cancelled' : 'skipped'
        return playedJob([withoutSteps(title, { name, conclusion, error })])
      }
      return playedJob(await this.#playInstances(job))
    } catch (error) {
      return playedJob([withoutSteps(title, { name, conclusion: 'failure', error: messageOf(error) })])
    }
  }

  /**
   * Where a place in the group is taken before `if` is looked at: it is waited for, and left at once. The reason if somebody else
   * got the place.
   */
  async #passGroup(job: JobDefinition, title: string): Promise<string | undefined> {
    const { facts, held } = this.#options
    if (!facts.skippedJobsClaim || this.#isCancelled) return undefined
    const live = new LiveJob()
    this.#live.set(live, job)
    try {
      await this.#claim(job.concurrency, { live, scope: this.#scope(job), title, held })
      return live.reason
    } finally {
      live.end()
      this.#live.delete(live)
    }
  }

  async #playInstances(job: JobDefinition): Promise<readonly PlayedInstance[]> {
    const scope = this.#scope(job)
    const combinations = job.matrix === undefined ? [null] : expandMatrix(evaluate(job.matrix, scope))
    const failFast = job.failFast === undefined ? true : evaluate(job.failFast, scope)
    const maxParallel =
      job.maxParallel === undefined ? combinations.length : Number(evaluate(job.maxParallel, scope))
    const slots = new Slots(maxParallel)
    const lives = combinations.map(() => new LiveJob())
    for (const live of lives) this.#live.set(live, job)
    const play = async (matrix: JsonObject | null, index: number): Promise<PlayedInstance> => {
      const ownId = `${job.id}${matrix === null ? '' : matrixSuffix(matrix)}`
      const instance: Instance = {
        ownId,
        title: `${this.#options.prefix.ids}${ownId}`,
        matrix,
        strategy: {
          'fail-fast': failFast,
          'job-index': index,
          'job-total': combinations.length,
          'max-parallel': maxParallel,
        },
      }
      const live = lives[index] ?? new LiveJob()
      const played = await this.#playInstance(job, { instance, live, slots })
      this.#live.delete(live)
      if (played.result === 'failure' && failFast === true) {
        const reason = `The strategy configuration was canceled because "${instance.title}" failed`
        for (const other of lives) if (other !== live) other.cancel(reason)
      }
      return played
    }
    return await Promise.all(combinations.map(play))
  }

  async #playInstance(
    job: JobDefinition,
    options: { readonly instance: Instance; readonly live: LiveJob; readonly slots: Slots },
  ): Promise<PlayedInstance> {
    const { instance, live, slots } = options
    const { ownId, title } = instance
    const { prefix } = this.#options
    const scope = this.#scope(job, instance)
    let name = `${prefix.names}${ownId}`
    const ended = (conclusion: Conclusion, error: string | undefined): PlayedInstance =>
      withoutSteps(title, { name, conclusion, error })
    try {
      if (job.name !== undefined) name = `${prefix.names}${evaluateText(job.name, scope)}`
      if (!(await live.waitFor(slots.take()))) return ended('cancelled', live.reason)
      const held = await this.#claim(job.concurrency, { live, scope, title, held: this.#options.held })
      if (held === undefined) return ended('cancelled', live.reason)
      return job.kind === 'steps'
        ? await this.#playSteps(job, { instance, live, scope, name })
        : await this.#playCall(job, { instance, live, scope, name, held })
    } catch (error) {
      return ended('failure', messageOf(error))
    } finally {
      live.end()
    }
  }

  async #playSteps(
    job: StepsJob,
    options: {
      readonly instance: Instance
      readonly live: LiveJob
      readonly scope: Scope
      readonly name: string
    },
  ): Promise<PlayedInstance> {
    const { facts, file, secrets } = this.#options
    const { instance, live, name, scope } = options
    const { title } = instance
    const permissions = this.#permissions(job)
    const play = new JobPlay({ facts, file, job, name, contexts: scope.contexts, secrets, permissions })
    live.runs(play)
    const report = await play.play()
    const isForgiven =
      report.conclusion === 'failure' &&
      job.continueOnError !== undefined &&
      evaluate(job.continueOnError, scope) === true
    const { conclusion, outputs } = report
    const record: JobResult = { id: title, name, ...report }
    return { conclusion, result: isForgiven ? 'success' : conclusion, outputs, record, nested: [] }
  }

  async #playCall(
    job: CallingJob,
    options: {
      readonly instance: Instance
      readonly live: LiveJob
      readonly scope: Scope
      readonly name: string
      readonly held: ReadonlyMap<string, string>
    },
  ): Promise<PlayedInstance> {
    const { abandon, facts, groups } = this.#options
    const { instance, live, name, scope } = options
    const { title } = instance
    const file = facts.library.callee(job)
    const given = job.with === undefined ? {} : (evaluate(job.with, scope) as JsonObject)
    const inputs = callInputs(file.call?.inputs ?? [], given)
    const calleeScope = { contexts: { github: githubContext(facts), vars: facts.variables, inputs } }
    const held = await this.#claim(file.concurrency, { live, title, held: options.held, scope: calleeScope })
    if (held === undefined) return withoutSteps(title, { name, conclusion: 'cancelled', error: live.reason })
    const play = new WorkflowPlay({
      facts,
      groups,
      file,
      inputs,
      secrets: this.#passedSecrets(job, scope),
      allowed: effectivePermissions(this.#options.file, job, this.#options.allowed),
      prefix: { ids: `${title} / `, names: `${name} / ` },
      held,
      abandon,
    })
    live.runs(play)
    const { conclusion, records } = await play.play()
    const outputs = play.outputs()
    const base = withoutSteps(title, { name, conclusion, error: live.reason })
    return { ...base, outputs, record: { ...base.record, outputs }, nested: records }
  }

  /** All groups that are held then; undefined when the job was cancelled before it had this one. */
  async #claim(
    concurrency: TemplateToken | undefined,
    options: {
      readonly scope: Scope
      readonly live: LiveJob
      readonly title: string
      readonly held: ReadonlyMap<string, string>
    },
  ): Promise<ReadonlyMap<string, string> | undefined> {
    const { held, live, scope, title } = options
    const { abandon, facts, groups } = this.#options
    const repository = facts.event.repository.fullName
    const request = evaluateConcurrency(concurrency, { repository, scope })
    if (request === undefined) return held
    const holder = held.get(request.key)
    if (holder !== undefined) {
      const reason = `Canceling since a deadlock for concurrency group '${request.name}' was detected between '${holder}' and '${title}'`
      live.cancel(reason)
      abandon(reason)
      return undefined
    }
    const ticket = groups.enter(request, (reason) => {
      live.cancel(reason)
    })
    return (await live.waitFor(ticket)) ? new Map([...held, [request.key, title]]) : undefined
  }

  #passedSecrets(job: CallingJob, scope: Scope): Readonly<Record<string, string>> {
    const { facts, secrets } = this.#options
    if (job.secrets === 'inherit') return secrets
    const own = { ...secrets, GITHUB_TOKEN: issueToken(facts, this.#permissions(job)) }
    return evaluateTexts(job.secrets, { ...scope, contexts: { ...scope.contexts, secrets: own } })
  }

  #permissions(job: JobDefinition): PermissionMap {
    const { allowed, facts, file } = this.#options
    const permissions = effectivePermissions(file, job, allowed)
    return facts.isReadOnly ? readOnly(permissions) : permissions
  }

  #scope(job: JobDefinition, instance?: Instance): Scope {
    const { facts, inputs } = this.#options
    const needs = Object.fromEntries(
      job.needs.map((id) => {
        const { outputs = {}, result = 'skipped' } = this.#played.get(id) ?? {}
        return [id, { result, outputs }] as const
      }),
    )
    const contexts = { github: githubContext(facts), vars: facts.variables, inputs, needs }
    if (instance === undefined) return { contexts }
    return { contexts: { ...contexts, matrix: instance.matrix, strategy: instance.strategy } }
  }

  #holds(job: JobDefinition, { isCancelled = this.#isCancelled } = {}): boolean {
    return holds(job.condition, { ...this.#scope(job), status: this.#status(job, isCancelled) })
  }

  /** Over all jobs that this one depends on, however far: one that was skipped skips them all. */
  #status(job: JobDefinition, isCancelled: boolean): Status {
    const results = [...this.#ancestors(job)].map((id) => this.#played.get(id)?.result)
    return {
      success: !isCancelled && results.every((result) => result === 'success'),
      failure: !isCancelled && results.includes('failure'),
      cancelled: isCancelled,
    }
  }

  #ancestors(job: JobDefinition): Set<string> {
    return new Set(job.needs.flatMap((id) => [id, ...this.#ancestors(this.#definition(id))]))
  }
}

/** A job from the moment it may start: waiting for something, or running. */
class LiveJob {
  readonly #tickets: Ticket[] = []
  #running: { cancel(reason: string): void; kill(): void } | undefined
  #reason: string | undefined

  get reason(): string | undefined {
    return this.#reason
  }

  /** False when it was cancelled before its turn came. */
  async waitFor(ticket: Ticket): Promise<boolean> {
    this.#tickets.push(ticket)
    if (this.#reason !== undefined) ticket.leave()
    return (await ticket.granted) && this.#reason === undefined
  }

  runs(play: { cancel(reason: string): void; kill(): void }): void {
    this.#running = play
    if (this.#reason !== undefined) play.cancel(this.#reason)
  }

  cancel(reason: string): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    if (this.#running === undefined) this.end()
    else this.#running.cancel(reason)
  }

  kill(): void {
    this.#reason ??= 'the machine is gone'
    if (this.#running === undefined) this.end()
    else this.#running.kill()
  }

  end(): void {
    for (const ticket of this.#tickets.splice(0)) ticket.leave()
  }
}

/** The later of two combinations wins an output, as long as it has one. */
function playedJob(instances: readonly PlayedInstance[]): PlayedJob {
  const conclusions = instances.map(({ conclusion }) => conclusion)
  const results = instances.map(({ result }) => result)
  return {
    conclusion: summarize(conclusions, false),
    result: summarize(results, false),
    outputs: Object.assign({}, ...instances.map(({ outputs }) => outputs)) as Record<string, string>,
    records: instances.flatMap(({ nested, record }) => [record, ...nested]),
  }
}

/** Of a job that does not start: an expression in its name is not evaluated then. */
function literalName({ id, name }: JobDefinition): string {
  return name !== undefined && isString(name) ? name.value : id
}

function withoutSteps(
  id: string,
  {
    name,
    conclusion,
    error,
  }: {
    readonly name: string
    readonly conclusion: Conclusion
    readonly error?: string | undefined
  },
): PlayedInstance {
  const record: JobResult = {
    id,
    name,
    conclusion,
    labels: [],
    outputs: {},
    steps: [],
    annotations: [],
    error,
  }
  return { conclusion, result: conclusion, outputs: {}, record, nested: [] }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
