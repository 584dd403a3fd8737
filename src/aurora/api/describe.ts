import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  type RDSClient,
} from '@aws-sdk/client-rds'
import { quote } from '../quotation.ts'
import { AwsCallError, EMPTY_ANSWER, UNCLEAR_ANSWER, hasCode } from './aws-call.ts'
import { type ClusterSnapshot, type InstanceSnapshot, clusterSnapshot, instanceSnapshot } from './snapshot.ts'

/** The API lists Neptune and DocumentDB clusters too unless it is asked for engines (RDS API, DescribeDBClusters). */
const AURORA_ENGINES = { Name: 'engine', Values: ['aurora-mysql', 'aurora-postgresql'] }

/** More pages than any Region has: 100 clusters each. */
const MAX_PAGES = 100

/**
 * Every Aurora cluster of the Region, 100 a call, tags inline: clone, source, family and generations from one listing.
 * `includeShared` adds clusters that other accounts share with this one. A listing is complete, or it is an error.
 */
export async function listClusters(
  rds: RDSClient,
  { includeShared, signal }: { readonly includeShared: boolean; readonly signal?: AbortSignal },
): Promise<readonly ClusterSnapshot[]> {
  const clusters: ClusterSnapshot[] = []
  const markers = new Set<string>()
  for (let marker: string | undefined; ; markers.add(marker)) {
    const answer = await rds.send(
      new DescribeDBClustersCommand({
        Filters: [AURORA_ENGINES],
        MaxRecords: 100,
        ...(includeShared ? { IncludeShared: true } : {}),
        ...(marker === undefined ? {} : { Marker: marker }),
      }),
      signal === undefined ? {} : { abortSignal: signal },
    )
    clusters.push(...listOf('DescribeDBClusters', answer, answer.DBClusters).map(clusterSnapshot))
    marker = answer.Marker
    if (marker === undefined || marker === '') return clusters
    if (markers.has(marker) || markers.size + 1 >= MAX_PAGES)
      throw unclear('DescribeDBClusters', 'AWS listed the same page twice, or too many of them')
  }
}

/**
 * One cluster by its identifier; `undefined` only when AWS says that it is not there (DBClusterNotFoundFault): gone, or not shown
 * yet. An answer without the cluster is no such word, and an error: EMPTY_ANSWER when it is AWS's, else UNCLEAR_ANSWER.
 */
export async function describeCluster(
  rds: RDSClient,
  identifier: string,
  signal?: AbortSignal,
): Promise<ClusterSnapshot | undefined> {
  try {
    const answer = await rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }),
      signal === undefined ? {} : { abortSignal: signal },
    )
    const [cluster, ...others] = listOf('DescribeDBClusters', answer, answer.DBClusters).map(clusterSnapshot)
    if (cluster === undefined)
      throw unclear('DescribeDBClusters', `AWS answered without cluster "${identifier}"`, EMPTY_ANSWER)
    if (others.length > 0 || cluster.identifier !== identifier)
      throw unclear('DescribeDBClusters', `AWS did not answer about cluster "${identifier}"`)
    return cluster
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
  try {
    const answer = await rds.send(
      new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-cluster-id', Values: [clusterIdentifier] }] }),
      signal === undefined ? {} : { abortSignal: signal },
    )
    // A cluster has 16 instances at most (Aurora user guide, quotas): all of them fit on a page.
    if ((answer.Marker ?? '') !== '') throw unclear('DescribeDBInstances', 'AWS listed more than one page')
    // Not everything that speaks this protocol honours the filter, and what comes back here may be deleted.
    return listOf('DescribeDBInstances', answer, answer.DBInstances)
      .map(instanceSnapshot)
      .filter((instance) => instance.clusterIdentifier === clusterIdentifier)
  } catch (error) {
    // Whether AWS refuses a filter for a cluster that is not there is not documented.
    if (hasCode(error, 'DBClusterNotFoundFault')) return []
    throw error
  }
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

/**
 * The list in an answer. A missing one is empty only in an answer of AWS, which has a request id: the SDK reads the page of a
 * proxy, or nothing at all, as an answer without a list.
 */
function listOf<Item>(
  operation: string,
  { $metadata }: { readonly $metadata?: { readonly requestId?: string | undefined } },
  list: readonly Item[] | undefined,
): readonly Item[] {
  if (list === undefined && $metadata?.requestId === undefined)
    throw unclear(operation, 'the answer is not one of AWS')
  return list ?? []
}

function unclear(operation: string, message: string, code: string = UNCLEAR_ANSWER): AwsCallError {
  return new AwsCallError(operation, Object.assign(new Error(message), { name: code }))
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
