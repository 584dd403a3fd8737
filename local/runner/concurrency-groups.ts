import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Clock } from '../time/clock.ts'
import type { JsonObject } from '../github/representation.ts'
import {
  type Claim,
  EMPTY_GROUP,
  enterGroup,
  type Group,
  groupKey,
  leaveGroup,
  type Queue,
  type Transition,
} from './concurrency.ts'
import { evaluate, type Scope } from './expressions.ts'

/** A `concurrency:` whose expressions are evaluated. */
export interface ConcurrencyRequest {
  /** As written, for messages. */
  readonly name: string
  readonly key: string
  readonly queue: Queue
  readonly cancelInProgress: boolean
}

/** Throws what GitHub would not accept; undefined where there is no `concurrency:`. */
export function evaluateConcurrency(
  token: TemplateToken | undefined,
  { repository, scope }: { readonly repository: string; readonly scope: Scope },
): ConcurrencyRequest | undefined {
  if (token === undefined) return undefined
  const value = evaluate(token, scope)
  const settings = typeof value === 'object' && value !== null ? (value as JsonObject) : { group: value }
  const { group, queue = 'single', 'cancel-in-progress': cancelInProgress = false } = settings
  if (typeof group !== 'string' || group === '') throw new Error('the concurrency group is empty')
  if (queue !== 'single' && queue !== 'max')
    throw new Error(`concurrency.queue is single or max, got ${JSON.stringify(queue)}`)
  if (typeof cancelInProgress !== 'boolean') {
    throw new Error(`concurrency.cancel-in-progress is not a boolean: ${JSON.stringify(cancelInProgress)}`)
  }
  if (queue === 'max' && cancelInProgress) {
    throw new Error("'cancel-in-progress: true' is not allowed together with 'queue: max'")
  }
  return { name: group, key: groupKey(repository, group), queue, cancelInProgress }
}

/** A place in a group: waiting for it, or holding it. */
export interface Ticket {
  /** True when the group is its own; false when it was cancelled, or left, before that. */
  readonly granted: Promise<boolean>
  leave(): void
}

interface Member {
  readonly settle: (granted: boolean) => void
  readonly onCancel: () => void
}

/** All groups of an account: tells runs and jobs when they start and when they are cancelled. */
export class ConcurrencyGroups {
  readonly #clock: Clock
  readonly #groups = new Map<string, Group>()
  readonly #members = new Map<number, Member>()
  #lastId = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `onCancel` is called for one that waits and for one that runs; only the latter has to do something. */
  enter(request: ConcurrencyRequest, onCancel: (reason: string) => void): Ticket {
    this.#lastId += 1
    const id = this.#lastId
    const { cancelInProgress, key, name, queue } = request
    const claim: Claim = { id, queue, cancelInProgress, waitingSince: this.#clock.now() }
    const { promise: granted, resolve: settle } = Promise.withResolvers<boolean>()
    this.#members.set(id, {
      settle,
      onCancel: () => {
        onCancel(`Canceling since a higher priority waiting request for '${name}' exists`)
      },
    })
    this.#apply(key, enterGroup(this.#group(key), claim))
    return {
      granted,
      leave: () => {
        if (!this.#members.delete(id)) return
        settle(false)
        this.#apply(key, leaveGroup(this.#group(key), id))
      },
    }
  }

  #group(key: string): Group {
    return this.#groups.get(key) ?? EMPTY_GROUP
  }

  #apply(key: string, { cancelled, group, started }: Transition): void {
    if (group.holder === undefined) this.#groups.delete(key)
    else this.#groups.set(key, group)
    if (started !== undefined) this.#members.get(started.id)?.settle(true)
    for (const { id } of cancelled) {
      const member = this.#members.get(id)
      if (id !== group.holder?.id) {
        this.#members.delete(id)
        member?.settle(false)
      }
      member?.onCancel()
    }
  }
}
