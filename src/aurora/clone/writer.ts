import type { ClusterSnapshot, InstanceSnapshot } from '../api/snapshot.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import { writerIdentifier } from './identity.ts'

/** The writer that the cluster names; otherwise the one that this action made, otherwise the first instance. */
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

/** The states of cluster and writer in AWS's words, for logs. */
export function standing(cluster: ClusterSnapshot, writer: InstanceSnapshot | undefined): string {
  return `cluster ${cluster.status}, writer ${writer?.status ?? 'not there yet'}`
}

export function isUp({ status }: ClusterSnapshot, writer: InstanceSnapshot | undefined): boolean {
  return clusterPhase(status) === 'available' && instancePhase(writer?.status ?? '') === 'available'
}
