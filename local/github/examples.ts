import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

interface Choice {
  readonly event: string
  /** Its place among the examples of the event. */
  readonly index: number
}

/**
 * The examples that stand for GitHub's shape of an event, out of those it documents for each. They have the newest members,
 * which the first of each event lacks, and those of a repository that an organization owns, where there is one.
 */
const CHOICES = {
  'pull_request opened': { event: 'pull_request', index: 14 },
  // There is no example of it; it is like `opened`, and has `changes`.
  'pull_request edited': { event: 'pull_request', index: 14 },
  'pull_request closed': { event: 'pull_request', index: 4 },
  'pull_request converted_to_draft': { event: 'pull_request', index: 7 },
  'pull_request labeled': { event: 'pull_request', index: 9 },
  'pull_request ready_for_review': { event: 'pull_request', index: 17 },
  'pull_request reopened': { event: 'pull_request', index: 19 },
  // The only one; its repository is a person's.
  'pull_request synchronize': { event: 'pull_request', index: 22 },
  'pull_request unlabeled': { event: 'pull_request', index: 26 },
  'issue_comment created': { event: 'issue_comment', index: 4 },
  'issue_comment edited': { event: 'issue_comment', index: 8 },
  workflow_dispatch: { event: 'workflow_dispatch', index: 0 },
  // All but this one and the next are pushes of a tag, which have no commits.
  push: { event: 'push', index: 4 },
  delete: { event: 'delete', index: 3 },
  // Says what GitHub Actions itself is, as an app; comments name it.
  'workflow_job queued': { event: 'workflow_job', index: 6 },
} as const satisfies Record<string, Choice>

export type ExampleName = keyof typeof CHOICES
export const EXAMPLE_NAMES = Object.keys(CHOICES) as readonly ExampleName[]

let loaded: ReadonlyMap<string, JsonObject> | undefined

/** GitHub's own example of an event. Nothing of it may be taken for the state of the double but its shape. */
export function example(name: ExampleName): JsonObject {
  loaded ??= load()
  const found = loaded.get(name)
  if (found === undefined) throw new Error(`@octokit/webhooks-examples has no example of ${name}`)
  return found
}

/** The file has more than four megabytes, so it is read once, when it is needed, and all but the chosen examples are let go. */
function load(): ReadonlyMap<string, JsonObject> {
  const path = createRequire(import.meta.url).resolve('@octokit/webhooks-examples')
  const definitions = JSON.parse(readFileSync(path, 'utf8')) as readonly {
    readonly name: string
    readonly examples: readonly JsonObject[]
  }[]
  return new Map(
    Object.entries(CHOICES).flatMap(([name, { event, index }]): (readonly [string, JsonObject])[] => {
      const found = definitions.find((definition) => definition.name === event)?.examples[index]
      if (found === undefined) return []
      // An App is told which of its installations it is; a workflow is none.
      const { installation: _, ...payload } = found
      return [[name, payload]]
    }),
  )
}

/** An object inside of an example, by the names that lead to it. */
export function part(name: ExampleName, ...members: readonly string[]): JsonObject {
  let current = example(name)
  for (const member of members) {
    const next = current[member]
    if (typeof next !== 'object' || next === null || isList(next)) {
      throw new Error(`the example of ${name} has no object ${members.join('.')}`)
    }
    current = next
  }
  return current
}

/** A string of an object of an example. */
export function text(object: JsonObject, member: string): string {
  const found = object[member]
  if (typeof found !== 'string') throw new Error(`an example has no string ${member}`)
  return found
}

/** From one address to another, and with it everything below it. The first that fits a string is taken. */
export type Move = readonly [from: string, to: string]

/** The last result for each object of an example: almost every answer of the double has one of them. */
const made = new WeakMap<JsonObject, { readonly of: string; readonly object: JsonObject }>()

/** An object of an example at our addresses. */
export function moved(object: JsonObject, moves: readonly Move[]): JsonObject {
  const of = moves.flat().join('\n')
  const last = made.get(object)
  if (last?.of === of) return last.object
  const now = movedObject(object, moves)
  made.set(object, { of, object: now })
  return now
}

function movedObject(object: JsonObject, moves: readonly Move[]): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, movedValue(value, moves)]))
}

function movedValue(value: Json, moves: readonly Move[]): Json {
  if (typeof value === 'string') {
    const move = moves.find(([from]) => value.startsWith(from))
    return move === undefined ? value : move[1] + value.slice(move[0].length)
  }
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? value.map((item) => movedValue(item, moves)) : movedObject(value, moves)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
