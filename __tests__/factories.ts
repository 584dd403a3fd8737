import { createHash } from 'node:crypto'
import type { DBCluster, DBInstance } from '@aws-sdk/client-rds'
import { AwsCallError } from '../src/aurora/api/aws-call.ts'
import type { CloneIdentity } from '../src/aurora/clone/identity.ts'
import type { OwnedClone } from '../src/aurora/clone/ownership.ts'
import { preparationOf } from '../src/aurora/clone/preparation.ts'
import { resetRequestsOf } from '../src/aurora/clone/reset-requests.ts'
import type { CloneShape } from '../src/aurora/clone/shape.ts'
import type { CloneOrder } from '../src/aurora/ready/restore-request.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../src/aurora/api/snapshot.ts'
import type { CloneDetails, CloneName, CloneState, Fate, RemovalReason, Undeleted } from '../src/outcome.ts'
import type { Hold } from '../src/tag-value.ts'

/** Everything here is written out or computed here, never with the code under test: the hashes come from `sha256sum`. */
export const NOW_MS = Date.parse('2026-11-21T10:00:00.000Z')
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The clone of pull request 42 of `acme/shop` (repository 4711 on github.com). */
export const CLONE = 'clone-pr-42-shop-2deea4d997059a7e'
export const CLONE_HASH = '2deea4d997059a7e'
export const WRITER = 'clone-pr-42-shop-2deea4d997059a7e-1'
export const CLONE_ARN = `arn:aws:rds:eu-west-1:123456789012:cluster:${CLONE}`
export const CLONE_RESOURCE_ID = 'cluster-CLONE1'
export const SOURCE_ARN = 'arn:aws:rds:eu-west-1:123456789012:cluster:orders'

export function anIdentity(overrides: Partial<CloneIdentity> = {}): CloneIdentity {
  return {
    server: 'github.com',
    repositoryId: '4711',
    prefix: 'clone',
    key: 'pr-42',
    name: '',
    generation: '',
    incarnation: 1,
    ...overrides,
  }
}

/** The tags of the clone of pull request 42, ready for an hour; `undefined` leaves one out. */
export function someTags(
  overrides: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const tags: Record<string, string | undefined> = {
    ManagedBy: 'aurora-clone-action',
    Ephemeral: 'true',
    Environment: 'PR-42',
    SourceCluster: 'orders',
    'aurora-clone:version': '1',
    'aurora-clone:cluster': CLONE,
    'aurora-clone:server': 'github.com',
    'aurora-clone:repository-id': '4711',
    'aurora-clone:prefix': 'clone',
    'aurora-clone:key': 'pr-42',
    'aurora-clone:name': '-',
    'aurora-clone:generation': '-',
    'aurora-clone:incarnation': '-',
    'aurora-clone:repository': 'acme/shop',
    'aurora-clone:source': 'orders',
    'aurora-clone:source-resource-id': 'cluster-ORDERS',
    'aurora-clone:created-at': '2026-11-21T08:30:00.000Z',
    'aurora-clone:data-as-of': '2026-11-21T08:30:00.000Z',
    'aurora-clone:expires-at': '2026-11-28T08:30:00.000Z',
    'aurora-clone:instance-class': 'db.serverless',
    'aurora-clone:db-parameter-group': 'orders-instance',
    'aurora-clone:ready-at': '2026-11-21T09:00:00.000Z',
    ...overrides,
  }
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}

/** The same before it was ever ready; asked for an hour and a half ago. */
export function unpublishedTags(
  overrides: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  return someTags({ 'aurora-clone:ready-at': undefined, ...overrides })
}

/** Asked for five minutes ago. */
export function newTags(
  overrides: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  return unpublishedTags({ 'aurora-clone:created-at': '2026-11-21T09:55:00.000Z', ...overrides })
}

export const AVAILABLE_MEMBER = {
  identifier: WRITER,
  isWriter: true,
  parameterGroupStatus: 'in-sync',
} as const

