import type { ClusterSnapshot, InstanceSnapshot } from '../api/snapshot.ts'
import { type Misfit, clusterPhase, failedAtBirth, instancePhase, misfitOf } from '../api/statuses.ts'
import type { CloneIdentity } from '../clone/identity.ts'
import { type OwnedClone, ownershipOf } from '../clone/ownership.ts'
import { isQuarantined, leftBy } from '../clone/preparation.ts'
import { isGoingBack } from '../clone/reset-requests.ts'
import { isUp, standing, writerOf } from '../clone/writer.ts'
import { mayBeHidden } from '../pace.ts'

/** What this run did itself. Nothing but names and tags lasts between runs. */
export interface ReadyMemory {
  /** When AWS accepted this run's restore; it may hide the cluster for a while after that. */
  readonly restoredAtMs: number | undefined
  /** Restores accepted in this run. */
  readonly restores: number
  /** AWS did not answer our restore: it may have accepted it then. */
  readonly maybeRestoredAtMs: number | undefined
  /** The times in the tags of the restores that this run has sent. */
  readonly restoreTimes: readonly string[]
  /** AWS has shown the cluster since the last restore. */
  readonly shown: boolean
  /** The clusters that this run removed, to make the clone anew. */
  readonly removed: readonly string[]
  /** A cluster that this run wanted to remove, and that must stay as it is. */
  readonly keptResourceId: string | undefined
  /** When AWS accepted the writer; it may hide the writer for a while after that. */
  readonly writerRequestedAtMs: number | undefined
  /** AWS refused the writer because of the cluster's state. */
  readonly writerRefused: boolean
  readonly startedAtMs: number | undefined
  /** The clone whose tags this run has renewed before waiting. */
  readonly renewedResourceId: string | undefined
  /** Consecutive calls that AWS did not answer, or throttled. */
  readonly unanswered: number
  /** This run saw the clone in a state other than ready. */
  readonly sawUnready: boolean
  /** Consecutive looks that showed it ready. */
  readonly readyLooks: number
  /** When this run first saw a state that may heal by itself. */
  readonly unhealthySinceMs: number | undefined
}

export const FRESH_MEMORY: ReadyMemory = {
  restoredAtMs: undefined,
  restores: 0,
  maybeRestoredAtMs: undefined,
  restoreTimes: [],
  shown: false,
  removed: [],
  keptResourceId: undefined,
  writerRequestedAtMs: undefined,
  writerRefused: false,
  startedAtMs: undefined,
  renewedResourceId: undefined,
  unanswered: 0,
  sawUnready: false,
  readyLooks: 0,
  unhealthySinceMs: undefined,
}

export interface Observation {
  readonly cluster: ClusterSnapshot | undefined
  readonly instances: readonly InstanceSnapshot[]
}

export interface ReadyView extends Observation {
  readonly identity: CloneIdentity
  readonly identifier: string
  /** The existing clone was made from the configured source. */
  readonly fromThisSource: boolean
  /** The inputs that only a new cluster can change differ from those of the existing clone. */
  readonly hasOtherShape: boolean
  /** `create` may restore and replace; `wait` may not. */
  readonly mayRestore: boolean
  readonly waitUntilReady: boolean
  /** As in ReadyOrder. */
  readonly preparer: string
  readonly sanitisingDigest: string | undefined
  readonly awsNowMs: number
  readonly memory: ReadyMemory
  readonly nowMs: number
}

export type ReadyStep =
  | { readonly kind: 'restore' }
  | { readonly kind: 'create-writer' }
  | { readonly kind: 'start' }
  /** Nobody can have used the clone, so it was removed and is made anew. */
  | { readonly kind: 'replace'; readonly reason: ReplaceReason; readonly detail: string }
  /** The cluster is being deleted: go on with another incarnation. */
  | { readonly kind: 'move-on' }
  | { readonly kind: 'wait'; readonly waitingFor: string }
  | { readonly kind: 'look-again' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'fail'; readonly why: ReadyFailure; readonly detail: string }

