import { type Permission, permissionsOf } from '../../local/aurora/access.ts'
import {
  type CreatingRole,
  namedClonePermissions,
  namedClonePreparation,
  pullRequestPermissions,
  pullRequestPreparation,
  sweepPermissions,
} from '../../policies/permissions.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { TAG, ownershipTags } from '../../src/aurora/clone/tags.ts'
import { anIdentity } from '../factories.ts'

/**
 * Calls, and what AWS is to say of them under the roles of repository 4711. The evaluator of the local cloud judges them, and so
 * does a simulator that others wrote.
 */
export interface PolicyCase {
  readonly name: string
  readonly policies: readonly PolicyDocument[]
  readonly permissions: readonly Permission[]
  readonly isAllowed: boolean
}

type Tags = Readonly<Record<string, string>>
type Input = Readonly<Record<string, unknown>>

const REGION = 'eu-west-1'
export const ACCOUNT_ID = '123456789012'
const THEIRS = '999'
const arn = (kind: string, name: string): string => `arn:aws:rds:${REGION}:${ACCOUNT_ID}:${kind}:${name}`

const account = { region: REGION, accountId: ACCOUNT_ID, prefix: 'clone' }
const creating: CreatingRole = {
  ...account,
  repositoryId: '4711',
  sources: ['orders'],
  sourceKeys: ['nightly'],
  instanceClasses: ['db.serverless'],
  kmsKeyIds: ['1234abcd-12ab-34cd-56ef-1234567890ab'],
}
const keys = ['pr-*', 'nightly']
export const ROLES = {
  'pull requests': pullRequestPermissions(creating),
  'nightly clones': namedClonePermissions({ ...creating, sourceKeys: [], cloneKey: 'nightly' }),
  sweep: sweepPermissions({ ...account, repositoryId: '4711', keys }),
  'sweep of the account': sweepPermissions({ ...account, repositoryId: undefined, keys }),
} as const
type Role = keyof typeof ROLES

/** What the roles that create need beside, to prepare their clones. */
export const PREPARATIONS = {
  'pull requests': pullRequestPreparation(creating),
  'nightly clones': namedClonePreparation({ ...creating, cloneKey: 'nightly' }),
} as const

/** What the same role may have beside. */
const EVERYTHING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: ['rds:*'], Resource: ['*'] }],
}

// The clusters that there are. Each has an instance with the tags of its cluster.

const tagsOf = (identifier: string, identity: Parameters<typeof anIdentity>[0] = {}): Tags => ({
  ...ownershipTags(anIdentity(identity), identifier),
  'aurora-clone:expires-at': '2026-11-28T08:30:00.000Z',
})

function without(tags: Tags, key: string): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => name !== key))
}

const HASH = '0123456789abcdef'
const OWN = `clone-pr-42-shop-${HASH}`
const OTHER_PULL_REQUEST = `clone-pr-43-shop-${HASH}`
const NIGHTLY = `clone-nightly-shop-101-${HASH}`
const EARLIER_NIGHTLY = `clone-nightly-shop-100-${HASH}`
const NIGHTLY_2 = `clone-nightly-2-shop-${HASH}`
const THEIRS_OF_A_PULL_REQUEST = `clone-pr-7-loft-${HASH}`
const THEIR_NIGHTLY = `clone-nightly-loft-7-${HASH}`
const PRODUCTION = 'orders-prod-1a2b3c4d'

/** Under the names of clones with a key, but not what the role may touch. */
const misfits = (key: string, otherKey: string): Readonly<Record<string, Tags>> => ({
  [`clone-${key}-by-hand`]: {},
  [`clone-${key}-half-${HASH}`]: without(tagsOf(`clone-${key}-half-${HASH}`, { key }), TAG.version),
  [`clone-${key}-later-${HASH}`]: { ...tagsOf(`clone-${key}-later-${HASH}`, { key }), [TAG.version]: '2' },
  [`clone-${key}-planted-${HASH}`]: tagsOf(`clone-${key}-planted-${HASH}`, { key: otherKey }),
})
const MISFITS = { 'pr-5': misfits('pr-5', 'nightly'), nightly: misfits('nightly', 'pr-5') }

