import { Lexer } from '@actions/expressions'
import { TokenType } from '@actions/expressions/lexer'
import type { WorkflowJob } from '@actions/workflow-parser/model/workflow-template'
import type { MappingToken, TemplateToken as Token } from '@actions/workflow-parser/templates/tokens/index'
import { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token'
import {
  isBasicExpression,
  isMapping,
  isSequence,
  isString,
} from '@actions/workflow-parser/templates/tokens/type-guards'
import type { Json } from '../github/representation.ts'
import { SUPPORTED_EVENTS, type Trigger } from './event-matching.ts'
import { evaluate } from './expressions.ts'
import { parseWorkflow } from './github-parser.ts'
import type { InputDefinition, InputValue } from './inputs.ts'
import type { PermissionMap } from './permissions.ts'
import { Refusals } from './refusals.ts'

/** A workflow as far as this runner knows it. A `Token` may hold expressions, which are evaluated when GitHub does it. */
export interface WorkflowFile {
  readonly path: string
  readonly name: string
  readonly triggers: ReadonlyMap<string, Trigger>
  readonly dispatchInputs: readonly InputDefinition[]
  /** What `on.workflow_call` says; undefined when nobody may call it. */
  readonly call: CallDefinition | undefined
  readonly permissions: PermissionMap | undefined
  readonly env: MappingToken | undefined
  readonly concurrency: Token | undefined
  readonly jobs: readonly JobDefinition[]
}

export interface CallDefinition {
  readonly inputs: readonly InputDefinition[]
  readonly secrets: readonly { readonly name: string; readonly required: boolean }[]
  readonly outputs: ReadonlyMap<string, Token>
}

export type JobDefinition = StepsJob | CallingJob

interface JobBase {
  readonly id: string
  readonly name: Token | undefined
  readonly needs: readonly string[]
  /** Complete: `success() && (…)` where nothing else was said. */
  readonly condition: string
  readonly permissions: PermissionMap | undefined
  readonly concurrency: Token | undefined
  readonly matrix: Token | undefined
  readonly failFast: Token | undefined
  readonly maxParallel: Token | undefined
}

export interface StepsJob extends JobBase {
  readonly kind: 'steps'
  readonly runsOn: Token | undefined
  readonly environment: Token | undefined
  readonly env: MappingToken | undefined
  readonly outputs: MappingToken | undefined
  readonly timeoutMinutes: Token | undefined
  readonly continueOnError: Token | undefined
  readonly steps: readonly StepDefinition[]
}

export interface CallingJob extends JobBase {
  readonly kind: 'call'
  readonly uses: string
  readonly with: MappingToken | undefined
  readonly secrets: MappingToken | 'inherit' | undefined
}

interface StepBase {
  /** As written, or GitHub's own such as `__run_2`. */
  readonly id: string
  readonly hasId: boolean
  readonly name: Token | undefined
  readonly condition: string
  readonly env: MappingToken | undefined
  readonly timeoutMinutes: Token | undefined
  readonly continueOnError: Token | undefined
}

export type StepDefinition =
  | (StepBase & {
      readonly kind: 'run'
      readonly run: string
      readonly shell: 'bash' | undefined
      readonly workingDirectory: Token | undefined
    })
  | (StepBase & { readonly kind: 'uses'; readonly uses: string; readonly with: MappingToken | undefined })

interface RunDefaults {
  readonly shell: Token | undefined
  readonly workingDirectory: Token | undefined
}

const WORKFLOW_KEYS = ['name', 'on', 'permissions', 'env', 'defaults', 'concurrency', 'jobs']
const JOB_KEYS = ['name', 'needs', 'if', 'permissions', 'concurrency', 'strategy']
const STEPS_JOB_KEYS = [
  ...JOB_KEYS,
  'runs-on',
  'environment',
  'env',
  'outputs',
  'timeout-minutes',
  'continue-on-error',
  'defaults',
  'steps',
]
const CALLING_JOB_KEYS = [...JOB_KEYS, 'uses', 'with', 'secrets']
const STEP_KEYS = ['id', 'name', 'if', 'env', 'timeout-minutes', 'continue-on-error']
const RUN_STEP_KEYS = [...STEP_KEYS, 'run', 'shell', 'working-directory']
const USES_STEP_KEYS = [...STEP_KEYS, 'uses', 'with']

/** Reads a workflow with GitHub's parser; throws what GitHub or this runner would not take, each with its place. */
export async function readWorkflow(path: string, content: string): Promise<WorkflowFile> {
  const { root, template } = await parseWorkflow({ name: path, content })
  const reader = new Reader(path)
  const keys = reader.keys(root, { where: 'workflow', allowed: WORKFLOW_KEYS })
  const jobs = mapping(keys.get('jobs'))
  const defaults = reader.runDefaults(keys.get('defaults'), 'workflow')
  reader.checkExpressions(root)
  reader.checkEnv(keys.get('env'), 'workflow')
  reader.checkConcurrency(keys.get('concurrency'), 'workflow')
  const file: WorkflowFile = {
    path,
    name: text(keys.get('name')) ?? path,
    ...reader.events(keys.get('on')),
    permissions: reader.permissions(keys.get('permissions'), 'workflow'),
    env: mapping(keys.get('env')),
    concurrency: keys.get('concurrency'),
    jobs: template.jobs.map((job) => reader.job(job, { token: mapping(jobs?.find(job.id.value)), defaults })),
  }
  reader.refusals.throwIfAny()
  return file
}

class Reader {
  readonly refusals: Refusals

  constructor(path: string) {
    this.refusals = new Refusals(path)
  }

  keys(
    token: MappingToken | undefined,
    { where, allowed }: { readonly where: string; readonly allowed: readonly string[] },
  ): ReadonlyMap<string, Token> {
    const keys = new Map<string, Token>()
    for (const { key, value } of token ?? []) {
      const name = key.toString()
      if (allowed.includes(name)) keys.set(name, value)
      else this.refusals.add(where, `key "${name}" is not supported`)
    }
    return keys
  }

  events(on: Token | undefined): Pick<WorkflowFile, 'triggers' | 'dispatchInputs' | 'call'> {
    const triggers = new Map<string, Trigger>()
    const tokens = new Map<string, Token | undefined>()
    if (on !== undefined && isString(on)) tokens.set(on.value, undefined)
    if (on !== undefined && isSequence(on))
      for (const item of on) tokens.set(item.assertString('on').value, undefined)
    for (const { key, value } of mapping(on) ?? []) tokens.set(key.toString(), value)
    for (const [name, token] of tokens) {
      if (SUPPORTED_EVENTS.includes(name)) triggers.set(name, this.#trigger(name, token))
      else this.refusals.add('on', `event "${name}" is not supported`)
    }
    const dispatch = mapping(tokens.get('workflow_dispatch'))
    return {
      triggers,
      dispatchInputs: this.#inputs(dispatch?.find('inputs'), 'on.workflow_dispatch'),
      call: tokens.has('workflow_call') ? this.#call(mapping(tokens.get('workflow_call'))) : undefined,
    }
  }

  #trigger(name: string, token: Token | undefined): Trigger {
    if (name === 'workflow_call' || name === 'workflow_dispatch') return {}
    if (name === 'schedule') {
      const lines = token !== undefined && isSequence(token) ? [...token] : []
      const crons = lines.map((line) => this.keys(mapping(line), { where: 'on.schedule', allowed: ['cron'] }))
      return { crons: crons.map((line) => text(line.get('cron')) ?? '') }
    }
    const types = this.keys(mapping(token), { where: `on.${name}`, allowed: ['types'] }).get('types')
    return types === undefined ? {} : { types: texts(types) }
  }

  #call(token: MappingToken | undefined): CallDefinition {
    const where = 'on.workflow_call'
    const keys = this.keys(token, { where, allowed: ['inputs', 'secrets', 'outputs'] })
    const entries = (name: string): readonly (readonly [string, MappingToken | undefined])[] =>
      [...(mapping(keys.get(name)) ?? [])].map(({ key, value }) => [key.toString(), mapping(value)])
    const outputs = entries('outputs').flatMap(([name, definition]) => {
      const value = definition?.find('value')
      return value === undefined ? [] : [[name, value] as const]
    })
    return {
      inputs: this.#inputs(keys.get('inputs'), where),
      secrets: entries('secrets').map(([name, definition]) => ({
        name,
        required: isTrue(definition?.find('required')),
      })),
      outputs: new Map(outputs),
    }
  }

  #inputs(token: Token | undefined, where: string): readonly InputDefinition[] {
    return [...(mapping(token) ?? [])].map(({ key, value }) => {
      const name = key.toString()
      const place = `${where}.inputs.${name}`
      const allowed = ['description', 'type', 'required', 'default', 'options', 'deprecationMessage']
      const keys = this.keys(mapping(value), { where: place, allowed })
      const type = text(keys.get('type')) ?? 'string'
      const byDefault = keys.get('default')
      if (byDefault?.isExpression === true)
        this.refusals.add(place, 'an expression as default is not supported')
      if (!isInputType(type)) this.refusals.add(place, `type "${type}" is not supported`)
      return {
        name,
        type: isInputType(type) ? type : 'string',
        required: isTrue(keys.get('required')),
        default: byDefault === undefined || byDefault.isExpression ? undefined : scalar(byDefault),
        options: texts(keys.get('options')),
      }
    })
  }

  permissions(token: Token | undefined, where: string): PermissionMap | undefined {
    if (token === undefined) return undefined
    if (!isMapping(token)) {
      this.refusals.add(where, 'permissions other than a map are not supported')
      return {}
    }
    return Object.fromEntries(
      [...token].map(({ key, value }) => {
        const access = value.assertString('permission').value
        return [key.toString(), access === 'read' || access === 'write' ? access : 'none']
      }),
    )
  }

  runDefaults(token: Token | undefined, where: string): RunDefaults {
    const defaults = this.keys(mapping(token), { where: `${where}, defaults`, allowed: ['run'] })
    const run = this.keys(mapping(defaults.get('run')), {
      where: `${where}, defaults.run`,
      allowed: ['shell', 'working-directory'],
    })
    return { shell: run.get('shell'), workingDirectory: run.get('working-directory') }
  }

  job(
    job: WorkflowJob,
    { token, defaults }: { readonly token: MappingToken | undefined; readonly defaults: RunDefaults },
  ): JobDefinition {
    const where = `job ${job.id.value}`
    const isCall = job.type === 'reusableWorkflowJob'
    const keys = this.keys(token, { where, allowed: isCall ? CALLING_JOB_KEYS : STEPS_JOB_KEYS })
    const strategy = this.keys(mapping(keys.get('strategy')), {
      where: `${where}, strategy`,
      allowed: ['matrix', 'fail-fast', 'max-parallel'],
    })
    const matrix = strategy.get('matrix')
    if (mapping(matrix)?.find('exclude') !== undefined) {
      this.refusals.add(`${where}, strategy.matrix`, 'key "exclude" is not supported')
    }
    this.checkConcurrency(keys.get('concurrency'), where)
    const base: JobBase = {
      id: job.id.value,
      name: keys.get('name'),
      needs: job.needs?.map(({ value }) => value) ?? [],
      condition: job.if.expression,
      permissions: this.permissions(keys.get('permissions'), where),
      concurrency: keys.get('concurrency'),
      matrix,
      failFast: strategy.get('fail-fast'),
      maxParallel: strategy.get('max-parallel'),
    }
    if (isCall) {
      const secrets = keys.get('secrets')
      return {
        ...base,
        kind: 'call',
        uses: job.ref.value,
        with: mapping(keys.get('with')),
        secrets: secrets !== undefined && isString(secrets) ? 'inherit' : mapping(secrets),
      }
    }
    this.checkEnv(keys.get('env'), where)
    const environment = keys.get('environment')
    this.keys(mapping(environment), { where: `${where}, environment`, allowed: ['name'] })
    const own = this.runDefaults(keys.get('defaults'), where)
    const steps = keys.get('steps')
    const stepTokens = steps !== undefined && isSequence(steps) ? [...steps] : []
    if (stepTokens.length === 0) this.refusals.add(where, 'a job without steps is not supported')
    const runDefaults = {
      shell: own.shell ?? defaults.shell,
      workingDirectory: own.workingDirectory ?? defaults.workingDirectory,
    }
    return {
      ...base,
      kind: 'steps',
      runsOn: keys.get('runs-on'),
      environment,
      env: mapping(keys.get('env')),
      outputs: mapping(keys.get('outputs')),
      timeoutMinutes: keys.get('timeout-minutes'),
      continueOnError: keys.get('continue-on-error'),
      steps: job.steps.flatMap((step, index) => {
        const place = `${where}, step ${index + 1}`
        const parsed = this.#step(step, { token: mapping(stepTokens[index]), where: place, runDefaults })
        return parsed === undefined ? [] : [parsed]
      }),
    }
  }

  #step(
    step: { readonly id: string; readonly if?: { readonly expression: string } },
    options: {
      readonly token: MappingToken | undefined
      readonly where: string
      readonly runDefaults: RunDefaults
    },
  ): StepDefinition | undefined {
    const { token, where, runDefaults } = options
    const uses = token?.find('uses')
    const keys = this.keys(token, { where, allowed: uses === undefined ? RUN_STEP_KEYS : USES_STEP_KEYS })
    this.checkEnv(keys.get('env'), where)
    const base: StepBase = {
      id: step.id,
      hasId: keys.has('id'),
      name: keys.get('name'),
      condition: step.if?.expression ?? 'success()',
      env: mapping(keys.get('env')),
      timeoutMinutes: keys.get('timeout-minutes'),
      continueOnError: keys.get('continue-on-error'),
    }
    if (uses !== undefined) {
      return { ...base, kind: 'uses', uses: text(uses) ?? '', with: mapping(keys.get('with')) }
    }
    const run = keys.get('run')
    const shell = keys.get('shell') ?? runDefaults.shell
    if (shell !== undefined && text(shell) !== 'bash') {
      this.refusals.add(where, `shell ${JSON.stringify(shell)} is not supported, only bash`)
    }
    if (run?.isExpression === true) {
      this.refusals.add(where, 'an expression inside "run" is not supported: hand it over through "env"')
    }
    if (run === undefined) return undefined
    return {
      ...base,
      kind: 'run',
      run: text(run) ?? '',
      shell: shell === undefined ? undefined : 'bash',
      workingDirectory: keys.get('working-directory') ?? runDefaults.workingDirectory,
    }
  }

  /** GitHub itself says nothing about `queue: max` with `cancel-in-progress: true` before the run [actions §9.2]. */
  checkConcurrency(token: Token | undefined, where: string): void {
    const place = `${where}, concurrency`
    const keys = this.keys(mapping(token), {
      where: place,
      allowed: ['group', 'queue', 'cancel-in-progress'],
    })
    if (text(keys.get('queue')) === 'max' && isTrue(keys.get('cancel-in-progress'))) {
      this.refusals.add(place, '"cancel-in-progress: true" is not allowed together with "queue: max"')
    }
  }

  checkEnv(token: Token | undefined, where: string): void {
    if (token !== undefined && !isMapping(token)) this.refusals.add(`${where}, env`, 'is not a map')
    for (const { key } of mapping(token) ?? []) {
      const name = key.toString()
      if (isRunnerVariable(name))
        this.refusals.add(`${where}, env`, `"${name}" is a variable of the runner's own`)
    }
  }

  checkExpressions(root: MappingToken): void {
    for (const [parent, token, key] of TemplateToken.traverse(root)) {
      const place = `line ${token.line ?? key?.line ?? 0}`
      const isKey = key === undefined && parent !== undefined && isMapping(parent)
      if (isKey && token.isExpression) this.refusals.add(place, 'an expression as a key is not supported')
      if (isBasicExpression(token)) this.#checkFunctions(token.expression, place)
      else if (token.isExpression) this.refusals.add(place, 'an inserted expression is not supported')
      // Conditions are expressions without being marked as such.
      else if (isString(token) && text(key) === 'if') this.#checkFunctions(token.value, place)
    }
  }

  #checkFunctions(expression: string, place: string): void {
    const { tokens } = new Lexer(expression).lex()
    for (const [index, { lexeme, type }] of tokens.entries()) {
      if (type !== TokenType.IDENTIFIER || tokens[index + 1]?.type !== TokenType.LEFT_PAREN) continue
      const name = lexeme.toLowerCase()
      if (name === 'hashfiles') this.refusals.add(place, 'function "hashFiles" is not supported')
      if ((name === 'success' || name === 'failure') && tokens[index + 2]?.type !== TokenType.RIGHT_PAREN) {
        this.refusals.add(place, `function "${name}" with arguments is not supported`)
      }
    }
  }
}

/** GitHub sets them itself, whatever anybody else says. */
export function isRunnerVariable(name: string): boolean {
  return /^(?:GITHUB|RUNNER)_/i.test(name) && name !== 'GITHUB_TOKEN'
}

function mapping(token: Token | undefined): MappingToken | undefined {
  return token !== undefined && isMapping(token) ? token : undefined
}

function text(token: Token | undefined): string | undefined {
  return token !== undefined && isString(token) ? token.value : undefined
}

function texts(token: Token | undefined): readonly string[] {
  if (token === undefined) return []
  return isSequence(token) ? [...token].flatMap((item) => text(item) ?? []) : [text(token) ?? '']
}

function literal(token: Token): Json {
  return evaluate(token, { contexts: {} })
}

function scalar(token: Token): InputValue | undefined {
  const value = literal(token)
  return typeof value === 'object' ? undefined : value
}

function isTrue(token: Token | undefined): boolean {
  return token !== undefined && !token.isExpression && literal(token) === true
}

function isInputType(type: string): type is InputDefinition['type'] {
  return type === 'string' || type === 'boolean' || type === 'number' || type === 'choice'
}
