import type { RDSClient, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import { Failure } from '../../failure.ts'
import { counted } from '../../counted.ts'
import { AwsCallError, hasCode } from '../api/aws-call.ts'
import { describeInstancesOf, describeSubnetGroup } from '../api/describe.ts'
import { explainAwsError } from '../api/explain.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import type { CloneShape } from '../clone/shape.ts'
import { cloneFamily, findSource, sourceProblem } from '../clone/source.ts'
import { writerOf } from '../clone/writer.ts'
import { cloneLimitReached, crowdOf } from './limits.ts'
import type { Making, ReadyOrder } from './order.ts'
import { restoreRequest } from './restore-request.ts'

/**
 * `requestAt` gives the request for a time by AWS's clock. `whyRefused` explains a refusal better than its code does, or gives
 * `undefined`.
 */
export type RestoreDecision =
  | Readonly<{
      kind: 'restore'
      requestAt: (createdAtMs: number) => RestoreDBClusterToPointInTimeMessage
      whyRefused: (error: unknown) => Failure | undefined
    }>
  | Readonly<{ kind: 'wait'; waitingFor: string }>

export interface RestoreQuestion
  extends Making, Pick<ReadyOrder, 'identity' | 'identifier' | 'waitUntilReady'> {
  /** AWS's time; `undefined` if its answers did not tell. */
  readonly nowMs: number | undefined
}

/** Checks and reads everything before a restore. Throws if only a person can solve the problem. */
export async function decideRestore(rds: RDSClient, question: RestoreQuestion): Promise<RestoreDecision> {
  const { identity, shape, listing } = question
  const source = findSource(listing.clusters, question.source, identity)
  if (source === undefined) throw sourceNotFound(question)
  const problem = sourceProblem(source, identity, { isFullCopy: shape.restoreToTime !== undefined })
  if (problem !== undefined) {
    if (!problem.wait) throw problem.failure
    return { kind: 'wait', waitingFor: `waiting for the source cluster (${source.cluster.status})` }
  }
  const room = cloneRoom(question, source.cluster)
  if (room !== undefined) return room
  const instances = await describeInstancesOf(rds, source.cluster.identifier)
  // AWS shows a shared cluster, but not its instances.
  const isShared = source.cluster.members.length > 0 && instances.length === 0
  const networkType = await networkTypeFor(rds, { source: source.cluster, isShared }, shape)
  const parameterGroup = writerOf(source.cluster, instances)?.parameterGroup
  const requestAt = (createdAtMs: number) =>
    restoreRequest(
      { ...source.cluster, networkType },
      { ...question, sourceName: source.name, createdAtMs },
      parameterGroup,
    )
  // Throws for impossible inputs now, before a clone is removed for the restore.
  requestAt(0)
  const whyRefused = (error: unknown) => (isShared ? missingGroup(error, source.cluster, shape) : undefined)
  return { kind: 'restore', requestAt, whyRefused }
}

function sourceNotFound({ source, region }: RestoreQuestion): Failure {
  if (source.kind === 'key')
    return new Failure({
      title: 'Source cluster not found',
      what: `source-key is "${source.key}", but this repository has no ready clone of that key in ${region}.`,
      remedy: 'Run mode create with that clone-key first, or name a source-cluster.',
    })
  return new Failure({
    title: 'Source cluster not found',
    what: `There is no Aurora cluster "${source.name}" in ${region}.`,
    remedy: 'Check source-cluster, aws-region and the account of the credentials.',
  })
}

function cloneRoom(
  { identity, listing, maxClones, shape, waitUntilReady, nowMs }: RestoreQuestion,
  source: ClusterSnapshot,
): RestoreDecision | undefined {
  // A copy to a point in time is a full copy, so the limit of copy-on-write clones does not apply.
  if (shape.restoreToTime !== undefined) return undefined
  const others = cloneFamily(listing.clusters, source)
  if (others.length < maxClones) return undefined
  const beingDeleted = others.filter(({ status }) => clusterPhase(status) === 'deleting').length
  const isFreeSoon = others.length - beingDeleted < maxClones
  if (isFreeSoon && waitUntilReady)
    return {
      kind: 'wait',
      waitingFor: `waiting for one of ${counted(others.length, 'clone')} of "${source.identifier}" to be gone (max-clones is ${maxClones})`,
    }
  throw cloneLimitReached(crowdOf({ listed: listing.clusters, counted: others }, { ...identity, nowMs }), {
    source: source.identifier,
    maxClones,
    beingDeleted,
    isFreeSoon,
    nowMs,
  })
}

/** A source that another account shares has groups of that account, which this one does not have. */
function missingGroup(error: unknown, source: ClusterSnapshot, shape: CloneShape): Failure | undefined {
  const groups = [
    ['DBSubnetGroupNotFoundFault', 'db-subnet-group-name', shape.subnetGroup, source.subnetGroup],
    [
      'DBClusterParameterGroupNotFoundFault',
      'db-cluster-parameter-group-name',
      shape.clusterParameterGroup,
      source.parameterGroup,
    ],
  ] as const
  const missing = groups.find(([code, , own]) => hasCode(error, code) && own === undefined)
  if (missing === undefined || !(error instanceof AwsCallError)) return undefined
  const [, input, , group = ''] = missing
  const { title, what } = explainAwsError(error)
  return new Failure({
    title,
    what,
    remedy: `Source cluster "${source.identifier}" belongs to another account, whose group "${group}" does not exist here: set ${input} to a group of this account.`,
    cause: error,
  })
}

/**
 * Another subnet group than the source's may be in another VPC, where the source's security groups do not work. It may also
 * lack the IPv6 of a dual-stack source. Otherwise the clone's network is the source's.
 */
async function networkTypeFor(
  rds: RDSClient,
  { source, isShared }: Readonly<{ source: ClusterSnapshot; isShared: boolean }>,
  { subnetGroup, securityGroupIds }: CloneShape,
): Promise<string | undefined> {
  const isOther = subnetGroup !== undefined && subnetGroup !== source.subnetGroup
  if (!isOther || (securityGroupIds !== undefined && source.networkType !== 'DUAL')) return source.networkType
  const wanted = await describeSubnetGroup(rds, subnetGroup)
  // The group of a shared source is one of its account: here, the name may mean another one.
  if (securityGroupIds === undefined && source.subnetGroup !== undefined && !isShared) {
    const own = await describeSubnetGroup(rds, source.subnetGroup)
    if (wanted.vpcId !== own.vpcId)
      throw new Failure({
        title: 'Network configuration rejected',
        what: `db-subnet-group-name "${subnetGroup}" is in VPC ${wanted.vpcId ?? 'unknown'}, source cluster "${source.identifier}" in ${own.vpcId ?? 'unknown'}: the source's security groups do not work there.`,
        remedy: 'Set vpc-security-group-ids to groups of that VPC.',
      })
  }
  return source.networkType === 'DUAL' && !wanted.networkTypes.includes('DUAL') ? 'IPV4' : source.networkType
}
