import {
  LineCounter,
  type Pair,
  type Scalar,
  type YAMLMap,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml'
import { OWN_REPOSITORY } from '../policies/publisher.ts'

export interface Finding {
  readonly line: number
  readonly message: string
}

/** What this house does not allow in a workflow, beyond what GitHub's parser refuses. Pure. */
export function workflowFindings(text: string): readonly Finding[] {
  return new Rules(text).findings()
}

const PULL_REQUEST_EVENTS = ['pull_request', 'pull_request_target']
const FILTERS = ['paths', 'paths-ignore', 'branches', 'branches-ignore']
const COMMIT = /^[0-9a-f]{40}$/
const VERSION = /^ v\d+\.\d+\.\d+$/

class Rules {
  readonly #lines = new LineCounter()
  readonly #root: YAMLMap | undefined
  readonly #findings: Finding[] = []

  constructor(text: string) {
    // `on` stays a word: in YAML 1.2 it is no boolean.
    const { contents } = parseDocument(text, { lineCounter: this.#lines, version: '1.2' })
    this.#root = isMap(contents) ? contents : undefined
  }

  findings(): readonly Finding[] {
    this.#triggers()
    const permissions = entry(this.#root, 'permissions')
    if (permissions === undefined) {
      this.#add(
        this.#root,
        'permissions: {} is missing: jobs say what they need, and nothing else has anything',
      )
    } else this.#reasons(permissions.value)
    this.#concurrency(entry(this.#root, 'concurrency'))
    for (const { key, value } of entries(this.#root, 'jobs')) this.#job(textOf(key) ?? '', value)
    return this.#findings.toSorted((one, other) => one.line - other.line)
  }

  /** A filter hides `closed` and `unlabeled`, too: what the pull request has would never be taken away [actions §3.3]. */
  #triggers(): void {
    for (const { key: event, value } of entries(this.#root, 'on')) {
      const name = textOf(event) ?? ''
      if (name === 'workflow_call') this.#callInputs(value)
      if (!PULL_REQUEST_EVENTS.includes(name)) continue
      for (const filter of FILTERS) {
        const found = entry(value, filter)
        if (found !== undefined)
          this.#add(found.key, `${name} has ${filter}: it also hides the events that take things away`)
      }
    }
  }

  /** A number that is typed in for a dispatch reaches the caller as text, and text for a number is refused [actions/runner#2848]. */
  #callInputs(call: unknown): void {
    for (const { key, value } of entries(call, 'inputs')) {
      const type = entry(value, 'type')
      if (textOf(type?.value) === 'number')
        this.#add(
          type?.key,
          `input ${textOf(key) ?? ''} is a number: callers that have text cannot give it, make it a string`,
        )
    }
  }

  #job(id: string, job: unknown): void {
    const permissions = entry(job, 'permissions')
    if (permissions === undefined) this.#add(job, `job ${id} has no permissions of its own`)
    else this.#reasons(permissions.value)
    const concurrency = entry(job, 'concurrency')
    this.#concurrency(concurrency)
    this.#uses(job)
    this.#condition(job)
    const called = textOf(entry(job, 'uses')?.value) ?? ''
    const group = concurrency ?? entry(this.#root, 'concurrency')
    // GitHub cancels that as a deadlock: the caller holds the group that its called job waits for [actions §3.4].
    if (called.startsWith(`${OWN_REPOSITORY}/`) && group !== undefined)
      this.#add(group.key, `job ${id} calls a workflow that has concurrency, and is in a group itself`)
    const steps = entry(job, 'steps')?.value
    for (const step of isSeq(steps) ? steps.items : []) {
      this.#uses(step)
      this.#run(step)
      this.#condition(step)
    }
  }

  /** With a line end or space beside the braces the value is a text, and a text that is not empty is true. */
  #condition(place: unknown): void {
    const condition = entry(place, 'if')
    const { value } = condition ?? {}
    const isBlock = isScalar(value) && ['BLOCK_FOLDED', 'BLOCK_LITERAL'].includes(value.type ?? '')
    if (isBlock && textOf(value)?.includes('${{') === true)
      this.#add(
        condition?.key,
        'if is a block with braces inside, which can be always true: leave the braces out',
      )
  }

  /** GitHub puts the value in as text before the shell reads it: whoever writes the value writes the script [actions §6.2]. */
  #run(step: unknown): void {
    const run = entry(step, 'run')
    if (textOf(run?.value)?.includes('${{') === true)
      this.#add(run?.key, 'run has an expression inside: hand the value over through env')
  }

  #uses(place: unknown): void {
    const uses = entry(place, 'uses')?.value
    const name = textOf(uses)
    if (name === undefined) return
    // The runner refuses it: a path is needed [actions/runner 2.336, PipelineConstants.TryParseSelfRepository].
    if (/^\$\/+$/.test(name)) this.#add(uses, `"${name}" names nothing: the action at the root is "$/."`)
    else if (!name.startsWith('./') && !name.startsWith('$/')) this.#pinned(name, uses as Scalar)
  }

  /** A tag can be moved to another commit by whoever gets hold of its repository [actions §6.1]. */
  #pinned(name: string, uses: Scalar): void {
    const [repository = '', ref = ''] = name.split('@')
    const isOwn = repository === OWN_REPOSITORY || repository.startsWith(`${OWN_REPOSITORY}/`)
    if (isOwn && ref !== '') return
    if (!COMMIT.test(ref)) this.#add(uses, `"${name}" is not pinned to a commit`)
    else if (!VERSION.test(uses.comment ?? ''))
      this.#add(uses, `"${name}" does not say its version: write "# v1.2.3" behind it`)
  }

  #concurrency(concurrency: Entry | undefined): void {
    const queue = textOf(entry(concurrency?.value, 'queue')?.value)
    const cancel = entry(concurrency?.value, 'cancel-in-progress')
    // GitHub refuses it only when it starts the run [actions §3.4].
    if (queue === 'max' && isScalar(cancel?.value) && cancel.value.value === true)
      this.#add(cancel.key, 'cancel-in-progress: true does not go together with queue: max')
  }

  #reasons(permissions: unknown): void {
    if (!isMap(permissions)) {
      this.#add(permissions, 'permissions are granted all at once: name them')
      return
    }
    // Grants that share a line have their reasons behind it, in the same order and with semicolons between them.
    const shared = permissions.flow === true ? (permissions.comment ?? '').split(';') : undefined
    for (const [index, { key, value }] of permissions.items.entries()) {
      const isGrant = textOf(value) !== 'none'
      const reason = shared === undefined ? commentOf(value) : shared[index]
      if (isGrant && (reason ?? '').trim() === '')
        this.#add(key, `the permission ${textOf(key) ?? ''} has no reason: write it behind the grant`)
    }
  }

  #add(node: unknown, message: string): void {
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range
    this.#findings.push({ line: this.#lines.linePos(range?.[0] ?? 0).line, message })
  }
}

type Entry = Pair

function entry(map: unknown, key: string): Entry | undefined {
  return isMap(map) ? map.items.find((item) => textOf(item.key) === key) : undefined
}

function entries(map: unknown, key: string): readonly Entry[] {
  const value = entry(map, key)?.value
  return isMap(value) ? value.items : []
}

function commentOf(node: unknown): string | undefined {
  return isScalar(node) ? (node.comment ?? undefined) : undefined
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined
}
