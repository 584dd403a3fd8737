import type { ClusterSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import type { DeletionRefusal, DeletionVerdict } from '../clone/ownership.ts'
import { mayBeHidden } from '../pace.ts'

export interface GoneMemory {
  /** AWS accepted the cluster's deletion in this run, but may show the old state for a while. */
  readonly requested: boolean
  readonly startedAtMs: number | undefined
}

export interface GoneView {
  readonly cluster: ClusterSnapshot | undefined
  /** The guard's verdict on the last look; the deletion itself asks again. */
  readonly verdict: DeletionVerdict | undefined
  readonly memory: GoneMemory
  /** Wait until AWS has deleted everything. */
  readonly waitUntilGone: boolean
  readonly nowMs: number
}

export type GoneStep =
  | { readonly kind: 'settled'; readonly how: 'gone' | 'deleting' }
  | { readonly kind: 'refuse'; readonly verdict: DeletionRefusal }
  /** Also for a stopped clone, which must be started first. */
  | { readonly kind: 'delete' }
  | { readonly kind: 'wait'; readonly waitingFor: string }

/** The next step towards a clone that is gone. Pure. */
export function planGone({ cluster, verdict, memory, waitUntilGone, nowMs }: GoneView): GoneStep {
  if (cluster === undefined) return { kind: 'settled', how: 'gone' }
  if (memory.requested) return underWay(waitUntilGone)
  // A cluster without a verdict is refused, too.
  const unjudged = { allowed: false, kind: 'not-owned', because: 'it could not be judged' } as const
  const refusal = verdict?.allowed === true ? undefined : (verdict ?? unjudged)
  if (refusal?.kind === 'not-owned') return { kind: 'refuse', verdict: refusal }
  const phase = clusterPhase(cluster.status)
  if (phase === 'deleting') return underWay(waitUntilGone)
  if (refusal !== undefined) return { kind: 'refuse', verdict: refusal }

  if (phase === 'stopped' && mayBeHidden(memory.startedAtMs, nowMs))
    return { kind: 'wait', waitingFor: 'waiting for the clone to start' }
  if (cluster.status === 'starting' || cluster.status === 'stopping')
    return { kind: 'wait', waitingFor: `waiting for the clone to be deletable (cluster ${cluster.status})` }
  return { kind: 'delete' }
}

function underWay(waitUntilGone: boolean): GoneStep {
  return waitUntilGone
    ? { kind: 'wait', waitingFor: 'waiting for AWS to finish the deletion' }
    : { kind: 'settled', how: 'deleting' }
}
