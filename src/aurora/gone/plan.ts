import { mayBeHidden } from './aws-run.ts'
import type { DeletionRefusal, DeletionVerdict } from './ownership.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'

export interface GoneMemory {
  /** AWS accepted the deletion of the cluster in this run; it may show it as before for a while. */
  readonly requested: boolean
  readonly startedAtMs: number | undefined
}

export interface GoneView {
  readonly cluster: ClusterSnapshot | undefined
  /** What the guard says of the cluster as it was just seen; the deletion itself asks again. */
  readonly verdict: DeletionVerdict | undefined
  readonly memory: GoneMemory
  /** Stay until AWS has nothing left. */
  readonly waitUntilGone: boolean
  readonly nowMs: number
}

export type GoneStep =
  | { readonly kind: 'settled'; readonly how: 'gone' | 'deleting' }
  | { readonly kind: 'refuse'; readonly verdict: DeletionRefusal }
  /** Also of a stopped clone, which has to be started for it. */
  | { readonly kind: 'delete' }
  | { readonly kind: 'wait'; readonly status: string }

/** The one next step towards a clone that is gone. Pure. */
export function planGone({ cluster, verdict, memory, waitUntilGone, nowMs }: GoneView): GoneStep {
  if (cluster === undefined) return { kind: 'settled', how: 'gone' }
  if (memory.requested) return underWay(waitUntilGone)
  // Before anything is touched: what cannot be judged is refused too.
  const refusal =
    verdict === undefined
      ? ({ allowed: false, kind: 'not-owned', because: 'it could not be judged' } as const)
      : verdict.allowed
        ? undefined
        : verdict
  if (refusal?.kind === 'not-owned') return { kind: 'refuse', verdict: refusal }
  const phase = clusterPhase(cluster.status)
  if (phase === 'deleting') return underWay(waitUntilGone)
  if (refusal !== undefined) return { kind: 'refuse', verdict: refusal }

  if (phase === 'stopped' && mayBeHidden(memory.startedAtMs, nowMs))
    return { kind: 'wait', status: 'waiting for the clone to start' }
  if (cluster.status === 'starting' || cluster.status === 'stopping')
    return { kind: 'wait', status: `waiting for the clone to be deletable (cluster ${cluster.status})` }
  return { kind: 'delete' }
}

function underWay(waitUntilGone: boolean): GoneStep {
  return waitUntilGone
    ? { kind: 'wait', status: 'waiting for AWS to finish the deletion' }
    : { kind: 'settled', how: 'deleting' }
}
