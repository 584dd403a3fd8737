import { addInstance, instanceCreation, newInstanceIdentity } from './instances.ts'
import { port } from './cluster-settings.ts'
import { newClusterIdentity } from './clusters.ts'
import { engineNamed } from './engines.ts'
import { parseIdentifier } from './identifiers.ts'
import { withMark } from './marked-moments.ts'
import { defaultParameterGroup } from './parameter-groups.ts'
import { stoppedCluster } from './power.ts'
import { clusterStatus, findCluster, findInstance, putCluster } from './moment.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, ParameterGroup, ServerlessV2Range, SubnetGroup, Tags } from './records.ts'
import { securityGroups, subnetGroupOr404 } from './subnet-groups.ts'

// Things that are there before a test begins. A seed names what matters to the test; the rest is that of an ordinary
// production cluster.

const MONTH_MS = 30 * 24 * 60 * 60 * 1_000

export interface InstanceSeed {
  readonly identifier?: string
  readonly instanceClass?: string
  readonly parameterGroup?: string
  readonly writer?: boolean
  readonly publiclyAccessible?: boolean
  readonly tags?: Tags
}

export interface ClusterSeed {
  readonly identifier: string
  readonly engine?: string
  readonly engineVersion?: string
  readonly status?: string
  readonly createdAt?: number
  readonly port?: number
  readonly databaseName?: string
  readonly masterUsername?: string
  readonly masterPassword?: string
  readonly subnetGroup?: string
  readonly vpcSecurityGroupIds?: readonly string[]
  readonly parameterGroup?: string
  readonly networkType?: string
  readonly storageType?: string
  /** Encrypted with this key; with none, not encrypted. */
  readonly kmsKeyId?: string
  readonly engineLifecycleSupport?: string
  readonly backupRetentionPeriod?: number
  readonly backtrackWindow?: number
  readonly deletionProtection?: boolean
  readonly iamDatabaseAuthentication?: boolean
  readonly httpEndpointEnabled?: boolean
  readonly copyTagsToSnapshot?: boolean
  readonly logExports?: readonly string[]
  readonly serverlessV2?: ServerlessV2Range
  readonly tags?: Tags
  /** One writer where nothing is said; `[]` for a cluster without. */
  readonly instances?: readonly InstanceSeed[]
}

export interface SubnetGroupSeed {
  readonly name: string
  readonly vpcId?: string
  /** Zone letters or names, a subnet in each: a, b and c where nothing is said. */
  readonly availabilityZones?: readonly string[]
  readonly supportedNetworkTypes?: readonly string[]
  readonly internetGateway?: boolean
}

export interface ParameterGroupSeed {
  readonly name: string
  readonly family: string
  /** Such as `{ 'rds.logical_replication': '1' }`. */
  readonly parameters?: Readonly<Record<string, string>>
}

export const seededParameterGroup = ({
  name,
  family,
  parameters = {},
}: ParameterGroupSeed): ParameterGroup => ({
  name: name.toLowerCase(),
  family,
  parameters,
})

export interface SecurityGroupSeed {
  readonly id: string
  readonly vpcId: string
}

const zoneNames = (region: string, zones: readonly string[] = ['a', 'b', 'c']): readonly string[] =>
  zones.map((zone) => (zone.length === 1 ? `${region}${zone}` : zone))

export function seededSubnetGroup(region: string, seed: SubnetGroupSeed): SubnetGroup {
  const vpcId = seed.vpcId ?? 'vpc-default'
  return {
    name: seed.name.toLowerCase(),
    description: `subnets of ${vpcId}`,
    vpcId,
    subnets: zoneNames(region, seed.availabilityZones).map((availabilityZone) => ({
      identifier: `subnet-${seed.name.toLowerCase()}-${availabilityZone.at(-1) ?? ''}`,
      availabilityZone,
    })),
    supportedNetworkTypes: seed.supportedNetworkTypes ?? ['IPV4'],
    internetGateway: seed.internetGateway ?? true,
  }
}

export function seededCluster(moment: Moment, seed: ClusterSeed): ClusterRecord {
  const identifier = parseIdentifier('DBClusterIdentifier', seed.identifier)
  if (findCluster(moment, identifier) !== undefined)
    throw new Error(`There is a cluster ${identifier} already.`)
  const cluster = putCluster(moment, withMark(moment.now, clusterFrom(moment, { ...seed, identifier })))
  addMembers(moment, { cluster, seed })
  return seed.status === 'stopped' ? stoppedCluster(moment, { cluster, stoppedAt: moment.now }) : cluster
}

