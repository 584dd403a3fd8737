import type { RDSClient, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ClusterSnapshot, InstanceSnapshot } from './snapshot.ts'

export interface AwsRun {
  readonly rds: RDSClient
  /**
   * Sends each call once. For calls that must follow a fresh look, or carry the present time: the SDK's retries would send them
   * again minutes later.
   */
  readonly once: RDSClient
  /** AWS's time, in milliseconds since the epoch; `undefined` while no answer had a `Date`. */
  readonly awsNow: () => number | undefined
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
  | {
      readonly kind: 'restore'
      /** The call as it is sent at this moment of AWS's clock. */
      readonly requestAt: (createdAtMs: number) => RestoreDBClusterToPointInTimeMessage
    }
  | { readonly kind: 'wait'; readonly status: string }

/** A look at the pull request this young counts as made right before the call to AWS that follows it. */
export const FRESH_DEMAND_MS = 5_000

/** How long AWS may not show what it has accepted (observed for new clusters and instances; two minutes is generous). */
const VISIBILITY_DELAY_MS = 120_000

/** Whether AWS may not show yet what it accepted at `sinceMs`. */
export function mayBeHidden(sinceMs: number | undefined, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs < VISIBILITY_DELAY_MS
}
