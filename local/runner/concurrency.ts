/**
 * What GitHub does with the runs and jobs of one concurrency group: one holds it, others wait or are cancelled. Pure: a
 * group and what happens to it give the next group, and who starts and who is cancelled by it [actions §3.4].
 */
export type Queue = 'single' | 'max'

/** A run or a job that wants the group for itself. */
export interface Claim {
  readonly id: number
  readonly queue: Queue
  readonly cancelInProgress: boolean
  /** When it began to wait, on the cloud's clock: the order of the queue. */
  readonly waitingSince: number
}

export interface Group {
  readonly holder: Claim | undefined
  readonly pending: readonly Claim[]
}

export interface Transition {
  readonly group: Group
  /** Who holds the group from now on, if that changed. */
  readonly started: Claim | undefined
  /** Who is to be cancelled. A holder stays one until it has left: its `always()` steps still run. */
  readonly cancelled: readonly Claim[]
}

export const EMPTY_GROUP: Group = { holder: undefined, pending: [] }
export const MAX_PENDING = 100

/** Groups are those of a repository, whatever the case of their letters. */
export function groupKey(repository: string, name: string): string {
  return `${repository}\n${name}`.toLowerCase()
}

export function enterGroup(group: Group, claim: Claim): Transition {
  if (claim.cancelInProgress && claim.queue === 'max') {
    throw new Error("'cancel-in-progress: true' is not allowed together with 'queue: max'")
  }
  if (group.holder === undefined) {
    return { group: { holder: claim, pending: [] }, started: claim, cancelled: [] }
  }
  if (claim.queue === 'single') {
    const inProgress = claim.cancelInProgress ? [group.holder] : []
    return {
      group: { holder: group.holder, pending: [claim] },
      started: undefined,
      cancelled: [...group.pending, ...inProgress],
    }
  }
  // "When the queue is full, additional runs are cancelled": the one that arrives, not one that waits.
  if (group.pending.length >= MAX_PENDING) return { group, started: undefined, cancelled: [claim] }
  const pending = [...group.pending, claim].toSorted((one, other) => one.waitingSince - other.waitingSince)
  return { group: { holder: group.holder, pending }, started: undefined, cancelled: [] }
}

/** The holder has ended, or one that waits does so no longer. */
export function leaveGroup(group: Group, id: number): Transition {
  if (group.holder?.id !== id) {
    const pending = group.pending.filter((claim) => claim.id !== id)
    return { group: { holder: group.holder, pending }, started: undefined, cancelled: [] }
  }
  const [next, ...pending] = group.pending
  return { group: { holder: next, pending }, started: next, cancelled: [] }
}
