import { isHeld } from '../../tag-value.ts'
import type { BacktrackSnapshot } from '../api/describe.ts'
import { type InstanceSnapshot, hasBacktrack } from '../api/snapshot.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type ResetRequests, unmetRequests } from '../clone/reset-requests.ts'
import { isUp, standing } from '../clone/writer.ts'
import { type LoginStep, change, planDataApiOff, planLogin } from './plan.ts'

/** Where a clone can go back to, or why not. The message says it of the clone. */
export type RewindPoint =
  { readonly kind: 'at'; readonly toMs: number } | { readonly kind: 'impossible'; readonly because: string }

/**
 * The time that a clone goes back to: `askedMs`, or the moment when it was published, after its password, its sanitising and its checks
 * were done. Nothing leads to a time before that. Pure.
 */
export function rewindPoint(
  { cluster, readyAtMs }: OwnedClone,
  { askedMs, nowMs }: Readonly<{ askedMs: number | undefined; nowMs: number }>,
): RewindPoint {
  const { engine, backtrackWindowSeconds = 0, earliestBacktrackAtMs } = cluster
  if (engine !== 'aurora-mysql' || !hasBacktrack(cluster))
    return impossible('it was made without backtrack-window, or is not Aurora MySQL')
  if (readyAtMs === undefined) return impossible('its tags do not tell when it was published')
  const toMs = askedMs ?? readyAtMs
  if (toMs < readyAtMs)
    return impossible(`it was published at ${iso(readyAtMs)}, and no way leads before that`)
  if (!(toMs <= nowMs)) return impossible('that time has not come yet')
  const earliestMs = Math.max(earliestBacktrackAtMs ?? -Infinity, nowMs - backtrackWindowSeconds * 1_000)
  if (toMs < earliestMs) return impossible(`AWS can take it back to ${iso(earliestMs)} at most`)
  return { kind: 'at', toMs }
}

function impossible(because: string): RewindPoint {
  return { kind: 'impossible', because }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** What this run did itself. */
export interface RewindMemory {
  /** The backtrack that AWS has accepted from this run. */
  readonly backtrack: string | undefined
  readonly changedAtMs: Parameters<typeof planLogin>[0]['memory']['changedAtMs']
  readonly isProven: boolean
  /** Consecutive logins that the database refused. */
  readonly refusedLogins: number
}

export const FRESH_REWIND: RewindMemory = {
  backtrack: undefined,
  changedAtMs: {},
  isProven: false,
  refusedLogins: 0,
}

export interface RewindView {
  readonly clone: OwnedClone
  readonly writer: InstanceSnapshot | undefined
  /** As AWS shows the backtrack of this run. */
  readonly backtrack: BacktrackSnapshot | undefined
  readonly requests: ResetRequests
  readonly toMs: number
  readonly chosenMs: number | undefined
  readonly memory: RewindMemory
  /** By the runner's clock. */
  readonly nowMs: number
  readonly awsNowMs: number
}

export type RewindStep =
  | LoginStep
  /** The requests are written: before AWS is asked, and when all is done. */
  | { readonly kind: 'tag'; readonly tag: 'resetting' | 'resets' }
  | { readonly kind: 'backtrack' }
  | { readonly kind: 'done' }
  /** A person has put a hold on it since this run began. */
  | { readonly kind: 'held' }
  | { readonly kind: 'impossible'; readonly because: string }
  /** It has gone back to a time before it was published. */
  | { readonly kind: 'too-far'; readonly reachedAtMs: number }

/** The database has refused the password for as long as a restart of it takes. */
const MOST_REFUSED_LOGINS = 5
/** AWS goes to the nearest consistent time, in whole seconds, which may be a moment earlier. Sanitising ends a minute before that. */
const NEAR_MS = 60_000

/** The next step on the way back. Pure. */
export function planRewind(view: RewindView): RewindStep {
  const { clone, writer, requests, memory } = view
  const { cluster } = clone
  const isMet = unmetRequests(requests, clone.resets).length === 0
  if (memory.backtrack === undefined) return isMet ? { kind: 'done' } : planRequest(view)
  if (view.backtrack?.status === 'failed')
    return { kind: 'impossible', because: 'AWS says that the backtrack failed' }
  if (!isUp(cluster, writer)) return { kind: 'wait', waitingFor: standing(cluster, writer) }
  if (view.backtrack?.status !== 'completed')
    return { kind: 'wait', waitingFor: `backtrack ${view.backtrack?.status ?? 'requested'}` }
  const { readyAtMs: publishedAtMs = view.toMs } = clone
  const { reachedAtMs = view.toMs } = view.backtrack
  if (reachedAtMs < publishedAtMs - NEAR_MS) return { kind: 'too-far', reachedAtMs }
  // Another run may have met the requests, and made a new password. This one has taken that back, too.
  return planProof(view) ?? (isMet ? { kind: 'done' } : { kind: 'tag', tag: 'resets' })
}

/** Until AWS accepts it, nothing is taken away. */
function planRequest({ clone, writer, requests, chosenMs, awsNowMs }: RewindView): RewindStep {
  const { cluster, hold, resetting, resettingToMs } = clone
  if (isHeld(hold, awsNowMs)) return { kind: 'held' }
  const phases = [clusterPhase(cluster.status), instancePhase(writer?.status ?? 'failed')]
  // Nothing that this run does ends that.
  if (phases.some((phase) => phase === 'stopped' || phase === 'failed'))
    return { kind: 'impossible', because: standing(cluster, writer) }
  if (!isUp(cluster, writer)) return { kind: 'wait', waitingFor: standing(cluster, writer) }
  return unmetRequests(requests, resetting).length > 0 || resettingToMs !== chosenMs
    ? { kind: 'tag', tag: 'resetting' }
    : { kind: 'backtrack' }
}

/** AWS took the password back as well. If it was rotated since, that in the secret no longer opens the clone. */
function planProof(view: RewindView): RewindStep | undefined {
  if (!view.clone.hasOwnCredentials) return undefined
  const login = planLogin(view)
  const isRotated = view.memory.changedAtMs['rotate-password'] !== undefined
  if (login?.kind === 'prove' && view.memory.refusedLogins >= MOST_REFUSED_LOGINS && !isRotated)
    return change(view, { kind: 'rotate-password' }, 'AWS to make a new password')
  return login ?? planDataApiOff(view)
}