const CLUSTERS: Readonly<Record<string, Tags>> = {
  orders: { Owner: 'anna' },
  [PRODUCTION]: { Owner: 'anna' },
  [OWN]: tagsOf(OWN),
  [OTHER_PULL_REQUEST]: tagsOf(OTHER_PULL_REQUEST, { key: 'pr-43' }),
  [NIGHTLY]: tagsOf(NIGHTLY, { key: 'nightly', generation: '101' }),
  [EARLIER_NIGHTLY]: tagsOf(EARLIER_NIGHTLY, { key: 'nightly', generation: '100' }),
  [NIGHTLY_2]: tagsOf(NIGHTLY_2, { key: 'nightly-2' }),
  [THEIRS_OF_A_PULL_REQUEST]: tagsOf(THEIRS_OF_A_PULL_REQUEST, { key: 'pr-7', repositoryId: THEIRS }),
  [THEIR_NIGHTLY]: tagsOf(THEIR_NIGHTLY, { key: 'nightly', repositoryId: THEIRS, generation: '7' }),
  ...MISFITS['pr-5'],
  ...MISFITS.nightly,
}
const tagsNow = (cluster: string): Tags => CLUSTERS[cluster] ?? {}
const RESOURCES: Readonly<Record<string, Tags>> = Object.fromEntries(
  Object.entries(CLUSTERS).flatMap(([name, tags]) => [
    [arn('cluster', name), tags],
    [arn('db', `${name}-1`), tags],
  ]),
)

// Calls.

interface Call {
  readonly operation: string
  readonly input: Input
}
type Calls = Readonly<Record<string, Call>>

const tagList = (tags: Tags): object =>
  Object.keys(tags).length === 0 ? {} : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }

/** A new clone under this name, as the action asks for one. */
const restore = (identifier: string, tags: Tags, input: Input = {}): Call => ({
  operation: 'RestoreDBClusterToPointInTime',
  input: {
    DBClusterIdentifier: identifier,
    SourceDBClusterIdentifier: 'orders',
    DBSubnetGroupName: 'private',
    DBClusterParameterGroupName: 'orders-pg16',
    OptionGroupName: 'default:aurora-postgresql-16',
    ...tagList(tags),
    ...input,
  },
})

const writer = (cluster: string, tags: Tags, input: Input = {}): Call => ({
  operation: 'CreateDBInstance',
  input: {
    DBInstanceIdentifier: `${cluster}-2`,
    DBClusterIdentifier: cluster,
    DBInstanceClass: 'db.serverless',
    DBParameterGroupName: 'orders-instance',
    OptionGroupName: 'default:aurora-postgresql-16',
    PubliclyAccessible: false,
    ...tagList(tags),
    ...input,
  },
})

const retag = (cluster: string, tags: Tags): Call => ({
  operation: 'AddTagsToResource',
  input: { ResourceName: arn('cluster', cluster), ...tagList(tags) },
})
const retagInstance = (cluster: string, tags: Tags): Call => ({
  operation: 'AddTagsToResource',
  input: { ResourceName: arn('db', `${cluster}-1`), ...tagList(tags) },
})
const untag = (cluster: string, key: string): Call => ({
  operation: 'RemoveTagsFromResource',
  input: { ResourceName: arn('cluster', cluster), TagKeys: [key] },
})
const onCluster = (operation: string, cluster: string): Call => ({
  operation,
  input: { DBClusterIdentifier: cluster },
})
const removals = (...clusters: readonly string[]): Calls =>
  Object.fromEntries(
    clusters.flatMap((cluster) => [
      [`start ${cluster}`, onCluster('StartDBCluster', cluster)],
      [
        `delete the instance of ${cluster}`,
        { operation: 'DeleteDBInstance', input: { DBInstanceIdentifier: `${cluster}-1` } },
      ],
      [`delete ${cluster}`, onCluster('DeleteDBCluster', cluster)],
    ]),
  )

const rewinds = (...clusters: readonly string[]): Calls =>
  Object.fromEntries(
    clusters.flatMap((cluster) => [
      [`take ${cluster} back`, onCluster('BacktrackDBCluster', cluster)],
      [`look how far ${cluster} is back`, onCluster('DescribeDBClusterBacktracks', cluster)],
    ]),
  )