/** Why a clone that nobody can have used goes. */
export type ReplaceReason =
  | 'failed'
  | 'other-inputs'
  /** A run that ended has left its data half changed, or it was begun without being prepared. */
  | 'half-prepared'

export type ReadyFailure =
  | 'no-clone'
  | 'vanished'
  | 'not-owned'
  | 'other-source'
  | 'being-deleted'
  /** It was made to be prepared, and this run does not do that. */
  | 'needs-preparation'
  | 'failed-before-ready'
  | `misfit-${Misfit}`
  | 'failed-again'
  | 'failed-after-ready'

/** A Serverless v2 writer that ran out of memory reports `incompatible-parameters` and heals by itself (Aurora user guide). */
const HEALING_MS = 180_000
const MAX_RESTORES = 2

/** The next step towards a ready clone. Pure: it uses only the view. */
export function planReady(view: ReadyView): ReadyStep {
  const { cluster } = view
  if (cluster === undefined) return planWithoutCluster(view)
  const ownership = ownershipOf(cluster, view.identity)
  if (!ownership.owned) return fail('not-owned', ownership.because)
  const { clone } = ownership
  // AWS may show the old state for a while after it accepted a deletion.
  if (clusterPhase(cluster.status) === 'deleting' || view.memory.removed.includes(cluster.resourceId))
    return { kind: 'move-on' }
  if (!view.fromThisSource) return fail('other-source', clone.source.name ?? 'unknown')
  // Such a clone is not replaced either: the next one would be published with the data of its source.
  if (view.mayRestore && view.sanitisingDigest === undefined && isQuarantined(clone))
    return fail('needs-preparation', `cluster ${cluster.status}`)
  return planOwned(view, clone)
}

function planOwned(view: ReadyView, clone: OwnedClone): ReadyStep {
  const { memory, nowMs } = view
  const { cluster } = clone
  const writer = writerOf(cluster, view.instances)
  const phase = clusterPhase(cluster.status)
  if (phase === 'failed' || (writer !== undefined && instancePhase(writer.status) === 'failed'))
    return planFailed(view, clone, writer)
  if (isHalfPrepared(view, clone))
    return { kind: 'replace', reason: 'half-prepared', detail: standing(cluster, writer) }
  if (phase === 'stopped')
    return mayBeHidden(memory.startedAtMs, nowMs) ? wait('the clone to start') : { kind: 'start' }
  if (writer === undefined) return planWithoutWriter(view, clone)
  if (!isUp(cluster, writer)) return { kind: 'wait', waitingFor: standing(cluster, writer) }
  // It may have rows and passwords that nobody may see.
  if (isGoingBack(clone)) return wait('the run that resets it')
  const unsettled = clone.hasBeenReady ? undefined : unsettledChange(cluster, writer)
  if (unsettled !== undefined) return wait(unsettled)
  return memory.sawUnready && memory.readyLooks < 2 ? { kind: 'look-again' } : { kind: 'settled' }
}

/** Adds a new look to this run's memory. */
export function remember(
  memory: ReadyMemory,
  { cluster, instances }: Observation,
  nowMs: number,
): ReadyMemory {
  const writer = cluster === undefined ? undefined : writerOf(cluster, instances)
  const ready = cluster !== undefined && isUp(cluster, writer)
  const healing = [cluster?.status, writer?.status].includes('incompatible-parameters')
  return {
    ...memory,
    sawUnready: memory.sawUnready || !ready,
    readyLooks: ready ? memory.readyLooks + 1 : 0,
    unhealthySinceMs: healing ? (memory.unhealthySinceMs ?? nowMs) : undefined,
  }
}

function planWithoutCluster({ memory, mayRestore, nowMs }: ReadyView): ReadyStep {
  if (mayBeHidden(memory.restoredAtMs, nowMs)) return wait('AWS to show the new cluster')
  if (!mayRestore) return fail('no-clone', 'no cluster')
  if (memory.restores >= MAX_RESTORES) return fail('vanished', `made ${memory.restores} times`)
  return { kind: 'restore' }
}