function clusterFrom(moment: Moment, seed: ClusterSeed): ClusterRecord {
  const engineName = seed.engine ?? 'aurora-postgresql'
  const engine = engineNamed(engineName)
  if (engine === undefined) throw new Error(`The local cloud does not know the engine ${engineName}.`)
  const group = subnetGroupOr404(moment.state, seed.subnetGroup ?? 'default')
  const identity = newClusterIdentity(moment, seed.identifier)
  const createdAt = seed.createdAt ?? moment.now - MONTH_MS
  const engineVersion = seed.engineVersion ?? engine.defaultVersion
  const status = seed.status === undefined || seed.status === 'stopped' ? 'available' : seed.status
  return {
    ...identity,
    createdAt,
    engine: engine.name,
    engineVersion,
    port: port(engine.name, seed.port),
    ...(seed.databaseName !== undefined && { databaseName: seed.databaseName }),
    masterUsername: seed.masterUsername ?? 'postgres',
    masterPassword: seed.masterPassword ?? 'seeded-password',
    availabilityZones: group.subnets.slice(0, 3).map((subnet) => subnet.availabilityZone),
    storageEncrypted: seed.kmsKeyId !== undefined,
    ...(seed.kmsKeyId !== undefined && { kmsKeyId: seed.kmsKeyId }),
    storageType: seed.storageType ?? 'aurora',
    subnetGroup: group.name,
    vpcSecurityGroupIds: securityGroups({ state: moment.state, group, requested: seed.vpcSecurityGroupIds }),
    parameterGroup: seed.parameterGroup ?? defaultParameterGroup({ engine: engine.name, engineVersion }),
    networkType: seed.networkType ?? 'IPV4',
    engineLifecycleSupport: seed.engineLifecycleSupport ?? 'open-source-rds-extended-support',
    backupRetentionPeriod: seed.backupRetentionPeriod ?? 7,
    preferredBackupWindow: '02:00-02:30',
    preferredMaintenanceWindow: 'mon:03:00-mon:03:30',
    backtrackWindow: seed.backtrackWindow ?? 0,
    deletionProtection: seed.deletionProtection ?? false,
    iamDatabaseAuthentication: seed.iamDatabaseAuthentication ?? false,
    httpEndpointEnabled: seed.httpEndpointEnabled ?? false,
    internetAccessGateway: false,
    copyTagsToSnapshot: seed.copyTagsToSnapshot ?? false,
    logExports: seed.logExports ?? [],
    ...(seed.serverlessV2 !== undefined && { serverlessV2: seed.serverlessV2 }),
    tags: seed.tags ?? {},
    copy: 'original',
    family: identity.resourceId,
    timeline: [{ from: createdAt, status }],
  }
}

interface Seeded {
  readonly cluster: ClusterRecord
  readonly seed: ClusterSeed
}

/** The writer first: it is the first instance of a cluster that writes. */
function addMembers(moment: Moment, { cluster, seed }: Seeded): void {
  const members = seed.instances ?? [{}]
  const writerFirst = members.toSorted((a, b) => Number(b.writer ?? false) - Number(a.writer ?? false))
  for (const [index, member] of writerFirst.entries())
    addMember(moment, { cluster, position: index + 1, member })
}

interface MemberSeed {
  readonly cluster: ClusterRecord
  readonly position: number
  readonly member: InstanceSeed
}

function addMember(moment: Moment, { cluster, position, member }: MemberSeed): void {
  const identifier = parseIdentifier(
    'DBInstanceIdentifier',
    member.identifier ?? `${cluster.identifier}-${position}`,
  )
  if (findInstance(moment, identifier) !== undefined)
    throw new Error(`There is an instance ${identifier} already.`)
  const isCreating = clusterStatus(moment, cluster) === 'creating'
  addInstance(moment, {
    ...newInstanceIdentity(moment, identifier),
    createdAt: cluster.createdAt,
    engine: cluster.engine,
    instanceClass: member.instanceClass ?? 'db.r6g.large',
    clusterResourceId: cluster.resourceId,
    parameterGroup: member.parameterGroup ?? defaultParameterGroup(cluster),
    promotionTier: 1,
    publiclyAccessible: member.publiclyAccessible ?? false,
    autoMinorVersionUpgrade: true,
    performanceInsights: false,
    monitoringInterval: 0,
    availabilityZone: cluster.availabilityZones[(position - 1) % 3] ?? `${moment.state.name}a`,
    tags: member.tags ?? {},
    creation: instanceCreation(moment),
    later: isCreating ? [] : [{ from: cluster.createdAt, status: 'available' }],
  })
}
