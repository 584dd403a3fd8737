import type { Behaviour } from './behaviour.ts'
import type { PendingFailures } from './failure-scripts.ts'
import type { ClusterRecord, InstanceRecord, RegionState } from './records.ts'
import { GONE, firstTimeOf, rewritten, statusAt } from './timeline.ts'
import type { Phase, Timeline } from './timeline.ts'
import type { ClusterView, InstanceView } from './views.ts'

export interface FailureScripts {
  readonly clusters: PendingFailures<ClusterView>
  readonly instances: PendingFailures<InstanceView>
}

/** One moment in one Region: what every rule is given. */
export interface Moment {
  readonly now: number
  readonly state: RegionState
  readonly behaviour: Behaviour
  readonly scripts: FailureScripts
}

export const clusterStatus = (moment: Moment, cluster: ClusterRecord): string =>
  statusAt(cluster.timeline, moment.now)

/** An instance begins to be made only when its cluster is available. [aurora §5.1] */
export function instanceTimeline(state: RegionState, instance: InstanceRecord): Timeline {
  const cluster =
    instance.clusterResourceId === undefined ? undefined : state.clusters.get(instance.clusterResourceId)
  const start =
    cluster === undefined
      ? instance.createdAt
      : firstTimeOf(cluster.timeline, { status: 'available', since: instance.createdAt })
  const requested: Phase = { from: instance.createdAt, status: 'creating' }
  const made = instance.creation.map((phase) => ({ ...phase, from: start + phase.from }))
  return rewritten([requested, ...made.filter((phase) => Number.isFinite(phase.from))], instance.later)
}

export const instanceStatus = (moment: Moment, instance: InstanceRecord): string =>
  statusAt(instanceTimeline(moment.state, instance), moment.now)

export function liveClusters(moment: Moment): readonly ClusterRecord[] {
  return [...moment.state.clusters.values()].filter((cluster) => clusterStatus(moment, cluster) !== GONE)
}

export function liveInstances(moment: Moment): readonly InstanceRecord[] {
  return [...moment.state.instances.values()].filter((instance) => instanceStatus(moment, instance) !== GONE)
}

/** Identifiers are not case-sensitive and stored in lower case. [aurora §3] */
export function findCluster(moment: Moment, identifier: string): ClusterRecord | undefined {
  return liveClusters(moment).find((cluster) => cluster.identifier === identifier.toLowerCase())
}

export function findInstance(moment: Moment, identifier: string): InstanceRecord | undefined {
  return liveInstances(moment).find((instance) => instance.identifier === identifier.toLowerCase())
}

export function membersOf(moment: Moment, cluster: ClusterRecord): readonly InstanceRecord[] {
  return liveInstances(moment).filter((instance) => instance.clusterResourceId === cluster.resourceId)
}

/** The first instance of a cluster writes; when it leaves, the lowest promotion tier takes over. */
export function writerOf(moment: Moment, cluster: ClusterRecord): InstanceRecord | undefined {
  const members = membersOf(moment, cluster)
  const staying = members.filter((member) => member.deletionRequestedAt === undefined)
  const first = [...moment.state.instances.values()].find(
    (one) => one.clusterResourceId === cluster.resourceId,
  )
  return (
    staying.find((member) => member.resourceId === first?.resourceId) ??
    staying.toSorted((a, b) => a.promotionTier - b.promotionTier)[0] ??
    members[0]
  )
}

export function putCluster(moment: Moment, cluster: ClusterRecord): ClusterRecord {
  moment.state.clusters.set(cluster.resourceId, cluster)
  return cluster
}

export function putInstance(moment: Moment, instance: InstanceRecord): InstanceRecord {
  moment.state.instances.set(instance.resourceId, instance)
  return instance
}