const HELD: Tags = { [TAG.hold]: 'true' }
const LET_GO: Tags = { [TAG.hold]: 'false' }
const EXPIRED: Tags = { [TAG.expiresAt]: '2020-01-01T00:00:00.000Z' }
const EXTENDED: Tags = {
  [TAG.expiresAt]: '2026-12-28T08:30:00.000Z',
  [TAG.label]: 'clone-db',
  [TAG.readyAt]: '2026-11-21T09:00:00.000Z',
  [TAG.sanitised]: 'clean-0a1b',
}

// What the roles are for.

const LOOKS: Calls = {
  'list clusters': { operation: 'DescribeDBClusters', input: {} },
  'read a cluster': onCluster('DescribeDBClusters', 'orders'),
  'list instances': { operation: 'DescribeDBInstances', input: {} },
  'read a subnet group': { operation: 'DescribeDBSubnetGroups', input: { DBSubnetGroupName: 'private' } },
  'read events': { operation: 'DescribeEvents', input: {} },
}

/** Where a role that creates stands: a clone that it made, and the next one that it makes. */
interface Standpoint {
  readonly own: string
  readonly next: string
  readonly nextTags: Tags
  /** A key that is not its own. */
  readonly otherKey: string
  /** A clone of its repository that it did not make, nor may clone. */
  readonly sibling: string
}

const PULL_REQUESTS: Standpoint = {
  own: OWN,
  next: `clone-pr-44-shop-${HASH}`,
  nextTags: tagsOf(`clone-pr-44-shop-${HASH}`, { key: 'pr-44' }),
  otherKey: 'nightly',
  sibling: OTHER_PULL_REQUEST,
}
const NIGHTS: Standpoint = {
  own: NIGHTLY,
  next: `clone-nightly-shop-102-${HASH}`,
  nextTags: tagsOf(`clone-nightly-shop-102-${HASH}`, { key: 'nightly', generation: '102' }),
  otherKey: 'pr-42',
  sibling: EARLIER_NIGHTLY,
}

const life = ({ own, next, nextTags }: Standpoint): Calls => ({
  ...LOOKS,
  'clone the source': restore(next, nextTags),
  'clone the source, with a tag of the user’s': restore(next, { ...nextTags, Team: 'payments' }),
  'make the writer': writer(own, tagsNow(own)),
  'read what the team has set': {
    operation: 'DescribeDBClusterParameters',
    input: { DBClusterParameterGroupName: 'tuned', Source: 'user' },
  },
  'extend a clone': retag(own, EXTENDED),
  'hold a clone': retag(own, HELD),
  'let a clone go': retag(own, LET_GO),
  ...rewinds(own),
  ...removals(own),
})

const ALLOWED: Readonly<Record<Role, Calls>> = {
  'pull requests': {
    ...life(PULL_REQUESTS),
    'clone the nightly clone': restore(PULL_REQUESTS.next, PULL_REQUESTS.nextTags, {
      SourceDBClusterIdentifier: NIGHTLY,
    }),
  },
  'nightly clones': life(NIGHTS),
  sweep: { ...LOOKS, ...removals(OWN, NIGHTLY) },
  'sweep of the account': { ...LOOKS, ...removals(OWN, NIGHTLY, THEIRS_OF_A_PULL_REQUEST, THEIR_NIGHTLY) },
}

// What they must never do.

/** Clones of another repository, and names that it will use. */
function theirs({ own, next, nextTags }: Standpoint): Calls {
  const clones = [THEIRS_OF_A_PULL_REQUEST, THEIR_NIGHTLY]
  return {
    ...rewinds(...clones),
    ...removals(...clones),
    ...Object.fromEntries(
      clones.flatMap((clone) => [
        [`steal ${clone} by its repository`, retag(clone, { [TAG.repositoryId]: '4711' })],
        [
          `steal ${clone} by all of its tags`,
          retag(clone, { ...tagsNow(clone), [TAG.repositoryId]: '4711' }),
        ],
        [`steal ${clone} by tags of one's own`, retag(clone, tagsNow(own))],
        [
          `steal the instance of ${clone}`,
          retagInstance(clone, { ...tagsNow(clone), [TAG.repositoryId]: '4711' }),
        ],
        [`take the hold off ${clone}`, retag(clone, LET_GO)],
        [`end the time of ${clone}`, retag(clone, EXPIRED)],
        [`clone ${clone}`, restore(next, nextTags, { SourceDBClusterIdentifier: clone })],
        [
          `clone ${clone} by saying so`,
          restore(
            next,
            { ...tagsNow(clone), [TAG.repositoryId]: '4711' },
            { SourceDBClusterIdentifier: clone },
          ),
        ],
        [`put a public instance into ${clone}`, writer(clone, tagsNow(own), { PubliclyAccessible: true })],
        [
          `put an instance with another name into ${clone}`,
          writer(clone, tagsNow(own), { DBInstanceIdentifier: `${own}-2` }),
        ],
      ]),
    ),
    'take their next name, with their tags': restore(next, { ...nextTags, [TAG.repositoryId]: THEIRS }),
  }
}

