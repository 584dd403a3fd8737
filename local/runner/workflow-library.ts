import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { inputDefaults } from '../action-metadata.ts'
import type { LocalAction } from './local-action.ts'
import { PRODUCT } from '../product.ts'
import { Refusals } from './refusals.ts'
import { type CallingJob, readWorkflow, type WorkflowFile } from './workflow-file.ts'

export interface LibraryOptions {
  /** Workflow files of the caller's repository by path. */
  readonly workflows: Readonly<Record<string, string>>
  /** Root of this product's checkout. */
  readonly root: string
  /** `owner/repo[/path]`, without ref → replacement. */
  readonly actions: Readonly<Record<string, LocalAction>>
}

/** What stands behind `uses:` of a step. */
export type ActionSource =
  | {
      readonly kind: 'own'
      readonly script: string
      readonly inputDefaults: Readonly<Record<string, string | undefined>>
    }
  | { readonly kind: 'replacement'; readonly action: LocalAction }

/** GitHub: a workflow and nine called ones below each other. */
const MAX_DEPTH = 10

/** Every workflow that can run, with what it uses: all of it is there and supported, or loading fails. */
export class WorkflowLibrary {
  readonly #options: LibraryOptions
  readonly #files = new Map<string, WorkflowFile>()
  readonly #callees = new Map<CallingJob, WorkflowFile>()
  readonly #workflows: WorkflowFile[] = []
  #own: ActionSource | undefined

  private constructor(options: LibraryOptions) {
    this.#options = options
  }

  static async load(options: LibraryOptions): Promise<WorkflowLibrary> {
    const library = new WorkflowLibrary(options)
    for (const path of Object.keys(options.workflows)) {
      library.#workflows.push(await library.#load({ origin: 'caller', path }, []))
    }
    return library
  }

  /** Those of the caller's repository. */
  get workflows(): readonly WorkflowFile[] {
    return this.#workflows
  }

  callee(job: CallingJob): WorkflowFile {
    const file = this.#callees.get(job)
    if (file === undefined) throw new Error(`job ${job.id}: ${job.uses} was not loaded`)
    return file
  }

  action(uses: string): ActionSource {
    if (isOwnAction(uses)) return (this.#own ??= readOwnAction(this.#options.root))
    const name = uses.replace(/@.*$/, '').toLowerCase()
    const found = Object.entries(this.#options.actions).find(([key]) => key.toLowerCase() === name)?.[1]
    if (found === undefined) throw new Error(`there is no replacement for the action ${uses}`)
    return { kind: 'replacement', action: found }
  }

  async #load(source: Source, callers: readonly string[]): Promise<WorkflowFile> {
    const key = `${source.origin}:${source.path}`
    const known = this.#files.get(key)
    if (known !== undefined && !callers.includes(key)) return known
    const file = known ?? (await readWorkflow(source.path, this.#read(source)))
    this.#files.set(key, file)
    const refusals = new Refusals(source.path)
    for (const job of file.jobs) {
      const where = `job ${job.id}`
      if (job.kind === 'steps') {
        for (const [index, step] of job.steps.entries()) {
          if (step.kind === 'uses')
            this.#checkAction(step.uses, (what) => {
              refusals.add(`${where}, step ${index + 1}`, what)
            })
        }
        continue
      }
      const target = targetOf(job.uses, source)
      if (target === undefined) {
        refusals.add(where, `"uses: ${job.uses}" is not a workflow that this runner can find`)
      } else if (callers.length + 2 > MAX_DEPTH) {
        refusals.add(where, `"uses: ${job.uses}" is nested more than ${MAX_DEPTH} deep, or calls itself`)
      } else if (!this.#has(target)) {
        refusals.add(where, `"uses: ${job.uses}": there is no such file`)
      } else {
        const callee = await this.#load(target, [...callers, key])
        checkCall(job, callee, (key, what) => {
          refusals.add(`${where}, ${key}`, what)
        })
        this.#callees.set(job, callee)
      }
    }
    refusals.throwIfAny()
    return file
  }

  #checkAction(uses: string, refuse: (what: string) => void): void {
    try {
      this.action(uses)
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error))
    }
  }

  #has({ origin, path }: Source): boolean {
    return origin === 'caller'
      ? this.#options.workflows[path] !== undefined
      : existsSync(join(this.#options.root, path))
  }

  #read({ origin, path }: Source): string {
    return (
      (origin === 'caller' ? this.#options.workflows[path] : undefined) ??
      readFileSync(join(this.#options.root, path), 'utf8')
    )
  }
}

/** `./` and `$/` mean the repository that the file itself comes from. */
interface Source {
  readonly origin: 'caller' | 'product'
  readonly path: string
}

function targetOf(uses: string, from: Source): Source | undefined {
  const own = /^(?:\.|\$)\/(?<path>\.github\/workflows\/[^/@]+)$/.exec(uses)?.groups?.['path']
  if (own !== undefined) return { origin: from.origin, path: own }
  const [name = '', ref] = uses.split('@')
  const path = name.startsWith(`${PRODUCT}/`) ? name.slice(PRODUCT.length + 1) : undefined
  const isWorkflow = path !== undefined && /^\.github\/workflows\/[^/]+$/.test(path)
  return isWorkflow && ref !== undefined && ref !== '' ? { origin: 'product', path } : undefined
}

function isOwnAction(uses: string): boolean {
  return ['./', '$/.'].includes(uses) || (uses.startsWith(`${PRODUCT}@`) && uses.length > PRODUCT.length + 1)
}

function readOwnAction(root: string): ActionSource {
  const { main } = readRuns(root)
  return { kind: 'own', script: join(root, main), inputDefaults: inputDefaults(join(root, 'action.yml')) }
}

interface ActionFile {
  readonly runs: Readonly<Record<string, string>>
}

function readRuns(root: string): { readonly main: string } {
  const { runs } = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionFile
  const { using, main, ...others } = runs
  if (using !== 'node24' || main === undefined)
    throw new Error(`action.yml: only JavaScript for node24 is supported`)
  const unsupported = Object.keys(others)
  if (unsupported.length > 0)
    throw new Error(`action.yml: runs.${unsupported.join(', runs.')} is not supported`)
  return { main }
}

interface Given {
  readonly key: 'with' | 'secrets'
  readonly noun: string
  readonly declared: readonly { readonly name: string; readonly required: boolean }[]
  readonly given: CallingJob['with']
}

/** GitHub does not start a run whose call does not fit. */
function checkCall(job: CallingJob, callee: WorkflowFile, refuse: (key: string, what: string) => void): void {
  const { call } = callee
  if (call === undefined) {
    refuse('uses', `${callee.path} has no "on: workflow_call"`)
    return
  }
  const check = ({ key, noun, declared, given: mapping }: Given): void => {
    const given = [...(mapping ?? [])].map((pair) => pair.key.toString().toLowerCase())
    for (const { name, required } of declared) {
      if (required && !given.includes(name.toLowerCase()))
        refuse(key, `${noun} ${name} is required by ${callee.path}`)
    }
    for (const name of given) {
      const isKnown = declared.some((one) => one.name.toLowerCase() === name)
      if (!isKnown) refuse(key, `${noun} ${name} is not defined in ${callee.path}`)
    }
  }
  check({ key: 'with', noun: 'input', declared: call.inputs, given: job.with })
  if (job.secrets !== 'inherit')
    check({ key: 'secrets', noun: 'secret', declared: call.secrets, given: job.secrets })
}
