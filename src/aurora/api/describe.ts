import {
  DescribeDBClusterBacktracksCommand,
  DescribeDBClusterParametersCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  type RDSClient,
} from '@aws-sdk/client-rds'
import { quote } from '../../quotation.ts'
import { AwsCallError, EMPTY_ANSWER, UNCLEAR_ANSWER, hasCode } from './aws-call.ts'
import { type ClusterSnapshot, type InstanceSnapshot, clusterSnapshot, instanceSnapshot } from './snapshot.ts'

/** DescribeDBClusters also lists Neptune and DocumentDB clusters unless it gets a filter for engines (RDS API). */
const AURORA_ENGINES = { Name: 'engine', Values: ['aurora-mysql', 'aurora-postgresql'] }

/** More pages of 100 clusters than any Region has. */
const MAX_PAGES = 100

/**
 * Every Aurora cluster of the Region with its tags, 100 per call: source, clones, family and generations. `includeShared`
 * adds clusters that other accounts share with this one. A listing is complete, or it is an error.
 */
export async function listClusters(
  rds: RDSClient,
  { includeShared, signal }: Readonly<{ includeShared: boolean; signal?: AbortSignal }>,
): Promise<readonly ClusterSnapshot[]> {
  const page = {
    Filters: [AURORA_ENGINES],
    MaxRecords: 100,
    ...(includeShared ? { IncludeShared: true } : {}),
  }
  return await allPages('DescribeDBClusters', async (marker) => {
    const answer = await rds.send(new DescribeDBClustersCommand({ ...page, ...marker }), abortedBy(signal))
    const items = listOf('DescribeDBClusters', answer, answer.DBClusters).map(clusterSnapshot)
    return { items, next: answer.Marker }
  })
}

/** How far a backtrack is; `undefined`: AWS does not show it yet. AWS writes its statuses in lower and in upper case. */
export async function describeBacktrack(
  rds: RDSClient,
  { cluster, identifier }: Readonly<{ cluster: string; identifier: string }>,
  signal?: AbortSignal,
): Promise<BacktrackSnapshot | undefined> {
  const request = { DBClusterIdentifier: cluster, BacktrackIdentifier: identifier }
  try {
    const answer = await rds.send(new DescribeDBClusterBacktracksCommand(request), abortedBy(signal))
    const found = listOf('DescribeDBClusterBacktracks', answer, answer.DBClusterBacktracks).find(
      ({ BacktrackIdentifier: id }) => id === identifier,
    )
    if (found === undefined) return undefined
    return { status: (found.Status ?? '').toLowerCase(), reachedAtMs: found.BacktrackTo?.getTime() }
  } catch (error) {
    if (hasCode(error, 'DBClusterBacktrackNotFoundFault')) return undefined
    throw error
  }
}

/** `status`: pending, applying, completed or failed. */
export interface BacktrackSnapshot {
  readonly status: string
  /** The time that it went back to, once it is completed. */
  readonly reachedAtMs: number | undefined
}

/** The items of all pages. `ask` gets the marker of a page as the call takes it, and gives that of the next one. */
async function allPages<Item>(
  operation: string,
  ask: (
    marker: Readonly<{ Marker?: string }>,
  ) => Promise<Readonly<{ items: readonly Item[]; next: string | undefined }>>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  const markers = new Set<string>()
  for (let marker: string | undefined; ; markers.add(marker)) {
    const { items, next } = await ask(marker === undefined ? {} : { Marker: marker })
    all.push(...items)
    marker = next
    if (marker === undefined || marker === '') return all
    if (markers.has(marker) || markers.size + 1 >= MAX_PAGES)
      throw unclear(operation, 'AWS listed the same page twice, or too many of them')
  }
}

/**
 * One cluster by its identifier; `undefined` only if AWS says DBClusterNotFoundFault: it is gone or not shown yet. An answer
 * without the cluster is an error: EMPTY_ANSWER if it comes from AWS, otherwise UNCLEAR_ANSWER.
 */
