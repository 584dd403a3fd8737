import type { InstanceSnapshot, ClusterSnapshot } from './snapshot.ts'
import { type CloneIdentity, writerIdentifier } from './identity.ts'
import { mayBeHidden } from './aws-run.ts'
import { ownershipOf } from './ownership.ts'
import { type Misfit, clusterPhase, failedAtBirth, instancePhase, misfitOf } from './statuses.ts'
import { TAG } from './tags.ts'

/** What this run did itself; between runs nothing is remembered, names and tags are the only state. */
export interface ReadyMemory {
  /** When our own restore was accepted; AWS may not show the cluster for a while after that. */
  readonly restoredAtMs: number | undefined
  /** Restores accepted in this run. */
  readonly restores: number
  /** AWS has shown the cluster since the last restore. */
  readonly shown: boolean
  /** The clone that this run removed because it had failed, to make it anew. */
  readonly removedResourceId: string | undefined
  /** When the writer was accepted; AWS may not show it for a while after that. */
  readonly writerRequestedAtMs: number | undefined
  /** AWS refused the writer because of the cluster's state. */
  readonly writerRefused: boolean
  readonly startedAtMs: number | undefined
  /** This run saw the clone in another state than ready. */
  readonly sawUnready: boolean
  /** Ready looks in a row. */
  readonly readyLooks: number
  /** When a state that may heal by itself was first seen. */
  readonly unhealthySinceMs: number | undefined
}

export const FRESH_MEMORY: ReadyMemory = {
  restoredAtMs: undefined,
  restores: 0,
  shown: false,
  removedResourceId: undefined,
  writerRequestedAtMs: undefined,
  writerRefused: false,
  startedAtMs: undefined,
  sawUnready: false,
  readyLooks: 0,
  unhealthySinceMs: undefined,
}

export interface ReadyView {
  readonly cluster: ClusterSnapshot | undefined
  readonly instances: readonly InstanceSnapshot[]
  /** The clone that this run asks about. */
  readonly identity: CloneIdentity
  /** An existing clone was made from the source that is configured now. */
  readonly fromThisSource: boolean
  /** An existing clone was ordered with other inputs than this run has. */
  readonly hasOtherShape: boolean
  /** `create` may restore and replace; `wait` may not. */
  readonly mayRestore: boolean
  readonly memory: ReadyMemory
  readonly nowMs: number
  /** AWS's time; `undefined` where its answers did not tell. */
  readonly awsNowMs: number | undefined
}

export type ReadyStep =
  | { readonly kind: 'restore' }
  | { readonly kind: 'create-writer' }
  | { readonly kind: 'start' }
  | { readonly kind: 'remove'; readonly because: string }
  | { readonly kind: 'wait'; readonly status: string }
  | { readonly kind: 'look-again' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'fail'; readonly why: ReadyFailure; readonly detail: string }

export type ReadyFailure =
  | 'no-clone'
  | 'vanished'
  | 'not-owned'
  | 'other-source'
  | 'being-deleted'
  | 'failed-before-ready'
  | `misfit-${Misfit}`
  | 'failed-again'
  | 'failed-after-ready'

/** A Serverless v2 writer that ran out of memory reports `incompatible-parameters` and heals by itself (Aurora user guide). */
const HEALING_MS = 180_000
const FIRST_HOUR_MS = 3_600_000
const MAX_RESTORES = 2

/** The one next step towards a clone that is ready. Pure: everything it knows is in the view. */
export function planReady(view: ReadyView): ReadyStep {
  const { cluster, memory, nowMs } = view
  if (cluster === undefined) return planWithoutCluster(view)

  const ownership = ownershipOf(cluster, view.identity)
  if (!ownership.owned) return fail('not-owned', ownership.because)

  const phase = clusterPhase(cluster.status)
  if (phase === 'deleting')
    return view.mayRestore
      ? wait('the former clone of this name to be gone')
      : fail('being-deleted', `cluster ${cluster.status}`)
  if (!view.fromThisSource) return fail('other-source', ownership.tags[TAG.source] ?? 'unknown')

  const writer = writerOf(cluster, view.instances)
  const writerPhase = writer === undefined ? undefined : instancePhase(writer.status)
  if (phase === 'failed' || writerPhase === 'failed') return planFailed(view, cluster, writer)

  if (phase === 'stopped')
    return mayBeHidden(memory.startedAtMs, nowMs) ? wait('the clone to start') : { kind: 'start' }

  if (writer === undefined) return planWithoutWriter(view, cluster)

  if (phase !== 'available' || writerPhase !== 'available')
    return { kind: 'wait', status: standing(cluster, writer) }

  const published = ownership.tags[TAG.readyAt] !== undefined
  if (!published) {
    const unsettled = unsettledChange(cluster, writer)
    if (unsettled !== undefined) return wait(unsettled)
  }
  if (memory.sawUnready && memory.readyLooks < 2) return { kind: 'look-again' }
  return { kind: 'settled' }
}

/** Cluster and writer in AWS's own words, for logs. */
export function standing(cluster: ClusterSnapshot, writer: InstanceSnapshot | undefined): string {
  return `cluster ${cluster.status}, writer ${writer?.status ?? 'not there yet'}`
}