export function aCluster(overrides: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return {
    identifier: CLONE,
    arn: CLONE_ARN,
    resourceId: CLONE_RESOURCE_ID,
    status: 'available',
    engine: 'aurora-postgresql',
    engineVersion: '16.6',
    endpoint: `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com`,
    readerEndpoint: `${CLONE}.cluster-ro-abc.eu-west-1.rds.amazonaws.com`,
    port: 5432,
    databaseName: 'shop',
    masterUsername: 'postgres',
    secretArn: undefined,
    secretStatus: undefined,
    isMoving: false,
    hasDataApi: false,
    tags: someTags(),
    members: [AVAILABLE_MEMBER],
    cloneGroupId: 'group-1',
    deletionProtection: false,
    createdAtMs: taggedTime(overrides.tags) ?? Date.parse('2026-11-21T08:30:00.000Z'),
    hasPendingChanges: false,
    isReplica: false,
    isGlobalMember: false,
    subnetGroup: 'private',
    securityGroupIds: ['sg-0123456789abcdef0'],
    parameterGroup: 'orders-cluster',
    networkType: 'IPV4',
    iamAuthentication: false,
    lifecycleSupport: 'open-source-rds-extended-support-disabled',
    isEncrypted: undefined,
    encryption: 'sse-kms',
    kmsKeyId: undefined,
    backtrackWindowSeconds: undefined,
    earliestBacktrackAtMs: undefined,
    storageType: undefined,
    capacity: undefined,
    isInVpc: true,
    isLimitless: false,
    latestRestorableAtMs: undefined,
    ...overrides,
  }
}

/** When AWS made a cluster: when its tag says, unless a test says otherwise. */
function taggedTime(tags: Readonly<Record<string, string>> | undefined): number | undefined {
  return time(tags?.['aurora-clone:created-at'])
}

