import type {
  DBClusterMessage,
  DBInstanceMessage,
  DescribeDBClustersMessage,
  DescribeDBInstancesMessage,
  Filter,
} from '@aws-sdk/client-rds'
import { invalidValue } from './aws-fault.ts'
import { clusterOr404, describedCluster } from './clusters.ts'
import { nameOf } from './identifiers.ts'
import { describedInstance, instanceOr404, shownClusterOf } from './instances.ts'
import { page } from './pagination.ts'
import { rdsFault } from './protocol/model.ts'
import { findCluster, liveClusters, liveInstances } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, InstanceRecord } from './records.ts'

/** By filter name: the resource's value that a filter's values are compared with, as both are written. */
export type Filters<Resource> = Readonly<Record<string, (resource: Resource, value: string) => boolean>>

/** [aurora §11.3] */
const CLUSTER_FILTERS: Filters<ClusterRecord> = {
  'clone-group-id': (cluster, value) => cluster.cloneGroupId === value,
  'db-cluster-id': (cluster, value) => cluster.identifier === nameOf(value),
  'db-cluster-resource-id': (cluster, value) => cluster.resourceId === value,
  // No cluster of this cloud has joined a directory.
  domain: () => false,
  engine: (cluster, value) => cluster.engine === value,
}

interface Member {
  readonly instance: InstanceRecord
  readonly cluster: string | undefined
}

/** [aurora §11.3] */
const INSTANCE_FILTERS: Filters<Member> = {
  'db-cluster-id': ({ cluster }, value) => cluster === nameOf(value),
  'db-instance-id': ({ instance }, value) => instance.identifier === nameOf(value),
  'dbi-resource-id': ({ instance }, value) => instance.resourceId === value,
  domain: () => false,
  engine: ({ instance }, value) => instance.engine === value,
}

/** All filters must match, each with any of its values. */
export function matcher<Resource>(
  known: Filters<Resource>,
  filters: readonly Filter[],
): (resource: Resource) => boolean {
  const tests = filters.map(({ Name: name = '', Values: values = [] }) => {
    const matches = Object.hasOwn(known, name) ? known[name] : undefined
    if (matches === undefined) throw invalidValue(`Unrecognized filter name: ${name}`)
    if (values.length === 0) throw invalidValue(`Filter ${name} has no values.`)
    return (resource: Resource) => values.some((value) => matches(resource, value))
  })
  return (resource) => tests.every((test) => test(resource))
}

/** A resource just made may not be found yet. [aurora §12] */
const isVisible = (moment: Moment, { createdAt }: { readonly createdAt: number }): boolean =>
  moment.now >= createdAt + moment.behaviour.notFoundAfterCreateMs

function clustersNamed(moment: Moment, identifier: string | undefined): readonly ClusterRecord[] {
  if (identifier === undefined) return liveClusters(moment).filter((cluster) => isVisible(moment, cluster))
  const cluster = clusterOr404(moment, identifier)
  if (!isVisible(moment, cluster))
    throw rdsFault('DBClusterNotFoundFault', `DBCluster ${identifier} not found.`)
  return [cluster]
}

function instancesNamed(moment: Moment, identifier: string | undefined): readonly InstanceRecord[] {
  if (identifier === undefined) return liveInstances(moment).filter((instance) => isVisible(moment, instance))
  const instance = instanceOr404(moment, identifier)
  if (!isVisible(moment, instance))
    throw rdsFault('DBInstanceNotFoundFault', `DBInstance ${identifier} not found.`)
  return [instance]
}

export function describeDBClusters(input: DescribeDBClustersMessage, moment: Moment): DBClusterMessage {
  const matches = matcher(CLUSTER_FILTERS, input.Filters ?? [])
  const clusters = clustersNamed(moment, input.DBClusterIdentifier).filter(matches)
  const { items, marker } = page({
    items: clusters,
    keyOf: (cluster) => cluster.identifier,
    request: input,
    moment,
  })
  return { DBClusters: items.map((cluster) => describedCluster(moment, cluster)), Marker: marker }
}

/** [aurora second look, f] */
function refuseUnknownCluster(moment: Moment, filters: readonly Filter[]): void {
  if (moment.behaviour.instancesOfUnknownCluster === 'none') return
  const named = filters.flatMap(({ Name, Values = [] }) => (Name === 'db-cluster-id' ? Values : []))
  const unknown = named.find((name) => findCluster(moment, nameOf(name)) === undefined)
  if (unknown !== undefined) throw rdsFault('DBClusterNotFoundFault', `DBCluster ${unknown} not found.`)
}

export function describeDBInstances(input: DescribeDBInstancesMessage, moment: Moment): DBInstanceMessage {
  refuseUnknownCluster(moment, input.Filters ?? [])
  const matches = matcher(INSTANCE_FILTERS, input.Filters ?? [])
  const instances = instancesNamed(moment, input.DBInstanceIdentifier).filter((instance) =>
    matches({ instance, cluster: shownClusterOf(moment, instance) }),
  )
  const { items, marker } = page({
    items: instances,
    keyOf: (instance) => instance.identifier,
    request: input,
    moment,
  })
  return { DBInstances: items.map((instance) => describedInstance(moment, instance)), Marker: marker }
}
