import type { RDSClient, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ClusterSnapshot, InstanceSnapshot } from './snapshot.ts'

export interface AwsRun {
  readonly rds: RDSClient
  readonly clock: Clock
  readonly log: Log
  /** Aborted when the runner cancels: nothing new is started after that. */
  readonly signal: AbortSignal
}

/** How long a run may take, and how often it asks. */
export interface Pace {
  readonly startedAtMs: number
  readonly limitMs: number
  readonly pollIntervalMs: number
}

export interface Observation {
  readonly cluster: ClusterSnapshot | undefined
  readonly instances: readonly InstanceSnapshot[]
}

export type RestoreDecision =
  | { readonly kind: 'restore'; readonly request: RestoreDBClusterToPointInTimeMessage }
  | { readonly kind: 'wait'; readonly status: string }

/** A look at the pull request this young counts as made right before the call to AWS that follows it. */
export const FRESH_DEMAND_MS = 5_000

/** How long AWS may not show what it has accepted (observed for new clusters and instances; two minutes is generous). */
const VISIBILITY_DELAY_MS = 120_000

/** Whether AWS may not show yet what it accepted at `sinceMs`. */
export function mayBeHidden(sinceMs: number | undefined, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs < VISIBILITY_DELAY_MS
}
