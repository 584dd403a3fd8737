import { IDENTITY_VERSION } from '../src/aurora/clone/identity.ts'
import { TAG } from '../src/aurora/clone/tags.ts'
import { type Condition, type PolicyDocument, type Statement, every } from './policy-document.ts'

/**
 * What the three roles may do. Every one of them is bound twice: to the names of its clones, `<prefix>-<key>-*`, and to their
 * tags. A create call must set the tags of this repository and of a key that fits; any other call must find them there.
 *
 * There are three roles, because three kinds of runs deserve different trust. A pull request brings its own workflow file along,
 * so its role reaches clones of pull requests alone. Named clones may be in use by a whole team: their role belongs to the default
 * branch. So does the sweep's, which reaches all clones of the repository, but can create, tag and read nothing.
 *
 * Two things about tags are known to AWS alone. Both answers are allowed for:
 *
 * - Whether a create call already counts its own tags as those of the resource. `isNewOrTheSame` takes none, or equal ones.
 * - How soon the tags of a new resource count. Until then the calls after the restore are denied, and the action tries again.
 */
export interface Account {
  readonly region: string
  readonly accountId: string
  /** `identifier-prefix` of the clones. */
  readonly prefix: string
}

export interface CreatingRole extends Account {
  readonly repositoryId: string
  /** Clusters that may be cloned, by identifier. */
  readonly sources: readonly string[]
  /** Keys of `source-key`: named clones of this repository that may be cloned. */
  readonly sourceKeys: readonly string[]
  /**
   * Named clones are cloned only if they were sanitised and published. Their backups go further back, and no condition limits the time
   * of a restore: only the action refuses that.
   */
  readonly onlyClean?: boolean
  /** Classes that a clone's writer may have. */
  readonly instanceClasses: readonly string[]
  /** Keys that encrypt a source, unless it is `aws/rds`. */
  readonly kmsKeyIds: readonly string[]
}

export interface SweepingRole extends Account {
  /** Keys of the clones that it may delete: `pr-*` for pull requests, and every `clone-key`. */
  readonly keys: readonly string[]
  /** `undefined` for `scope: account`: clones of every repository. */
  readonly repositoryId: string | undefined
}

/** Keys of pull requests: a clone-key never begins so. */
export const PULL_REQUEST_KEYS = 'pr-*'

/** The tags that say whose clone it is. They are written once, by the call that creates. */
export const IDENTITY_TAGS: readonly string[] = [
  TAG.version,
  TAG.cluster,
  TAG.server,
  TAG.repositoryId,
  TAG.prefix,
  TAG.key,
  TAG.name,
  TAG.generation,
  TAG.incarnation,
]

/** The tags that a later run may write on a clone. */
export const LATER_TAGS: readonly string[] = [
  TAG.expiresAt,
  TAG.handedOutAt,
  TAG.hold,
  TAG.instanceClass,
  TAG.label,
  TAG.parameterGroup,
  TAG.readyAt,
  TAG.resets,
  TAG.resetting,
  TAG.sanitised,
]

/** Of pull requests: creates and deletes clones with a key such as `pr-42`. */
export function pullRequestPermissions(role: CreatingRole): PolicyDocument {
  return creatingPermissions(role, PULL_REQUEST_KEYS)
}

/** Of named clones: creates and deletes clones with this one `clone-key`. */
export function namedClonePermissions(role: CreatingRole & { readonly cloneKey: string }): PolicyDocument {
  return creatingPermissions(role, role.cloneKey)
}

/** For a role that prepares its clones before they are published, beside the permissions above. */
export function pullRequestPreparation(role: PreparingRole): PolicyDocument {
  return preparation(role, PULL_REQUEST_KEYS)
}

export function namedClonePreparation(role: PreparingRole & { readonly cloneKey: string }): PolicyDocument {
  return preparation(role, role.cloneKey)
}

export type PreparingRole = Account & Pick<CreatingRole, 'repositoryId'>

/** Of the sweep: deletes clones with these keys, and creates none. */
export function sweepPermissions(role: SweepingRole): PolicyDocument {
  const clones = role.keys.flatMap((key) => clonesWith(role, key))
  return policy([
    LOOK,
    ...deletions({ role, clones, isOwn: resourceIsOwned(role.repositoryId, role.keys) }),
    harmNothingElse([...clones, snapshots(role)]),
    leaveSnapshotsAlone(role),
  ])
}