/** What a new look adds to the memory of this run. */
export function remember(
  memory: ReadyMemory,
  { cluster, instances }: Pick<ReadyView, 'cluster' | 'instances'>,
  nowMs: number,
): ReadyMemory {
  const writer = cluster === undefined ? undefined : writerOf(cluster, instances)
  const ready =
    cluster !== undefined &&
    writer !== undefined &&
    clusterPhase(cluster.status) === 'available' &&
    instancePhase(writer.status) === 'available'
  const healing = [cluster?.status, writer?.status].includes('incompatible-parameters')
  return {
    ...memory,
    sawUnready: memory.sawUnready || !ready,
    readyLooks: ready ? memory.readyLooks + 1 : 0,
    unhealthySinceMs: healing ? (memory.unhealthySinceMs ?? nowMs) : undefined,
  }
}

/** The instance that takes writes: as the cluster says; before it says, the one that this action made, or the only one. */
export function writerOf(
  cluster: ClusterSnapshot,
  instances: readonly InstanceSnapshot[],
): InstanceSnapshot | undefined {
  const named = cluster.members.find(({ isWriter }) => isWriter)?.identifier
  return (
    instances.find(({ identifier }) => identifier === named) ??
    instances.find(({ identifier }) => identifier === writerIdentifier(cluster.identifier)) ??
    instances[0]
  )
}

function planWithoutCluster({ memory, mayRestore, nowMs }: ReadyView): ReadyStep {
  if (mayBeHidden(memory.restoredAtMs, nowMs)) return wait('AWS to show the new cluster')
  if (!mayRestore) return fail('no-clone', 'no cluster')
  if (memory.restores >= MAX_RESTORES) return fail('vanished', `restored ${memory.restores} times`)
  return { kind: 'restore' }
}

function planWithoutWriter(view: ReadyView, cluster: ClusterSnapshot): ReadyStep {
  const { memory, nowMs } = view
  if (mayBeHidden(memory.writerRequestedAtMs, nowMs)) return wait('AWS to show the writer')
  // AWS may show a cluster as it was for a while after it accepted the deletion.
  if (view.hasOtherShape && memory.removedResourceId === cluster.resourceId)
    return wait('the former clone to be gone')
  // Asked for once while the cluster was in this state and refused: AWS takes it when the cluster is available.
  const refused = memory.writerRefused && clusterPhase(cluster.status) !== 'available'
  return refused
    ? wait(`the cluster to take its writer (cluster ${cluster.status})`)
    : { kind: 'create-writer' }
}

function planFailed(
  view: ReadyView,
  cluster: ClusterSnapshot,
  writer: InstanceSnapshot | undefined,
): ReadyStep {
  const { memory, nowMs } = view
  const failed =
    clusterPhase(cluster.status) === 'failed' ? cluster.status : (writer?.status ?? cluster.status)
  const detail = standing(cluster, writer)
  // AWS may show a cluster as it was for a while after it accepted the deletion.
  if (memory.removedResourceId === cluster.resourceId) return wait('the failed clone to be gone')
  const mayHeal = failed === 'incompatible-parameters' && writer?.instanceClass === 'db.serverless'
  if (mayHeal && (memory.unhealthySinceMs === undefined || nowMs - memory.unhealthySinceMs < HEALING_MS))
    return wait(`"${failed}" to heal`)
  const isUnused = failedAtBirth(failed) || isNew(cluster, view.awsNowMs)
  if (cluster.tags?.[TAG.readyAt] !== undefined || !isUnused) return fail('failed-after-ready', detail)
  if (!view.mayRestore) return fail('failed-before-ready', detail)
  if (memory.removedResourceId !== undefined) return fail('failed-again', detail)
  // Made by this very run: the same request would fail the same way.
  const misfit = memory.restores > 0 ? misfitOf(failed) : undefined
  if (misfit !== undefined) return fail(`misfit-${misfit}`, detail)
  return { kind: 'remove', because: detail }
}

/**
 * Whether a clone may be made anew because AWS refuses its writer and this run has other inputs: a slip that was corrected since.
 * By its tags AWS would be asked for the same for ever. Only one that nobody can have used: it has no instance, never was ready,
 * and is younger than an hour.
 */
export function isReplaceable({
  cluster,
  instances,
  hasOtherShape,
  mayRestore,
  memory,
  awsNowMs,
}: ReadyView): boolean {
  return (
    hasOtherShape &&
    mayRestore &&
    memory.removedResourceId === undefined &&
    cluster?.members.length === 0 &&
    instances.length === 0 &&
    cluster.tags?.[TAG.readyAt] === undefined &&
    isNew(cluster, awsNowMs)
  )
}

/** Nobody may have waited for a clone and said that it was ready: after its first hour it may have been in use. */
function isNew(cluster: ClusterSnapshot, awsNowMs: number | undefined): boolean {
  const ownership = ownershipOf(cluster)
  return ownership.owned && awsNowMs !== undefined && awsNowMs - ownership.createdAtMs < FIRST_HOUR_MS
}

/** A change that a new clone still has to go through before it is handed out. */
function unsettledChange(cluster: ClusterSnapshot, writer: InstanceSnapshot): string | undefined {
  if (cluster.hasPendingChanges || writer.hasPendingChanges) return 'pending changes to be applied'
  const member = cluster.members.find(({ identifier }) => identifier === writer.identifier)
  if (member === undefined) return 'the cluster to list its writer'
  if (member.parameterGroupStatus === 'applying') return 'the cluster parameter group to be applied'
  return undefined
}

function wait(what: string): ReadyStep {
  return { kind: 'wait', status: `waiting for ${what}` }
}

function fail(why: ReadyFailure, detail: string): ReadyStep {
  return { kind: 'fail', why, detail }
}
