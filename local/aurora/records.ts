import type { Timeline } from './timeline.ts'

// What one Region holds. Records are never changed, only replaced, so that keeping an old map is a snapshot.

export type Tags = Readonly<Record<string, string>>

/** What stood in place of the tags until they were written. */
export interface FormerTags {
  readonly tags: Tags
  readonly until: number
}

export interface ServerlessV2Range {
  readonly minCapacity: number
  readonly maxCapacity: number
  readonly secondsUntilAutoPause?: number
}

export interface ManagedSecret {
  readonly arn: string
  readonly kmsKeyId: string
  readonly requestedAt: number
  /** When its password was last changed on request. */
  readonly rotatedAt?: number
  /** Somebody has deleted it, and RDS does not know. */
  readonly isDeleted?: boolean
}

/** A password of the master user, and since when it counts. */
export interface MasterPassword {
  readonly password: string
  readonly from: number
}

/** A moment of a cluster with Backtrack whose data are kept. */
export interface MarkedMoment {
  readonly at: number
  /** Which data they are; after a backtrack a cluster has those of an earlier moment. */
  readonly data: number
  /** The one that opens the database with these data. */
  readonly masterPassword: string
}

export interface Backtrack {
  readonly identifier: string
  readonly requestedAt: number
  readonly requestedTo: number
  /** Until then it is pending. */
  readonly startsAt: number
  readonly endsAt: number
  readonly fails: boolean
  /** The nearest moment. */
  readonly moment: MarkedMoment
}

/** How a cluster's storage came to be. AWS does not tell a silent full copy from a clone; a test may ask. */
export type Copy = 'original' | 'copy-on-write' | 'full-copy'

export interface ClusterRecord {
  readonly identifier: string
  readonly arn: string
  readonly resourceId: string
  readonly createdAt: number
  readonly engine: string
  readonly engineVersion: string
  readonly port: number
  readonly databaseName?: string
  readonly masterUsername: string
  /** AWS tells nobody; the database server behind the endpoint must know it. */
  readonly masterPassword: string
  /** When it counts; until then the one before does. */
  readonly masterPasswordFrom?: number
  /** Oldest first. */
  readonly formerMasterPasswords?: readonly MasterPassword[]
  readonly availabilityZones: readonly string[]
  readonly storageEncrypted: boolean
  readonly kmsKeyId?: string
  readonly storageType: string
  readonly subnetGroup: string
  readonly vpcSecurityGroupIds: readonly string[]
  /** Those that were in force until the present ones were applied. */
  readonly formerSecurityGroups?: { readonly ids: readonly string[]; readonly until: number }
  readonly parameterGroup: string
  /** Members that are older have not restarted with it yet. */
  readonly parameterGroupChangedAt?: number
  readonly networkType: string
  readonly engineLifecycleSupport: string
  readonly backupRetentionPeriod: number
  readonly preferredBackupWindow: string
  readonly preferredMaintenanceWindow: string
  readonly backtrackWindow: number
  /** Oldest first; only with a window. */
  readonly markedMoments?: readonly MarkedMoment[]
  /** Oldest first. */
  readonly backtracks?: readonly Backtrack[]
  /** Where its LatestRestorableTime has stopped; copies have the data of then. */
  readonly restorableUntil?: number | undefined
  readonly deletionProtection: boolean
  readonly iamDatabaseAuthentication: boolean
  readonly httpEndpointEnabled: boolean
  readonly internetAccessGateway: boolean
  readonly copyTagsToSnapshot: boolean
  readonly logExports: readonly string[]
  readonly serverlessV2?: ServerlessV2Range
  readonly managedSecret?: ManagedSecret | undefined
  readonly tags: Tags
  /** Oldest first: access control may see a change late. */
  readonly formerTags?: readonly FormerTags[]
  readonly copy: Copy
  /** Resource id of what it was copied from. */
  readonly copiedFrom?: string
  /** Resource id of the cluster whose pages it shares, over all generations; its own where it shares none. */
  readonly family: string
  readonly cloneGroupId?: string
  readonly timeline: Timeline
  readonly deletionRequestedAt?: number
  /** At 0 ACUs, until somebody asks; Infinity until then. */
  readonly pausedUntil?: number
  readonly automaticRestartAt?: number
  readonly renamed?: { readonly from: string; readonly at: number }
}

export interface InstanceRecord {
  readonly identifier: string
  readonly arn: string
  readonly resourceId: string
  readonly createdAt: number
  readonly engine: string
  readonly instanceClass: string
  /** Of the cluster; what stands outside any cluster has none. */
  readonly clusterResourceId?: string
  readonly parameterGroup: string
  readonly promotionTier: number
  readonly publiclyAccessible: boolean
  readonly autoMinorVersionUpgrade: boolean
  readonly performanceInsights: boolean
  readonly monitoringInterval: number
  readonly availabilityZone: string
  readonly tags: Tags
  /** Oldest first: access control may see a change late. */
  readonly formerTags?: readonly FormerTags[]
  /** What follows once its cluster is available; the times count from then. */
  readonly creation: Timeline
  /** What happened to it later, in place of what `creation` had in store. */
  readonly later: Timeline
  readonly deletionRequestedAt?: number
}

export interface Subnet {
  readonly identifier: string
  readonly availabilityZone: string
}

export interface SubnetGroup {
  readonly name: string
  readonly description: string
  readonly vpcId: string
  readonly subnets: readonly Subnet[]
  readonly supportedNetworkTypes: readonly string[]
  readonly internetGateway: boolean
}

export interface ParameterGroup {
  readonly name: string
  readonly family: string
  /** Those that somebody has set. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface RegionState {
  readonly accountId: string
  readonly name: string
  /** By resource id, those that are gone included: their events outlive them, and their names can be used again. */
  readonly clusters: Map<string, ClusterRecord>
  readonly instances: Map<string, InstanceRecord>
  readonly subnetGroups: Map<string, SubnetGroup>
  readonly clusterParameterGroups: Map<string, ParameterGroup>
  readonly parameterGroups: Map<string, ParameterGroup>
  /** VPC by security group, for those whose VPC is known. */
  readonly securityGroups: Map<string, string>
}