function identityRewritten({ own, otherKey }: Standpoint): Calls {
  return Object.fromEntries(
    Object.entries(ownershipTags(anIdentity(), OWN)).flatMap(([key]) => {
      const tag = { [key]: key === TAG.key ? otherKey : `${tagsNow(own)[key] ?? ''}0` }
      return [
        [`rewrite ${key}`, retag(own, tag)],
        [`rewrite ${key} among all tags`, retag(own, { ...tagsNow(own), ...tag })],
        [`rewrite ${key} of the instance`, retagInstance(own, { ...tagsNow(own), ...tag })],
      ]
    }),
  )
}

function unlikeAClone({ own, next, nextTags, otherKey, sibling }: Standpoint): Calls {
  const needed = [TAG.version, TAG.repositoryId, TAG.key]
  return {
    'restore without tags': restore(next, {}),
    'make a writer without tags': writer(own, {}),
    ...Object.fromEntries(
      needed.flatMap((key) => [
        [`restore without ${key}`, restore(next, without(nextTags, key))],
        [`make a writer without ${key}`, writer(own, without(tagsNow(own), key))],
      ]),
    ),
    'restore with another key': restore(next, { ...nextTags, [TAG.key]: otherKey }),
    'restore for another repository': restore(next, { ...nextTags, [TAG.repositoryId]: THEIRS }),
    'restore with another version': restore(next, { ...nextTags, [TAG.version]: '2' }),
    'make a writer with another key': writer(own, { ...tagsNow(own), [TAG.key]: otherKey }),
    'make a writer for another repository': writer(own, { ...tagsNow(own), [TAG.repositoryId]: THEIRS }),
    'restore under another name': restore('orders-copy', nextTags),
    'restore another source': restore(next, nextTags, { SourceDBClusterIdentifier: PRODUCTION }),
    'restore another clone': restore(next, nextTags, { SourceDBClusterIdentifier: sibling }),
    'restore a backup': {
      operation: 'RestoreDBClusterToPointInTime',
      input: {
        DBClusterIdentifier: next,
        SourceDbClusterResourceId: 'cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        ...tagList(nextTags),
      },
    },
    'make a writer of a large class': writer(own, tagsNow(own), { DBInstanceClass: 'db.r6i.32xlarge' }),
    'make a public writer': writer(own, tagsNow(own), { PubliclyAccessible: true }),
    'make a writer that AWS may make public': writer(own, tagsNow(own), { PubliclyAccessible: undefined }),
    'make an instance under another name': writer(own, tagsNow(own), { DBInstanceIdentifier: 'reports' }),
    'make an instance outside of clusters': {
      operation: 'CreateDBInstance',
      input: {
        DBInstanceIdentifier: `${own}-2`,
        DBInstanceClass: 'db.r6i.32xlarge',
        Engine: 'oracle-ee',
        PubliclyAccessible: true,
      },
    },
    'take a tag off': untag(own, TAG.hold),
    'tag with a tag of another tool': retag(own, { 'aws-backup': 'daily' }),
    'tag with nothing': retag(own, {}),
    'delete with a final snapshot': {
      operation: 'DeleteDBClusterSnapshot',
      input: { ResourceName: arn('cluster-snapshot', 'before-christmas') },
    },
  }
}

