import type { RDSClient } from '@aws-sdk/client-rds'
import { Failure } from '../failure.ts'
import type { RestoreDecision } from './aws-run.ts'
import { type SubnetGroup, describeInstancesOf, describeSubnetGroup } from './observe.ts'
import { type CloneOrder, restoreRequest } from './restore-request.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { type ResolvedSource, type SourceReference, cloneFamily, sourceProblem } from './source.ts'

interface RestoreQuestion {
  readonly clusters: readonly ClusterSnapshot[]
  readonly reference: SourceReference
  readonly source: ResolvedSource | undefined
  readonly order: Omit<CloneOrder, 'sourceReference' | 'createdAtMs'>
  readonly maxClones: number
  readonly region: string
}

/** Everything that is checked and read before a restore is sent. Throws what only a person can mend. */
export async function decideRestore(rds: RDSClient, question: RestoreQuestion): Promise<RestoreDecision> {
  const { source, order } = question
  if (source === undefined) throw sourceNotFound(question)
  const problem = sourceProblem(source, order.identity)
  if (problem !== undefined) {
    if (!problem.wait) throw problem.failure
    return { kind: 'wait', status: `waiting for the source cluster (${source.cluster.status})` }
  }
  const room = cloneRoom(question, source.cluster)
  if (room !== undefined) return room
  const [parameterGroup, networkType] = await Promise.all([
    sourceWriterParameterGroup(rds, source.cluster),
    networkTypeFor(rds, source.cluster, order.shape),
  ])
  const requestAt = (createdAtMs: number) =>
    restoreRequest(
      { ...source.cluster, networkType },
      { ...order, sourceReference: source.reference, createdAtMs },
      parameterGroup,
    )
  // Throws what the inputs make impossible, before anything is removed for it.
  requestAt(0)
  return { kind: 'restore', requestAt }
}

function sourceNotFound({ reference, region }: RestoreQuestion): Failure {
  if (reference.kind === 'key')
    return new Failure({
      title: 'Source cluster not found',
      what: `There is no ready clone with key "${reference.key}" of this repository in ${region}, which source-key asks for.`,
      remedy: 'Run mode create with that clone-key first, or name a source-cluster.',
    })
  return new Failure({
    title: 'Source cluster not found',
    what: `There is no Aurora cluster "${reference.reference}" in ${region}.`,
    remedy: 'Check source-cluster, aws-region and the account of the credentials.',
  })
}

function cloneRoom(
  { clusters, maxClones, order }: RestoreQuestion,
  source: ClusterSnapshot,
): RestoreDecision | undefined {
  // A copy to a point in time is a full one anyway: the limit of copy-on-write clones does not concern it.
  if (order.shape.restoreToTime !== undefined) return undefined
  const { clones, beingDeleted } = cloneFamily(clusters, source)
  if (clones < maxClones) return undefined
  if (clones - beingDeleted < maxClones)
    return {
      kind: 'wait',
      status: `waiting for one of ${clones} clones of "${source.identifier}" to be gone`,
    }
  throw new Failure({
    title: 'Clone limit reached',
    what: `Source cluster "${source.identifier}" shares its storage with ${clones} clones, max-clones is ${maxClones}. After 15 copy-on-write clones AWS silently makes full copies, which are slow and pay for all of their storage.`,
    remedy: 'Destroy clones that nobody needs, or clone from a clone of a full copy.',
  })
}

/** The source's writer tells the parameter group of the clone's; a shared source of another account does not show it. */
async function sourceWriterParameterGroup(
  rds: RDSClient,
  source: ClusterSnapshot,
): Promise<string | undefined> {
  const instances = await describeInstancesOf(rds, source.identifier)
  const writer = source.members.find(({ isWriter }) => isWriter)?.identifier
  return (instances.find(({ identifier }) => identifier === writer) ?? instances[0])?.parameterGroup
}

/**
 * Another subnet group than the source's may be in another VPC, where the source's security groups are no use, and may not have
 * the IPv6 that a dual-stack source has. Otherwise the clone's network is that of the source.
 */
async function networkTypeFor(
  rds: RDSClient,
  source: ClusterSnapshot,
  { subnetGroup, securityGroupIds }: CloneOrder['shape'],
): Promise<string | undefined> {
  const isOther = subnetGroup !== undefined && subnetGroup !== source.subnetGroup
  if (!isOther || (securityGroupIds !== undefined && source.networkType !== 'DUAL')) return source.networkType
  const wanted = await describeSubnetGroup(rds, subnetGroup)
  if (securityGroupIds === undefined && source.subnetGroup !== undefined) {
    const own = await describeSubnetGroup(rds, source.subnetGroup)
    if (wanted.vpcId !== own.vpcId) throw groupsOfAnotherVpc({ subnetGroup, source, wanted, own })
  }
  return source.networkType === 'DUAL' && !wanted.networkTypes.includes('DUAL') ? 'IPV4' : source.networkType
}

function groupsOfAnotherVpc({
  subnetGroup,
  source,
  wanted,
  own,
}: {
  readonly subnetGroup: string
  readonly source: ClusterSnapshot
  readonly wanted: SubnetGroup
  readonly own: SubnetGroup
}): Failure {
  return new Failure({
    title: 'Network configuration rejected',
    what: `db-subnet-group-name "${subnetGroup}" is in VPC ${wanted.vpcId ?? 'unknown'}, source cluster "${source.identifier}" in ${own.vpcId ?? 'unknown'}: its security groups cannot be used there.`,
    remedy: 'Set vpc-security-group-ids to groups of that VPC.',
  })
}
