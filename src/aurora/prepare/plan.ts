import type { ClusterSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import { mayBeHidden } from '../pace.ts'
import type { Change } from './change-clone.ts'

/** What this run did itself. */
export interface PreparationMemory {
  /** When AWS accepted a change; it may show the old state for a while after that. */
  readonly changedAtMs: Readonly<Partial<Record<Change, number>>>
  /** A login with the new secret worked. */
  readonly isProven: boolean
}

export const FRESH_PREPARATION: PreparationMemory = { changedAtMs: {}, isProven: false }

export type PreparationStep =
  | { readonly kind: 'change'; readonly change: Change }
  /** A login with the secret: the cluster's status says nothing about the password (antifailure, live test of September 2026). */
  | { readonly kind: 'prove'; readonly secretArn: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly waitingFor: string }

/** The next step between *ready at AWS* and *published*. Pure. */
export function planPreparation(
  cluster: ClusterSnapshot,
  memory: PreparationMemory,
  nowMs: number,
): PreparationStep {
  const { changedAtMs, isProven } = memory
  const { secretArn, secretStatus, hasDataApi, status } = cluster
  // AWS changes a cluster only while it is available.
  const change = (what: Change, hidden: string): PreparationStep => {
    if (mayBeHidden(changedAtMs[what], nowMs)) return wait(hidden)
    return clusterPhase(status) === 'available' ? { kind: 'change', change: what } : wait(`cluster ${status}`)
  }
  if (isProven) {
    // A Data API that this run did not switch on was wanted by somebody.
    const isOurs = changedAtMs['enable-data-api'] !== undefined
    return isOurs && hasDataApi
      ? change('disable-data-api', 'AWS to switch the Data API off')
      : { kind: 'done' }
  }
  if (secretArn === undefined) return change('manage-password', 'AWS to show the secret of the clone')
  if (!hasDataApi) return change('enable-data-api', 'the Data API of the clone')
  if (secretStatus === 'creating') return wait('AWS to make the secret of the clone')
  return { kind: 'prove', secretArn }
}

function wait(what: string): PreparationStep {
  return { kind: 'wait', waitingFor: `waiting for ${what}` }
}
