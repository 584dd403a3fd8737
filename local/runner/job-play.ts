import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { Json, JsonObject } from '../github/representation.ts'
import { type Annotation, maskValues } from './commands.ts'
import { evaluate, evaluateText, evaluateTexts, holds, type Scope } from './expressions.ts'
import { startLocalAction } from './local-action.ts'
import type { PermissionMap } from './permissions.ts'
import {
  checkedOutFiles,
  issueToken,
  jobGithubContext,
  type RunFacts,
  runnerContext,
  stepFacts,
} from './run-facts.ts'
import type { Conclusion, StepRecord } from './run-result.ts'
import { runnerLabels } from './runner-labels.ts'
import { runnerVariables, type StepDirectories, startStep } from './step.ts'
import { type StepOutcome, stepWork, type StepWork } from './step-work.ts'
import { isRunnerVariable, type StepDefinition, type StepsJob, type WorkflowFile } from './workflow-file.ts'

export interface JobPlayOptions {
  readonly facts: RunFacts
  readonly file: WorkflowFile
  readonly job: StepsJob
  /** For the log: as GitHub shows it. */
  readonly name: string
  /** Those of the server: inputs, needs, matrix, strategy, vars. */
  readonly contexts: JsonObject
  readonly secrets: Readonly<Record<string, string>>
  readonly permissions: PermissionMap
}

export interface JobReport {
  readonly conclusion: Exclude<Conclusion, 'skipped'>
  /** Those that `runs-on` asks a runner for. */
  readonly labels: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly steps: readonly StepRecord[]
  readonly annotations: readonly Annotation[]
  readonly error: string | undefined
}

/** Unless a job says otherwise [actions §1]. */
const DEFAULT_TIMEOUT_MINUTES = 360
const MINUTE_MS = 60_000
const NO_OUTCOME = { outputs: {}, exportedEnv: {}, addedPaths: [], masks: [], log: '', summary: '' }

/** One job on one machine of its own: its steps in order, each in the environment that those before it left. */
export class JobPlay {
  readonly #options: JobPlayOptions
  readonly #machine = new Machine()
  readonly #token: string
  readonly #masks = new Set<string>()
  readonly #annotations: Annotation[] = []
  readonly #records: StepRecord[] = []
  readonly #steps: Record<string, JsonObject> = {}
  readonly #paths: string[] = []
  #env: Readonly<Record<string, string>> = {}
  #labels: readonly string[] = []
  #status: JobReport['conclusion'] = 'success'
  #error: string | undefined
  #isDead = false
  #current:
    | {
        readonly step: StepDefinition
        readonly env: Readonly<Record<string, string>>
        readonly work: StepWork
      }
    | undefined

  constructor(options: JobPlayOptions) {
    this.#options = options
    this.#token = issueToken(options.facts, options.permissions)
    this.#mask([this.#token, ...Object.values(options.secrets)])
  }