/** What stands under the names of a role's clones and is none of them. */
function misfitsOf({ own }: Standpoint, key: keyof typeof MISFITS): Calls {
  const names = Object.keys(MISFITS[key])
  return {
    ...rewinds(...names),
    ...removals(...names),
    ...Object.fromEntries(
      names.flatMap((name) => [
        [`extend ${name}`, retag(name, EXTENDED)],
        [`put an instance into ${name}`, writer(name, tagsNow(own))],
      ]),
    ),
    ...Object.fromEntries(
      names
        .filter((name) => Object.hasOwn(tagsNow(name), TAG.version))
        .map((name) => [
          `make ${name} its own`,
          retag(name, { ...tagsNow(name), [TAG.version]: '1', [TAG.key]: key }),
        ]),
    ),
  }
}

/** Of clusters that no clone may be: every role must leave them alone. */
const unreachable = (cluster: string): Calls => ({
  ...removals(cluster),
  [`tag ${cluster} as a clone`]: retag(cluster, tagsOf(cluster)),
  [`tag the instance of ${cluster}`]: retagInstance(cluster, tagsOf(cluster)),
  [`hold ${cluster}`]: retag(cluster, HELD),
  [`put an instance into ${cluster}`]: writer(cluster, tagsNow(OWN)),
  [`put a writer of ${OWN} into ${cluster}`]: writer(cluster, tagsNow(OWN), {
    DBInstanceIdentifier: `${OWN}-1`,
  }),
  [`modify ${cluster}`]: onCluster('ModifyDBCluster', cluster),
  [`stop ${cluster}`]: onCluster('StopDBCluster', cluster),
  [`take a tag off ${cluster}`]: untag(cluster, 'Owner'),
})
const FOREIGN: Calls = { ...unreachable('orders'), ...unreachable(PRODUCTION) }

const atNight: Calls = {
  ...removals(NIGHTLY),
  'let a nightly clone go': retag(NIGHTLY, LET_GO),
  'extend a nightly clone': retag(NIGHTLY, EXTENDED),
  'join a nightly clone': writer(NIGHTLY, tagsNow(NIGHTLY)),
  'make a nightly clone': restore(NIGHTS.next, NIGHTS.nextTags),
  'plant a nightly clone under the name of pull request 42': restore(
    `clone-pr-42-evil1-${HASH}`,
    tagsOf(`clone-pr-42-evil1-${HASH}`, { key: 'nightly', generation: '999' }),
  ),
  'clone a named clone of another key': restore(PULL_REQUESTS.next, PULL_REQUESTS.nextTags, {
    SourceDBClusterIdentifier: NIGHTLY_2,
  }),
  'clone what stands under the name of a nightly clone': restore(PULL_REQUESTS.next, PULL_REQUESTS.nextTags, {
    SourceDBClusterIdentifier: `clone-nightly-half-${HASH}`,
  }),
}

const byDay: Calls = {
  ...removals(OWN, NIGHTLY_2),
  'tag a clone of a pull request': retag(OWN, HELD),
  'tag a clone of the key nightly-2': retag(NIGHTLY_2, HELD),
  'join a clone of the key nightly-2': writer(NIGHTLY_2, tagsNow(NIGHTLY)),
  'make a clone of a pull request': restore(PULL_REQUESTS.next, PULL_REQUESTS.nextTags),
  'make a clone of the key nightly-2': restore(
    `clone-nightly-2-shop-1-${HASH}`,
    tagsOf(`clone-nightly-2-shop-1-${HASH}`, { key: 'nightly-2' }),
  ),
}

const beyondASweep: Calls = {
  'make a clone': restore(PULL_REQUESTS.next, PULL_REQUESTS.nextTags),
  'make a writer': writer(OWN, tagsNow(OWN)),
  'tag a clone': retag(OWN, EXPIRED),
  'tag what has no tags': retag('clone-pr-5-by-hand', tagsOf('clone-pr-5-by-hand')),
  ...removals(NIGHTLY_2, 'clone-pr-5-by-hand', `clone-pr-5-half-${HASH}`, `clone-pr-5-later-${HASH}`),
}