function planWithoutWriter(view: ReadyView, clone: OwnedClone): ReadyStep {
  const { memory, nowMs } = view
  const { cluster } = clone
  if (mayBeHidden(memory.writerRequestedAtMs, nowMs)) return wait('AWS to show the writer')
  if (isBegunWrongly(view, clone))
    return { kind: 'replace', reason: 'other-inputs', detail: standing(cluster, undefined) }
  // AWS refused the writer while the cluster was not available, and takes it once it is.
  const refused = memory.writerRefused && clusterPhase(cluster.status) !== 'available'
  return refused
    ? wait(`the cluster to take its writer (cluster ${cluster.status})`)
    : { kind: 'create-writer' }
}

function planFailed(view: ReadyView, clone: OwnedClone, writer: InstanceSnapshot | undefined): ReadyStep {
  const { memory, nowMs } = view
  const { cluster } = clone
  const failed =
    clusterPhase(cluster.status) === 'failed' ? cluster.status : (writer?.status ?? cluster.status)
  const detail = standing(cluster, writer)
  if (mayHeal(failed, writer) && nowMs - (memory.unhealthySinceMs ?? nowMs) < HEALING_MS)
    return wait(`status "${failed}" to end`)
  // A writer may be a later one, so of a clone that was handed out only the cluster proves that nobody used it.
  const isUnused = !clone.isHandedOut || (!clone.hasBeenReady && failedAtBirth(cluster.status))
  if (!isUnused) return fail('failed-after-ready', detail)
  if (!view.mayRestore) return fail('failed-before-ready', detail)
  if (memory.removed.length > 0) return fail('failed-again', detail)
  // This run made it, so the same request would fail the same way.
  const misfit = memory.restores > 0 ? misfitOf(failed) : undefined
  if (misfit !== undefined) return fail(`misfit-${misfit}`, detail)
  return { kind: 'replace', reason: 'failed', detail }
}

function mayHeal(failed: string, writer: InstanceSnapshot | undefined): boolean {
  return failed === 'incompatible-parameters' && writer?.instanceClass === 'db.serverless'
}

/** Whether the clone never had an instance and was never handed out, and the inputs that it was made with were corrected since. */
function isBegunWrongly(view: ReadyView, { cluster, isHandedOut }: OwnedClone): boolean {
  return (
    view.mayRestore &&
    view.hasOtherShape &&
    !isHandedOut &&
    cluster.members.length === 0 &&
    view.instances.length === 0 &&
    view.memory.keptResourceId !== cluster.resourceId
  )
}

/** Its statements may have run, or not, and they must not run twice. Nobody has its endpoint. */
function isHalfPrepared(view: ReadyView, clone: OwnedClone): boolean {
  const { preparation, hasBeenReady, isHandedOut, cluster } = clone
  if (hasBeenReady || !view.mayRestore || view.memory.keptResourceId === cluster.resourceId) return false
  const { sanitisingDigest: wanted } = view
  if (preparation.kind === 'none') return wanted !== undefined && !isHandedOut
  // What other files have made of it was never published.
  if (preparation.kind === 'clean') return wanted !== undefined && wanted !== preparation.digest
  return leftBy(preparation, { run: view.preparer, nowMs: view.awsNowMs }) === 'a-run-that-ended'
}

/** A change that must finish before a new clone is handed out. */
function unsettledChange(cluster: ClusterSnapshot, writer: InstanceSnapshot): string | undefined {
  if (cluster.hasPendingChanges || writer.hasPendingChanges) return 'pending changes to be applied'
  const member = cluster.members.find(({ identifier }) => identifier === writer.identifier)
  if (member === undefined) return 'the cluster to list its writer'
  if (member.parameterGroupStatus === 'applying') return 'the cluster parameter group to be applied'
  return undefined
}

function wait(what: string): ReadyStep {
  return { kind: 'wait', waitingFor: `waiting for ${what}` }
}

function fail(why: ReadyFailure, detail: string): ReadyStep {
  return { kind: 'fail', why, detail }
}