function creatingPermissions(role: CreatingRole, key: string): PolicyDocument {
  const { repositoryId, sourceKeys } = role
  const clones = clonesWith(role, key)
  const [clusters, instances] = clones
  const sources = role.sources.map((name) => arn(role, 'cluster', name))
  const namedSources = sourceKeys.map((sourceKey) => clonesWith(role, sourceKey)[0])
  const groups = GROUPS.map((kind) => arn(role, kind, '*'))
  const isOwn = resourceIsOwned(repositoryId, [key])
  return policy([
    LOOK,
    // AWS asks for a restore on the source, on the clone and on each group (service authorization reference, Amazon RDS).
    ...(sources.length === 0 ? [] : [allow('CloneSources', { actions: [RESTORE], resources: sources })]),
    ...(namedSources.length === 0
      ? []
      : [
          // Of the own key, so that no clone with another can be made: AWS asks for a restore on both clusters.
          allow('CloneNamedClones', {
            actions: [RESTORE],
            resources: namedSources,
            condition: every(
              requestHasKey(key),
              resourceIsOwned(repositoryId, sourceKeys),
              role.onlyClean === true ? isCleanAndPublished : {},
            ),
          }),
        ]),
    // Tags in a create call need AddTagsToResource on what is created (Aurora user guide, USER_Tagging).
    allow('CreateClones', {
      actions: [RESTORE, TAG_RESOURCE],
      resources: clones,
      condition: every(requestIsOwned(repositoryId, key), isNewOrTheSame),
    }),
    allow('CreateTheWriter', {
      actions: [CREATE_INSTANCE],
      resources: [instances],
      condition: every(requestIsOwned(repositoryId, key), {
        StringEquals: { 'rds:DatabaseClass': role.instanceClasses },
        Bool: { 'rds:PubliclyAccessible': 'false' },
      }),
    }),
    allow('JoinTheClone', { actions: [CREATE_INSTANCE], resources: [clusters], condition: isOwn }),
    allow('UseGroups', { actions: [RESTORE, CREATE_INSTANCE], resources: groups }),
    // Whether an idle clone pauses; without it, nothing is said of that.
    allow('ReadParameters', {
      actions: ['rds:DescribeDBClusterParameters'],
      resources: [arn(role, 'cluster-pg', '*')],
    }),
    allow('ExtendClones', {
      actions: [TAG_RESOURCE],
      resources: [clusters],
      condition: every(isOwn, tagKeysAreAmong(LATER_TAGS)),
    }),
    // AWS offers it only on Aurora MySQL, to clones that were made with a backtrack window.
    allow('RewindClones', {
      actions: ['rds:BacktrackDBCluster', 'rds:DescribeDBClusterBacktracks'],
      resources: [clusters],
      condition: isOwn,
    }),
    ...deletions({ role, clones, isOwn }),
    harmNothingElse([...clones, ...sources, ...namedSources, ...groups, snapshots(role)]),
    deny('OnlyCloneSources', { NotAction: [...READS, RESTORE], Resource: [...sources, ...namedSources] }),
    deny('OnlyUseGroups', { NotAction: [...READS, RESTORE, CREATE_INSTANCE], Resource: groups }),
    leaveSnapshotsAlone(role),
    ...(role.kmsKeyIds.length === 0 ? [] : [encryptedSources(role)]),
  ])
}

const RESTORE = 'rds:RestoreDBClusterToPointInTime'
const CREATE_INSTANCE = 'rds:CreateDBInstance'
const TAG_RESOURCE = 'rds:AddTagsToResource'
const DELETE_CLUSTER = 'rds:DeleteDBCluster'

const READS = ['rds:Describe*', 'rds:List*']

/** Every verb of Amazon RDS that changes something: `rds:*` would deny reading as well, and `NotAction` every other service. */
export const WRITES: readonly string[] = [
  'Add',
  'Apply',
  'Authorize',
  'Backtrack',
  'Cancel',
  'Copy',
  'Create',
  'CrossRegionCommunication',
  'Delete',
  'Deregister',
  'Disable',
  'Enable',
  'Failover',
  'Modify',
  'Promote',
  'Purchase',
  'Reboot',
  'Register',
  'Remove',
  'Reset',
  'Restore',
  'Revoke',
  'Start',
  'Stop',
  'Switchover',
].map((verb) => `rds:${verb}*`)

/** What a restore or a new instance may use: parameter, option, subnet and security groups. */
const GROUPS = ['cluster-pg', 'og', 'pg', 'secgrp', 'subgrp'] as const

const LOOK: Statement = allow('Look', {
  actions: [
    'rds:DescribeDBClusters',
    'rds:DescribeDBInstances',
    'rds:DescribeDBSubnetGroups',
    'rds:DescribeEvents',
  ],
  resources: ['*'],
})

/** RDS makes the secret with the rights of the role (Aurora user guide, rds-secrets-manager). */
function preparation(role: PreparingRole, key: string): PolicyDocument {
  const { region, accountId, repositoryId } = role
  const [clusters] = clonesWith(role, key)
  const secrets = `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!cluster-*`
  return policy([
    allow('PrepareClones', {
      actions: [
        'rds:ModifyDBCluster',
        'rds:EnableHttpEndpoint',
        'rds:DisableHttpEndpoint',
        'rds-data:ExecuteStatement',
      ],
      resources: [clusters],
      condition: resourceIsOwned(repositoryId, [key]),
    }),
    allow('MakeSecrets', {
      actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
      resources: [secrets],
      // A secret that there is already belongs to a clone.
      condition: { StringLikeIfExists: { [resourceTag('aws:rds:primaryDBClusterArn')]: [clusters] } },
    }),
    allow('KeyOfSecrets', {
      actions: ['kms:DescribeKey'],
      resources: [`arn:aws:kms:${region}:${accountId}:key/*`],
    }),
    // RDS tags its secrets with their cluster, and rotates them with the rights of the role.
    allow('ReadSecrets', {
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:RotateSecret'],
      resources: [secrets],
      condition: { StringLike: { [resourceTag('aws:rds:primaryDBClusterArn')]: [clusters] } },
    }),
  ])
}