  async play(): Promise<JobReport> {
    const { job } = this.#options
    const timeout = new AbortController()
    try {
      this.#prepare(timeout.signal)
      for (const step of job.steps) {
        if (this.#isDead) break
        const record = await this.#playStep(step)
        this.#records.push(record)
      }
    } catch (error) {
      this.#fail(error)
    }
    try {
      const outputs = this.#isDead ? {} : this.#outputs()
      return this.#report(outputs)
    } catch (error) {
      this.#fail(error)
      return this.#report({})
    } finally {
      timeout.abort()
      this.#machine.remove()
    }
  }

  /** The job is to end: a step whose `if` still holds goes on, and so do later ones [actions §2.1]. */
  cancel(reason: string): void {
    if (this.#isDead || this.#status === 'cancelled') return
    this.#status = 'cancelled'
    this.#error = reason
    const current = this.#current
    if (current !== undefined && !holds(current.step.condition, this.#scope(current.env))) {
      current.work.cancel()
    }
  }

  /** The machine is gone. */
  kill(): void {
    this.#isDead = true
    this.#status = 'failure'
    this.#error = 'The runner has lost communication with the server: its machine is gone'
    this.#current?.work.kill()
    this.#machine.killProcesses()
  }

  #prepare(signal: AbortSignal): void {
    const { facts, file, job } = this.#options
    const scope = this.#scope({})
    this.#env = { ...evaluateTexts(file.env, scope), ...evaluateTexts(job.env, scope) }
    this.#labels = runnerLabels(job.runsOn === undefined ? null : evaluate(job.runsOn, scope))
    if (job.environment !== undefined) evaluate(job.environment, scope)
    const minutes = minutesOf(
      job.timeoutMinutes === undefined ? DEFAULT_TIMEOUT_MINUTES : evaluate(job.timeoutMinutes, scope),
    )
    const expire = (): void => {
      this.cancel(`The job has exceeded the maximum execution time of ${minutes} minutes.`)
    }
    facts.cloud.clock.sleep(minutes * MINUTE_MS, { signal }).then(expire, ignoreAbort)
  }

  async #playStep(step: StepDefinition): Promise<StepRecord> {
    const failed = (error: unknown): StepOutcome => {
      const annotations = [this.#annotation('error', errorMessage(error))]
      return { ...NO_OUTCOME, conclusion: 'failure', annotations }
    }
    let name = defaultName(step)
    let env = this.#env
    let outcome: StepOutcome
    try {
      env = { ...env, ...evaluateTexts(step.env, this.#scope(env)) }
      if (!holds(step.condition, this.#scope(env))) return this.#skip(step, name)
      if (step.name !== undefined) name = evaluateText(step.name, this.#scope(env))
      outcome = await this.#work(step, { env, name }).catch(failed)
    } catch (error) {
      outcome = failed(error)
    }
    return this.#finish(step, { env, name, outcome })
  }

  #skip(step: StepDefinition, name: string): StepRecord {
    if (step.hasId) this.#steps[step.id] = { outcome: 'skipped', conclusion: 'skipped', outputs: {} }
    const id = step.hasId ? step.id : undefined
    return {
      name,
      id,
      conclusion: 'skipped',
      outcome: 'skipped',
      outputs: {},
      log: '',
      summary: '',
      annotations: [],
    }
  }

  async #work(
    step: StepDefinition,
    { env, name }: { readonly env: Readonly<Record<string, string>>; readonly name: string },
  ): Promise<StepOutcome> {
    const minutes = step.timeoutMinutes && minutesOf(evaluate(step.timeoutMinutes, this.#scope(env)))
    const work = this.#start(step, { env, name })
    this.#current = { step, env, work }
    const timeout = new AbortController()
    const progress = { timedOut: false }
    if (minutes !== undefined) {
      const expire = (): void => {
        progress.timedOut = true
        work.cancel()
      }
      this.#options.facts.cloud.clock
        .sleep(minutes * MINUTE_MS, { signal: timeout.signal })
        .then(expire, ignoreAbort)
    }
    try {
      const outcome = await work.result
      if (!progress.timedOut || this.#status === 'cancelled' || minutes === undefined) return outcome
      const annotation = this.#annotation(
        'error',
        `The action '${name}' has timed out after ${minutes} minutes.`,
      )
      return { ...outcome, conclusion: 'failure', annotations: [...outcome.annotations, annotation] }
    } finally {
      timeout.abort()
      this.#current = undefined
    }
  }

  #start(
    step: StepDefinition,
    { env, name }: { readonly env: Readonly<Record<string, string>>; readonly name: string },
  ): StepWork {
    const { facts, job, permissions } = this.#options
    const { nodeFlags, cancelGraceMs, stepTimeoutMs } = facts.machine
    const scope = this.#scope(env)
    const onLog = (text: string): void => {
      facts.onLog({ job: this.#options.name, step: name, text })
    }
    const told = {
      ...stepFacts(facts, job.id),
      clock: facts.cloud.clock,
      action: step.hasId ? step.id : `__${step.id.replace(/^__/, '')}`,
    }
    const processEnv = this.#processEnv(env)
    const process = {
      ...told,
      ...this.#machine.directories,
      env: processEnv,
      secrets: [...this.#masks],
      onLog,
      ...(cancelGraceMs && { cancelGraceMs }),
      ...(stepTimeoutMs !== undefined && { timeoutMs: stepTimeoutMs }),
    }
    if (step.kind === 'run') {
      const directory = step.workingDirectory === undefined ? '' : evaluateText(step.workingDirectory, scope)
      const work = startStep({
        ...process,
        script: this.#machine.writeScript(step.run),
        interpreter:
          step.shell === 'bash' ? ['bash', '--noprofile', '--norc', '-eo', 'pipefail'] : ['bash', '-e'],
        workingDirectory: resolve(this.#machine.directories.workspace, directory),
      })
      this.#machine.watch(work.pid)
      return stepWork(work)
    }
    const inputs = evaluateTexts(step.with, scope)
    const source = facts.library.action(step.uses)
    if (source.kind === 'own') {
      const { inputDefaults, script } = source
      const inProcess = facts.machine.inProcess?.()
      return startStep({
        ...process,
        script,
        inputs,
        inputDefaults,
        token: this.#token,
        ...(nodeFlags && { nodeFlags }),
        ...(inProcess && { inProcess }),
      })
    }
    const { directories } = this.#machine
    return startLocalAction({
      action: source.action,
      step: {
        uses: step.uses,
        inputs,
        env: { ...runnerVariables(told, directories), ...processEnv },
        event: facts.event,
        permissions,
        workspace: directories.workspace,
        files: (ref) => checkedOutFiles(facts, ref),
      },
      masks: [...this.#masks],
      onLog,
    })
  }

  #finish(
    step: StepDefinition,
    {
      env,
      name,
      outcome: played,
    }: {
      readonly env: Readonly<Record<string, string>>
      readonly name: string
      readonly outcome: StepOutcome
    },
  ): StepRecord {
    this.#mask(played.masks)
    this.#env = { ...this.#env, ...played.exportedEnv }
    this.#paths.unshift(...played.addedPaths.toReversed())
    const { conclusion: outcome, outputs } = played
    const isForgiven =
      outcome === 'failure' &&
      step.continueOnError !== undefined &&
      evaluate(step.continueOnError, this.#scope(env)) === true
    const conclusion = isForgiven ? 'success' : outcome
    if (step.hasId) this.#steps[step.id] = { outcome, conclusion, outputs }
    if (conclusion === 'failure' && this.#status === 'success') this.#status = 'failure'
    return {
      name,
      id: step.hasId ? step.id : undefined,
      conclusion,
      outcome,
      outputs,
      log: played.log,
      summary: maskValues(played.summary, [...this.#masks]),
      annotations: played.annotations,
    }
  }

  /** What holds a masked value does not leave the machine, and neither does what is empty [actions §0.9]. */
  #outputs(): Record<string, string> {
    const kept: Record<string, string> = {}
    const masks = [...this.#masks]
    for (const [name, value] of Object.entries(
      evaluateTexts(this.#options.job.outputs, this.#scope(this.#env)),
    )) {
      if (value === '') continue
      if (maskValues(value, masks) === value) kept[name] = value
      else this.#annotate('warning', `Skip output '${name}' since it may contain secret.`)
    }
    return kept
  }

  #report(outputs: Readonly<Record<string, string>>): JobReport {
    return {
      conclusion: this.#status,
      labels: this.#labels,
      outputs,
      steps: this.#records,
      annotations: this.#annotations,
      error: this.#error,
    }
  }

  #mask(values: readonly string[]): void {
    for (const value of values) if (value.trim() !== '') this.#masks.add(value)
  }

  #fail(error: unknown): void {
    this.#status = 'failure'
    this.#error = errorMessage(error)
    this.#annotate('error', this.#error)
  }

  #annotation(level: Annotation['level'], message: string): Annotation {
    return { level, title: undefined, message: maskValues(message, [...this.#masks]) }
  }

  #annotate(level: Annotation['level'], message: string): void {
    this.#annotations.push(this.#annotation(level, message))
  }

  #processEnv(env: Readonly<Record<string, string>>): Record<string, string> {
    const { facts, permissions } = this.#options
    const { environment, tools } = facts.machine
    const path = env['PATH'] ?? [tools, process.env['PATH']].filter(Boolean).join(delimiter)
    const identity =
      permissions['id-token'] === 'write'
        ? {
            ACTIONS_ID_TOKEN_REQUEST_URL: `${facts.cloud.github.url}/_apis/idtoken?api-version=2.0`,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.#token,
          }
        : {}
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => !isRunnerVariable(name)))
    return { ...environment, ...identity, ...own, PATH: [...this.#paths, path].join(delimiter) }
  }

  #scope(env: Readonly<Record<string, string>>): Scope {
    const { contexts, facts, job, secrets } = this.#options
    const { directories } = this.#machine
    return {
      contexts: {
        ...contexts,
        github: jobGithubContext(facts, { job: job.id, token: this.#token, directories }),
        secrets: { ...secrets, GITHUB_TOKEN: this.#token },
        env,
        steps: this.#steps,
        job: { status: this.#status },
        runner: runnerContext(facts, directories),
      },
      status: {
        success: this.#status === 'success',
        failure: this.#status === 'failure',
        cancelled: this.#status === 'cancelled',
      },
    }
  }
}

/** The directories of a job, and the processes that may outlive the step that started them. */
class Machine {
  readonly directories: StepDirectories
  readonly #root: string
  readonly #leaders: number[] = []
  #scripts = 0

  constructor() {
    this.#root = mkdtempSync(join(tmpdir(), 'job-'))
    const directory = (name: string): string => {
      const path = join(this.#root, name)
      mkdirSync(path)
      return path
    }
    this.directories = {
      home: directory('home'),
      workspace: directory('workspace'),
      runnerTemp: directory('temp'),
    }
  }

  writeScript(text: string): string {
    this.#scripts += 1
    const path = join(this.#root, `${this.#scripts}.sh`)
    writeFileSync(path, text)
    return path
  }

  watch(leader: number | undefined): void {
    if (leader !== undefined) this.#leaders.push(leader)
  }

  /** As the runner does it: "Cleaning up orphan processes". */
  remove(): void {
    this.killProcesses()
    rmSync(this.#root, { recursive: true, force: true })
  }

  killProcesses(): void {
    for (const leader of this.#leaders) {
      try {
        process.kill(-leader, 'SIGKILL')
      } catch {
        // The usual case: nobody of that group is left.
      }
    }
  }
}

function defaultName(step: StepDefinition): string {
  return `Run ${step.kind === 'uses' ? step.uses : (step.run.trim().split('\n')[0] ?? '')}`
}

function minutesOf(value: Json): number {
  const minutes = Number(value)
  if (!(minutes > 0)) throw new Error(`timeout-minutes is a number above 0, got ${JSON.stringify(value)}`)
  return minutes
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A time-out that was not needed. */
function ignoreAbort(): void {
  // Nothing to do: the sleep ended with what it guarded.
}
