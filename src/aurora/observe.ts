import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  type RDSClient,
  paginateDescribeDBClusters,
} from '@aws-sdk/client-rds'
import { quote } from '../quotation.ts'
import { hasCode } from './aws-call.ts'
import { type ClusterSnapshot, type InstanceSnapshot, clusterSnapshot, instanceSnapshot } from './snapshot.ts'

/** The API lists Neptune and DocumentDB clusters too unless it is asked for engines (RDS API, DescribeDBClusters). */
const AURORA_ENGINES = { Name: 'engine', Values: ['aurora-mysql', 'aurora-postgresql'] }

/**
 * Every Aurora cluster of the Region, 100 a call, tags inline: clone, source, family and generations from one listing.
 * `includeShared` adds clusters that other accounts share with this one.
 */
export async function listClusters(
  rds: RDSClient,
  { includeShared, signal }: { readonly includeShared: boolean; readonly signal?: AbortSignal },
): Promise<readonly ClusterSnapshot[]> {
  const pages = paginateDescribeDBClusters(
    { client: rds, pageSize: 100 },
    { Filters: [AURORA_ENGINES], ...(includeShared ? { IncludeShared: true } : {}) },
    signal === undefined ? {} : { abortSignal: signal },
  )
  const clusters: ClusterSnapshot[] = []
  for await (const page of pages) clusters.push(...(page.DBClusters ?? []).map(clusterSnapshot))
  return clusters
}

/** One cluster by its identifier; `undefined` when AWS does not know it (any more, or yet). */
export async function describeCluster(
  rds: RDSClient,
  identifier: string,
  signal?: AbortSignal,
): Promise<ClusterSnapshot | undefined> {
  try {
    const { DBClusters: [cluster] = [] } = await rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }),
      signal === undefined ? {} : { abortSignal: signal },
    )
    return cluster === undefined ? undefined : clusterSnapshot(cluster)
  } catch (error) {
    if (hasCode(error, 'DBClusterNotFoundFault')) return undefined
    throw error
  }
}

/** The instances of one cluster, in any status; also those that the cluster does not list as its members yet. */
export async function describeInstancesOf(
  rds: RDSClient,
  clusterIdentifier: string,
  signal?: AbortSignal,
): Promise<readonly InstanceSnapshot[]> {
  const { DBInstances: instances = [] } = await rds.send(
    new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-cluster-id', Values: [clusterIdentifier] }] }),
    signal === undefined ? {} : { abortSignal: signal },
  )
  // Not everything that speaks this protocol honours the filter, and what comes back here may be deleted.
  return instances
    .map(instanceSnapshot)
    .filter((instance) => instance.clusterIdentifier === clusterIdentifier)
}

export async function describeInstance(
  rds: RDSClient,
  identifier: string,
  signal?: AbortSignal,
): Promise<InstanceSnapshot | undefined> {
  try {
    const { DBInstances: [instance] = [] } = await rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
      signal === undefined ? {} : { abortSignal: signal },
    )
    return instance === undefined ? undefined : instanceSnapshot(instance)
  } catch (error) {
    if (hasCode(error, 'DBInstanceNotFoundFault')) return undefined
    throw error
  }
}

export interface SubnetGroup {
  readonly vpcId: string | undefined
  readonly networkTypes: readonly string[]
}

export async function describeSubnetGroup(rds: RDSClient, name: string): Promise<SubnetGroup> {
  const { DBSubnetGroups: [group] = [] } = await rds.send(
    new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: name }),
  )
  return { vpcId: group?.VpcId, networkTypes: group?.SupportedNetworkTypes ?? [] }
}

export interface RdsEvent {
  readonly at: Date
  readonly source: string
  readonly message: string
}

/** AWS's own account of the last hours of a clone and its writer, oldest first, at most ten. */
export async function describeEvents(
  rds: RDSClient,
  {
    cluster,
    instance,
    sinceMs,
  }: { readonly cluster: string; readonly instance: string; readonly sinceMs: number },
): Promise<readonly RdsEvent[]> {
  const HOURS_IN_MINUTES = 6 * 60
  const answers = await Promise.all(
    (
      [
        ['db-cluster', cluster],
        ['db-instance', instance],
      ] as const
    ).map(([SourceType, SourceIdentifier]) =>
      rds.send(new DescribeEventsCommand({ SourceType, SourceIdentifier, Duration: HOURS_IN_MINUTES })),
    ),
  )
  return answers
    .flatMap(({ Events: events = [] }) => events)
    .flatMap(({ Date: at, SourceIdentifier: source, Message: message }) =>
      at === undefined || message === undefined || at.getTime() < sinceMs
        ? []
        : [{ at, source: quote(source ?? '', 100), message: quote(message) }],
    )
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-10)
}