/** Of whatever else is text, Node would make a time. */
function time(text = ''): number | undefined {
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** The source cluster `orders`: somebody's production, with tags of its own. */
export function aSource(overrides: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return aCluster({
    identifier: 'orders',
    arn: SOURCE_ARN,
    resourceId: 'cluster-ORDERS',
    endpoint: 'orders.cluster-abc.eu-west-1.rds.amazonaws.com',
    readerEndpoint: 'orders.cluster-ro-abc.eu-west-1.rds.amazonaws.com',
    tags: { Team: 'payments' },
    members: [{ identifier: 'orders-a', isWriter: true, parameterGroupStatus: 'in-sync' }],
    deletionProtection: true,
    ...overrides,
  })
}

export function anInstance(overrides: Partial<InstanceSnapshot> = {}): InstanceSnapshot {
  return {
    identifier: WRITER,
    clusterIdentifier: CLONE,
    status: 'available',
    instanceClass: 'db.serverless',
    parameterGroup: 'orders-instance',
    hasPendingChanges: false,
    tags: someTags(),
    ...overrides,
  }
}

/** A clone of any identity: its cluster, with tags and a name that fit; `undefined` leaves a tag out. */
export function anOwnedClone(
  of: Partial<CloneIdentity> = {},
  changed: Readonly<Record<string, string | undefined>> = {},
  overrides: Partial<Omit<ClusterSnapshot, 'tags'>> = {},
): OwnedClone {
  const identity = anIdentity(of)
  const tags = identityTags(identity, changed)
  const identifier = identifierOf(identity)
  const cluster = aCluster({
    identifier,
    resourceId: `cluster-${identifier.slice(-8).toUpperCase()}`,
    members: [{ identifier: `${identifier}-1`, isWriter: true, parameterGroupStatus: 'in-sync' }],
    tags,
    ...overrides,
  })
  return ownedCloneOf(cluster, identity)
}

/** Any cluster as the clone that its tags claim it is. */
export function ownedCloneOf(cluster: ClusterSnapshot, identity: CloneIdentity = anIdentity()): OwnedClone {
  const { tags = {} } = cluster
  const label = tags['aurora-clone:label']
  const [madeAtMs = NOW_MS, taggedAtMs = madeAtMs] = [cluster.createdAtMs, taggedTime(tags)]
  return {
    cluster,
    identity,
    createdAtMs: Math.min(madeAtMs, taggedAtMs),
    hasBeenReady: tags['aurora-clone:ready-at'] !== undefined,
    readyAtMs: time(tags['aurora-clone:ready-at']),
    isHandedOut: ['ready-at', 'handed-out-at'].some((key) => tags[`aurora-clone:${key}`] !== undefined),
    expiresAtMs: time(tags['aurora-clone:expires-at']),
    label: label === 'NONE' ? undefined : label,
    hold: aHold(tags['aurora-clone:hold']),
    hasOwnCredentials: tags['aurora-clone:credentials'] === 'managed',
    preparation: preparationOf(tags['aurora-clone:sanitised']),
    shape: tags['aurora-clone:shape'],
    resets: resetRequestsOf(tags['aurora-clone:resets']),
    resetting: resetRequestsOf(tags['aurora-clone:resetting']),
    resettingToMs: time(/ to-(\S+)$/.exec(tags['aurora-clone:resetting'] ?? '')?.[1]),
    replaces: Number(tags['aurora-clone:replaces'] ?? 0),
    source: {
      name: tags['aurora-clone:source'],
      resourceId: tags['aurora-clone:source-resource-id'],
      key: tags['aurora-clone:source-key'],
    },
    repository: tags['aurora-clone:repository'],
    dataAsOfMs: time(tags['aurora-clone:data-as-of']),
    instanceClass: tags['aurora-clone:instance-class'],
    parameterGroup: tags['aurora-clone:db-parameter-group'],
  }
}

/** What a hold tag asks for: none, one until a time, or one without an end. */
export function aHold(text = 'false'): Hold {
  if (text.toLowerCase() === 'false') return { text, untilMs: -Infinity }
  return { text, untilMs: time(text.length === 10 ? `${text}T00:00:00Z` : text) ?? Infinity }
}

/** The same as AWS describes it. */
export function awsCloneOf(
  of: Partial<CloneIdentity>,
  tags: Readonly<Record<string, string | undefined>> = {},
  overrides: DBCluster = {},
): DBCluster & { readonly DBClusterIdentifier: string } {
  const identity = anIdentity(of)
  const identifier = identifierOf(identity)
  return {
    ...awsCluster({
      DBClusterArn: `arn:aws:rds:eu-west-1:123456789012:cluster:${identifier}`,
      DbClusterResourceId: `cluster-${identifier.slice(-8).toUpperCase()}`,
      DBClusterMembers: [{ DBInstanceIdentifier: `${identifier}-1`, IsClusterWriter: true }],
      TagList: tagList(identityTags(identity, tags)),
      ...overrides,
    }),
    DBClusterIdentifier: identifier,
  }
}

export function identifierOf(identity: CloneIdentity): string {
  const { server, repositoryId, prefix, key, name, generation, incarnation } = identity
  const hashed = ['1', server, repositoryId, prefix, key, name, generation]
  if (incarnation > 1) hashed.push(String(incarnation))
  const hash = createHash('sha256').update(hashed.join('\n'))
  const parts = [prefix, key, 'shop', name, generation, hash.digest('hex').slice(0, 16)]
  return parts.filter((part) => part !== '').join('-')
}

/** The next incarnation of the clone of pull request 42. */
export const NEXT_CLONE = identifierOf(anIdentity({ incarnation: 2 }))

function identityTags(
  identity: CloneIdentity,
  overrides: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  return someTags({
    'aurora-clone:cluster': identifierOf(identity),
    'aurora-clone:server': identity.server,
    'aurora-clone:repository-id': identity.repositoryId,
    'aurora-clone:prefix': identity.prefix,
    'aurora-clone:key': identity.key,
    'aurora-clone:name': identity.name || '-',
    'aurora-clone:generation': identity.generation || '-',
    'aurora-clone:incarnation': identity.incarnation === 1 ? '-' : String(identity.incarnation),
    ...overrides,
  })
}

function tagsIn({ TagList = [] }: DBCluster): Record<string, string> {
  return Object.fromEntries(TagList.map(({ Key = '', Value = '' }) => [Key, Value]))
}

/** A cluster as AWS describes it: the clone of pull request 42, ready. */
export function awsCluster(overrides: DBCluster = {}): DBCluster {
  return {
    DBClusterIdentifier: CLONE,
    DBClusterArn: CLONE_ARN,
    DbClusterResourceId: CLONE_RESOURCE_ID,
    StorageEncryptionType: 'sse-kms',
    Status: 'available',
    Engine: 'aurora-postgresql',
    EngineVersion: '16.6',
    Endpoint: `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com`,
    ReaderEndpoint: `${CLONE}.cluster-ro-abc.eu-west-1.rds.amazonaws.com`,
    Port: 5432,
    DatabaseName: 'shop',
    MasterUsername: 'postgres',
    TagList: tagList(someTags()),
    DBClusterMembers: [
      { DBInstanceIdentifier: WRITER, IsClusterWriter: true, DBClusterParameterGroupStatus: 'in-sync' },
    ],
    CloneGroupId: 'group-1',
    DeletionProtection: false,
    ClusterCreateTime: new Date(taggedTime(tagsIn(overrides)) ?? '2026-11-21T08:30:00.000Z'),
    DBSubnetGroup: 'private',
    VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123456789abcdef0', Status: 'active' }],
    DBClusterParameterGroup: 'orders-cluster',
    NetworkType: 'IPV4',
    IAMDatabaseAuthenticationEnabled: false,
    ...overrides,
  }
}

export function awsSource(overrides: DBCluster = {}): DBCluster {
  return awsCluster({
    DBClusterIdentifier: 'orders',
    DBClusterArn: SOURCE_ARN,
    DbClusterResourceId: 'cluster-ORDERS',
    Endpoint: 'orders.cluster-abc.eu-west-1.rds.amazonaws.com',
    ReaderEndpoint: 'orders.cluster-ro-abc.eu-west-1.rds.amazonaws.com',
    TagList: tagList({ Team: 'payments' }),
    DBClusterMembers: [{ DBInstanceIdentifier: 'orders-a', IsClusterWriter: true }],
    DeletionProtection: true,
    ...overrides,
  })
}

export function awsInstance(overrides: DBInstance = {}): DBInstance {
  return {
    DBInstanceIdentifier: WRITER,
    DBClusterIdentifier: CLONE,
    DBInstanceStatus: 'available',
    DBInstanceClass: 'db.serverless',
    DBParameterGroups: [{ DBParameterGroupName: 'orders-instance', ParameterApplyStatus: 'in-sync' }],
    TagList: tagList(someTags()),
    ...overrides,
  }
}

export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

export function aShape(overrides: Partial<CloneShape> = {}): CloneShape {
  return {
    instanceClass: 'db.serverless',
    minAcu: undefined,
    maxAcu: undefined,
    autoPauseAfterSeconds: undefined,
    subnetGroup: undefined,
    securityGroupIds: undefined,
    clusterParameterGroup: undefined,
    parameterGroup: undefined,
    kmsKeyId: undefined,
    iamAuthentication: undefined,
    backtrackWindowSeconds: undefined,
    restoreToTime: undefined,
    ownCredentials: false,
    isPrepared: false,
    quarantineGroupIds: undefined,
    tags: {},
    ...overrides,
  }
}

export function anOrder(overrides: Partial<CloneOrder> = {}): CloneOrder {
  return {
    identifier: CLONE,
    identity: anIdentity(),
    source: { kind: 'cluster', name: 'orders' },
    sourceName: 'orders',
    repository: 'acme/shop',
    label: undefined,
    hold: undefined,
    shape: aShape(),
    ttlMs: 7 * DAY,
    resets: {},
    replaces: 0,
    createdAtMs: NOW_MS,
    ...overrides,
  }
}

/** Any part of a clone that is reported; what its state calls for is filled in. */
export type ReportOverrides = Partial<CloneName & CloneDetails> & {
  readonly state?: CloneState
  readonly removalReason?: RemovalReason | undefined
  readonly undeleted?: Undeleted
}

export function aReport({
  state = 'ready',
  removalReason,
  undeleted = { because: 'DeleteDBCluster failed', isProtected: false },
  ...overrides
}: ReportOverrides = {}): CloneName & CloneDetails & Fate {
  return {
    ...fateOf(state, removalReason, undeleted),
    standing: 'cluster available, writer available',
    identifier: CLONE,
    identityHash: CLONE_HASH,
    key: 'pr-42',
    pullRequest: 42,
    hasBeenReady: true,
    isQuarantined: false,
    sanitised: undefined,
    sanitising: undefined,
    former: undefined,
    resetLabel: undefined,
    resetProblem: undefined,
    canGoBack: false,
    hasLabel: false,
    name: '',
    arn: CLONE_ARN,
    resourceId: CLONE_RESOURCE_ID,
    instanceIdentifier: WRITER,
    region: 'eu-west-1',
    endpoint: `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com`,
    readerEndpoint: `${CLONE}.cluster-ro-abc.eu-west-1.rds.amazonaws.com`,
    port: 5432,
    engine: 'aurora-postgresql',
    engineVersion: '16.6',
    lifecycleSupport: 'open-source-rds-extended-support-disabled',
    instanceClass: 'db.serverless',
    capacity: undefined,
    pausing: undefined,
    storageType: 'aurora',
    encryption: 'sse-kms',
    databaseName: 'shop',
    masterUsername: 'postgres',
    secretArn: undefined,
    source: 'orders',
    expiresAt: '2026-11-28T08:30:00.000Z',
    heldUntilMs: undefined,
    dataAsOf: '2026-11-21T08:30:00.000Z',
    timeline: { asked: Date.parse('2026-11-21T08:30:00Z'), ready: Date.parse('2026-11-21T09:00:00Z') },
    ...overrides,
  }
}

function fateOf(state: CloneState, removalReason: RemovalReason | undefined, undeleted: Undeleted): Fate {
  switch (state) {
    case 'undeleted':
      return { state, undeleted }
    case 'deleting':
    case 'destroyed':
      return { state, removalReason }
    default:
      return { state }
  }
}

/** A refused call, as the client's middleware hands it on. `httpStatus` undefined: it never got an answer. */
export function fault(
  operation: string,
  code: string,
  options: { readonly message?: string; readonly httpStatus?: number | undefined } = {},
): AwsCallError {
  const { message, httpStatus } = { message: `${code} of AWS`, httpStatus: 400, ...options }
  const answer = Object.assign(new Error(message), {
    name: code,
    $metadata: httpStatus === undefined ? {} : { httpStatusCode: httpStatus, requestId: 'request-1' },
  })
  return new AwsCallError(operation, answer)
}

/** A call that never reached AWS: Node's own error, with its `code`. */
export function nodeFault(operation: string, code: string): AwsCallError {
  return new AwsCallError(operation, Object.assign(new Error(`${code} of Node`), { code }))
}

/** A call that nobody answered. */
export function noAnswer(operation: string): AwsCallError {
  return new AwsCallError(operation, Object.assign(new Error('socket hang up'), { name: 'TimeoutError' }))
}

/** What the inputs of every mode have, as it is by default. */
export const RUN_INPUTS = {
  region: 'eu-west-1',
  waitTimeoutMs: 30 * MINUTE,
  pollIntervalMs: 10_000,
  allowedAccountIds: [],
  comment: true,
  commentDetails: undefined,
  githubToken: '',
} as const

/** What those have that are about the clones of pull request 42. */
export const CLONE_INPUTS = {
  ...RUN_INPUTS,
  owner: { kind: 'pull-request', number: 42 },
  cloneName: '',
  identifierPrefix: 'clone',
} as const