export async function describeCluster(
  rds: RDSClient,
  identifier: string,
  signal?: AbortSignal,
): Promise<ClusterSnapshot | undefined> {
  try {
    const answer = await rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: identifier }),
      abortedBy(signal),
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

/** The instances of one cluster in any status, including those that it does not list as members yet. */
export async function describeInstancesOf(
  rds: RDSClient,
  clusterIdentifier: string,
  signal?: AbortSignal,
): Promise<readonly InstanceSnapshot[]> {
  try {
    const answer = await rds.send(
      new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-cluster-id', Values: [clusterIdentifier] }] }),
      abortedBy(signal),
    )
    // A cluster has at most 16 instances (Aurora user guide, quotas), which fit on one page.
    if ((answer.Marker ?? '') !== '') throw unclear('DescribeDBInstances', 'AWS listed more than one page')
    // Some servers of this protocol ignore the filter, and the caller may delete what this returns.
    return listOf('DescribeDBInstances', answer, answer.DBInstances)
      .map(instanceSnapshot)
      .filter((instance) => instance.clusterIdentifier === clusterIdentifier)
  } catch (error) {
    // AWS does not document whether it refuses a filter for a missing cluster.
    if (hasCode(error, 'DBClusterNotFoundFault')) return []
    throw error
  }
}

export async function describeInstance(
  rds: RDSClient,
  identifier: string,
): Promise<InstanceSnapshot | undefined> {
  try {
    const answer = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }))
    const [instance] = listOf('DescribeDBInstances', answer, answer.DBInstances)
    return instance === undefined ? undefined : instanceSnapshot(instance)
  } catch (error) {
    if (hasCode(error, 'DBInstanceNotFoundFault')) return undefined
    throw error
  }
}

/**
 * The list in an answer. A missing list counts as empty only in an answer of AWS, which has a request id. The SDK reads a
 * proxy's page, or nothing at all, as an answer without a list.
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

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function unclear(operation: string, message: string, code: string = UNCLEAR_ANSWER): AwsCallError {
  return new AwsCallError(operation, Object.assign(new Error(message), { name: code }))
}

export interface SubnetGroup {
  readonly vpcId: string | undefined
  readonly networkTypes: readonly string[]
}

export async function describeSubnetGroup(rds: RDSClient, name: string): Promise<SubnetGroup> {
  const answer = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: name }))
  const [group] = listOf('DescribeDBSubnetGroups', answer, answer.DBSubnetGroups)
  return { vpcId: group?.VpcId, networkTypes: group?.SupportedNetworkTypes ?? [] }
}

/** The parameters that somebody has set in a cluster parameter group, with their values. */
export async function describeSetParameters(
  rds: RDSClient,
  group: string,
): Promise<ReadonlyMap<string, string>> {
  const operation = 'DescribeDBClusterParameters'
  const page = { DBClusterParameterGroupName: group, Source: 'user' }
  const parameters = await allPages(operation, async (marker) => {
    const answer = await rds.send(new DescribeDBClusterParametersCommand({ ...page, ...marker }))
    return { items: listOf(operation, answer, answer.Parameters), next: answer.Marker }
  })
  return new Map(
    parameters.flatMap(({ ParameterName: name, ParameterValue: value }) =>
      name === undefined || value === undefined ? [] : [[name, value]],
    ),
  )
}

interface RdsEvent {
  readonly at: Date
  readonly source: string
  readonly message: string
}

/** AWS's events of the last six hours about a clone and its writer: at most the latest ten, oldest first. */
export async function describeEvents(
  rds: RDSClient,
  { cluster, instance, sinceMs }: Readonly<{ cluster: string; instance: string; sinceMs: number }>,
): Promise<readonly RdsEvent[]> {
  const SIX_HOURS_IN_MINUTES = 360
  const ask = (SourceType: 'db-cluster' | 'db-instance', SourceIdentifier: string) =>
    rds.send(new DescribeEventsCommand({ SourceType, SourceIdentifier, Duration: SIX_HOURS_IN_MINUTES }))
  const answers = await Promise.all([ask('db-cluster', cluster), ask('db-instance', instance)])
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