const DENIED: Readonly<Record<Role, Calls>> = {
  'pull requests': {
    ...theirs(PULL_REQUESTS),
    ...identityRewritten(PULL_REQUESTS),
    ...unlikeAClone(PULL_REQUESTS),
    ...misfitsOf(PULL_REQUESTS, 'pr-5'),
    ...atNight,
    ...FOREIGN,
  },
  'nightly clones': {
    ...theirs(NIGHTS),
    ...identityRewritten(NIGHTS),
    ...unlikeAClone(NIGHTS),
    ...misfitsOf(NIGHTS, 'nightly'),
    ...byDay,
    ...FOREIGN,
  },
  sweep: { ...removals(THEIRS_OF_A_PULL_REQUEST, THEIR_NIGHTLY), ...beyondASweep, ...FOREIGN },
  'sweep of the account': { ...beyondASweep, ...FOREIGN },
}

// The cases.

/** What only AWS knows: the verdicts must be the same in all of these. */
const WORLDS = [true, false].flatMap((createSeesItsOwnTags) =>
  [true, false].map((deleteChecksClusterSnapshot) => ({ createSeesItsOwnTags, deleteChecksClusterSnapshot })),
)

/** What AWS may ask for: a call that is the same in several worlds comes once. */
function asked({ operation, input }: Call): readonly (readonly Permission[])[] {
  const lists = WORLDS.map((switches) =>
    permissionsOf(
      { service: 'rds', region: REGION, accountId: ACCOUNT_ID, operation, input },
      { ...switches, tagsOf: (resource) => RESOURCES[resource] ?? {} },
    ),
  )
  return distinct(lists)
}

function distinct(lists: readonly (readonly Permission[])[]): readonly (readonly Permission[])[] {
  return [...new Map(lists.map((list) => [JSON.stringify(list), list])).values()]
}

function allowedCases(role: Role): readonly PolicyCase[] {
  return Object.entries(ALLOWED[role]).flatMap(([name, call]) =>
    asked(call).map((permissions, world) => ({
      name: `${role}: ${name} (${world + 1})`,
      policies: [ROLES[role]],
      permissions,
      isAllowed: true,
    })),
  )
}

/** Denied also if AWS should ask for no right to tag within a create call: what counts is the call itself. */
function deniedCases(role: Role, calls: Calls, more: readonly PolicyDocument[] = []): readonly PolicyCase[] {
  return Object.entries(calls).flatMap(([name, call]) => {
    const lists = asked(call)
    const untagged = lists.map((list) => list.filter(({ action }) => action === `rds:${call.operation}`))
    return distinct([...lists, ...untagged]).map((permissions, world) => ({
      name: `${role}${more.length === 0 ? '' : ' with rds:* beside'}: ${name} (${world + 1})`,
      policies: [ROLES[role], ...more],
      permissions,
      isAllowed: false,
    }))
  })
}

interface Single {
  readonly name: string
  readonly policies: readonly PolicyDocument[]
  readonly action: string
  readonly resource: string
  readonly context?: Tags
  readonly isAllowed: boolean
}

const single = ({ name, policies, action, resource, context = {}, isAllowed }: Single): PolicyCase => ({
  name: `${name}: ${action} on ${resource}`,
  policies,
  permissions: [{ action, resource, context }],
  isAllowed,
})

const roles = Object.keys(ROLES) as Role[]

/** Calls that the local cloud does not have, one for each kind of resource and more for clusters. */
const OUTSIDE: readonly (readonly [action: string, kind: string, name: string])[] = [
  ['rds:AddRoleToDBCluster', 'cluster', 'orders'],
  ['rds:AuthorizeDBSecurityGroupIngress', 'secgrp', 'classic'],
  ['rds:BacktrackDBCluster', 'cluster', 'orders'],
  ['rds:CopyDBClusterSnapshot', 'cluster-snapshot', 'before-christmas'],
  ['rds:CreateDBClusterEndpoint', 'cluster', PRODUCTION],
  ['rds:CreateDBClusterSnapshot', 'cluster', 'orders'],
  ['rds:CreateGlobalCluster', 'cluster', PRODUCTION],
  ['rds:DeleteDBClusterAutomatedBackup', 'cluster-auto-backup', 'ab-1234'],
  ['rds:DeleteDBClusterParameterGroup', 'cluster-pg', 'orders-pg16'],
  ['rds:DeleteDBClusterSnapshot', 'cluster-snapshot', 'before-christmas'],
  ['rds:DeleteDBSubnetGroup', 'subgrp', 'private'],
  ['rds:EnableHttpEndpoint', 'cluster', 'orders'],
  ['rds:FailoverDBCluster', 'cluster', 'orders'],
  ['rds:ModifyDBClusterParameterGroup', 'cluster-pg', 'orders-pg16'],
  ['rds:ModifyDBClusterSnapshotAttribute', 'cluster-snapshot', 'before-christmas'],
  ['rds:ModifyDBInstance', 'db', 'orders-1'],
  ['rds:ModifyDBParameterGroup', 'pg', 'orders-instance'],
  ['rds:ModifyOptionGroup', 'og', 'orders-options'],
  ['rds:ModifyDBSubnetGroup', 'subgrp', 'private'],
  ['rds:PromoteReadReplicaDBCluster', 'cluster', PRODUCTION],
  ['rds:RebootDBCluster', 'cluster', 'orders'],
  ['rds:RebootDBInstance', 'db', `${PRODUCTION}-1`],
  ['rds:RemoveRoleFromDBCluster', 'cluster', 'orders'],
  ['rds:RestoreDBClusterFromSnapshot', 'cluster-snapshot', 'before-christmas'],
  ['rds:StartActivityStream', 'cluster', 'orders'],
  ['rds:StartExportTask', 'cluster', 'orders'],
  ['rds:StopDBInstance', 'db', 'orders-1'],
]