interface Deletions {
  readonly role: Account
  readonly clones: readonly string[]
  readonly isOwn: Condition
}

function deletions({ role, clones, isOwn }: Deletions): readonly Statement[] {
  return [
    // AWS does not delete a stopped cluster: it is started first.
    allow('StartAndDeleteClones', {
      actions: ['rds:StartDBCluster', 'rds:DeleteDBInstance', DELETE_CLUSTER],
      resources: clones,
      condition: isOwn,
    }),
    // The service authorization reference names a snapshot among the resources of this action. It deletes none.
    allow('DeleteClonesWithoutSnapshot', { actions: [DELETE_CLUSTER], resources: [snapshots(role)] }),
  ]
}

/** For roles that have other policies, too: none of them can make this role write outside of its clones. */
function harmNothingElse(reachable: readonly string[]): Statement {
  return deny('HarmNothingElse', { Action: WRITES, NotResource: reachable })
}

function leaveSnapshotsAlone(role: Account): Statement {
  return deny('LeaveSnapshotsAlone', { NotAction: [...READS, DELETE_CLUSTER], Resource: [snapshots(role)] })
}

function encryptedSources({ region, accountId, kmsKeyIds }: CreatingRole): Statement {
  return allow('EncryptedSource', {
    actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*'],
    resources: kmsKeyIds.map((id) => `arn:aws:kms:${region}:${accountId}:key/${id}`),
    condition: { StringEquals: { 'kms:ViaService': `rds.${region}.amazonaws.com` } },
  })
}

/** Clusters and instances of clones with a key, by their names. */
function clonesWith(role: Account, key: string): readonly [clusters: string, instances: string] {
  const name = key.endsWith('*') ? `${role.prefix}-${key}` : `${role.prefix}-${key}-*`
  return [arn(role, 'cluster', name), arn(role, 'db', name)]
}

function snapshots(role: Account): string {
  return arn(role, 'cluster-snapshot', '*')
}

function arn({ region, accountId }: Account, kind: string, name: string): string {
  return `arn:aws:rds:${region}:${accountId}:${kind}:${name}`
}

function requestIsOwned(repositoryId: string, key: string): Condition {
  return {
    StringEquals: {
      [requestTag(TAG.version)]: IDENTITY_VERSION,
      [requestTag(TAG.repositoryId)]: repositoryId,
    },
    ...requestHasKey(key),
  }
}

/** Only the role of the source's own key can write these tags. */
const isCleanAndPublished: Condition = {
  StringLike: { [resourceTag(TAG.sanitised)]: ['clean-*'] },
  Null: { [resourceTag(TAG.readyAt)]: 'false' },
}

function requestHasKey(key: string): Condition {
  return { StringLike: { [requestTag(TAG.key)]: key } }
}

function resourceIsOwned(repositoryId: string | undefined, keys: readonly string[]): Condition {
  return {
    StringEquals: {
      [resourceTag(TAG.version)]: IDENTITY_VERSION,
      ...(repositoryId === undefined ? {} : { [resourceTag(TAG.repositoryId)]: repositoryId }),
    },
    StringLike: { [resourceTag(TAG.key)]: keys },
  }
}

/** A tag of the identity is written where there is none yet, or again as it is: so it never changes. */
const isNewOrTheSame: Condition = {
  StringEqualsIfExists: Object.fromEntries(
    IDENTITY_TAGS.map((key) => [resourceTag(key), `\${${requestTag(key)}}`]),
  ),
}

/** `ForAllValues` also holds where a request has no keys at all (IAM user guide, multivalued context keys). */
function tagKeysAreAmong(keys: readonly string[]): Condition {
  return { 'ForAllValues:StringEquals': { 'aws:TagKeys': keys }, Null: { 'aws:TagKeys': 'false' } }
}

function requestTag(key: string): string {
  return `aws:RequestTag/${key}`
}

function resourceTag(key: string): string {
  return `aws:ResourceTag/${key}`
}

function policy(statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

interface Permission {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition?: Condition
}

function allow(Sid: string, { actions, resources, condition }: Permission): Statement {
  return {
    Sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  }
}

type Reach = Pick<Statement, 'Action' | 'NotAction' | 'Resource' | 'NotResource'>

function deny(Sid: string, reach: Reach): Statement {
  return { Sid, Effect: 'Deny', ...reach }
}