/** Every resource that AWS's reference lists for a create call, whether the call names it or not. */
const GROUPS: readonly (readonly [action: string, kinds: readonly string[]])[] = [
  ['rds:RestoreDBClusterToPointInTime', ['cluster-pg', 'og', 'subgrp']],
  ['rds:CreateDBInstance', ['og', 'pg', 'secgrp', 'subgrp']],
]

const READS_BESIDE: readonly (readonly [action: string, kind: string])[] = [
  ['rds:DescribeDBClusterParameters', 'cluster-pg'],
  ['rds:DescribeDBClusterSnapshots', 'cluster-snapshot'],
  ['rds:DescribeDBClusters', 'cluster'],
  ['rds:ListTagsForResource', 'cluster'],
  ['rds:ListTagsForResource', 'cluster-snapshot'],
  ['rds:ListTagsForResource', 'pg'],
]

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const OTHER_KEY = KEY.replace('1234abcd', '9999abcd')
const THROUGH_RDS = { 'kms:ViaService': `rds.${REGION}.amazonaws.com` }
const KEY_ACTIONS = ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey']
const CREATING = ['pull requests', 'nightly clones'] as const

const changes = (cluster: string): Calls => ({
  [`give ${cluster} a password of its own`]: {
    operation: 'ModifyDBCluster',
    input: { DBClusterIdentifier: cluster, ManageMasterUserPassword: true },
  },
  [`move ${cluster}`]: {
    operation: 'ModifyDBCluster',
    input: { DBClusterIdentifier: cluster, VpcSecurityGroupIds: ['sg-0a'] },
  },
  ...Object.fromEntries(
    ['EnableHttpEndpoint', 'DisableHttpEndpoint'].map((operation) => [
      `${operation} of ${cluster}`,
      { operation, input: { ResourceArn: arn('cluster', cluster) } },
    ]),
  ),
})

const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:rds!cluster-1f2e-AbCdEf`
const OTHER_SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:mail-AbCdEf`

function preparationCases(role: (typeof CREATING)[number]): readonly PolicyCase[] {
  const { own } = role === 'pull requests' ? PULL_REQUESTS : NIGHTS
  const others = [
    ...Object.keys(role === 'pull requests' ? MISFITS['pr-5'] : MISFITS.nightly),
    role === 'pull requests' ? NIGHTLY : OWN,
    THEIRS_OF_A_PULL_REQUEST,
    THEIR_NIGHTLY,
    'orders',
    PRODUCTION,
  ]
  const policies = [PREPARATIONS[role], ROLES[role]]
  const name = `${role} with preparation`
  const on = (cluster: string, isAllowed: boolean): readonly PolicyCase[] => [
    ...Object.entries(changes(cluster)).flatMap(([what, call]) =>
      asked(call).map((permissions, world) => ({
        name: `${name}: ${what} (${world + 1})`,
        policies,
        permissions,
        isAllowed,
      })),
    ),
    single({
      name,
      policies,
      action: 'rds-data:ExecuteStatement',
      resource: arn('cluster', cluster),
      context: Object.fromEntries(
        Object.entries(tagsNow(cluster)).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
      ),
      isAllowed,
    }),
  ]
  const uses = (what: string, secret: string, of: string | undefined): readonly PolicyCase[] =>
    ['secretsmanager:GetSecretValue', 'secretsmanager:RotateSecret'].map((action) =>
      single({
        name: `${name}, ${what}`,
        policies,
        action,
        resource: secret,
        context:
          of === undefined ? {} : { 'aws:ResourceTag/aws:rds:primaryDBClusterArn': arn('cluster', of) },
        isAllowed: what === 'its own',
      }),
    )
  return [
    ...on(own, true),
    ...others.flatMap((cluster) => on(cluster, false)),
    ...uses('its own', SECRET, own),
    ...uses('the source’s', SECRET, 'orders'),
    ...uses('nobody’s', SECRET, undefined),
    ...uses('one that is not of RDS', OTHER_SECRET, own),
    single({
      name: `${name}, the source’s secret`,
      policies,
      action: 'secretsmanager:TagResource',
      resource: SECRET,
      context: { 'aws:ResourceTag/aws:rds:primaryDBClusterArn': arn('cluster', 'orders') },
      isAllowed: false,
    }),
    ...['CreateSecret', 'TagResource', 'DeleteSecret'].map((operation) =>
      single({
        name: `${name}, not of RDS`,
        policies,
        action: `secretsmanager:${operation}`,
        resource: OTHER_SECRET,
        isAllowed: false,
      }),
    ),
    ...['kms:Decrypt', 'kms:CreateGrant'].map((action) =>
      single({ name, policies, action, resource: OTHER_KEY, isAllowed: false }),
    ),
  ]
}

export const CASES: readonly PolicyCase[] = [
  ...roles.flatMap((role) => allowedCases(role)),
  ...roles.flatMap((role) => deniedCases(role, DENIED[role])),
  ...CREATING.flatMap((role) => preparationCases(role)),
  // With another policy on the role that allows everything, what is no clone stays out of reach.
  ...roles.flatMap((role) => deniedCases(role, FOREIGN, [EVERYTHING])),
  ...deniedCases('pull requests', unreachable(NIGHTLY), [EVERYTHING]),
  ...roles.flatMap((role) =>
    OUTSIDE.flatMap(([action, kind, name]) =>
      [[], [EVERYTHING]].map((more) =>
        single({
          name: `${role}${more.length === 0 ? '' : ' with rds:* beside'}`,
          policies: [ROLES[role], ...more],
          action,
          resource: arn(kind, name),
          isAllowed: false,
        }),
      ),
    ),
  ),
  ...CREATING.flatMap((role) => [
    ...GROUPS.flatMap(([action, kinds]) =>
      kinds.map((kind) =>
        single({ name: role, policies: [ROLES[role]], action, resource: arn(kind, 'any'), isAllowed: true }),
      ),
    ),
    ...KEY_ACTIONS.flatMap((action) => [
      single({
        name: role,
        policies: [ROLES[role]],
        action,
        resource: KEY,
        context: THROUGH_RDS,
        isAllowed: true,
      }),
      single({
        name: `${role}, not through RDS`,
        policies: [ROLES[role]],
        action,
        resource: KEY,
        isAllowed: false,
      }),
      single({
        name: role,
        policies: [ROLES[role]],
        action,
        resource: OTHER_KEY,
        context: THROUGH_RDS,
        isAllowed: false,
      }),
    ]),
  ]),
  ...roles.flatMap((role) =>
    READS_BESIDE.map(([action, kind]) =>
      single({
        name: `${role} with rds:* beside`,
        policies: [ROLES[role], EVERYTHING],
        action,
        resource: arn(kind, 'orders'),
        isAllowed: true,
      }),
    ),
  ),
]

/** Everything that changes something, on a cluster that is no clone, for a role that may otherwise do everything. */
export function writesOutside(operations: readonly string[]): readonly PolicyCase[] {
  return roles.flatMap((role) =>
    operations.map((operation) =>
      single({
        name: `${role} with rds:* beside, whatever AWS has`,
        policies: [ROLES[role], EVERYTHING],
        action: `rds:${operation}`,
        resource: arn('cluster', PRODUCTION),
        isAllowed: false,
      }),
    ),
  )
}
