import { AwsFault } from './aws-fault.ts'
import type { Context, Verdict } from './iam.ts'
import { arnOf, nameOf, parseArn } from './identifiers.ts'
import type { ArnKind } from './identifiers.ts'
import { callerArn } from './operations.ts'
import { liveClusters } from './moment.ts'
import type { Moment } from './moment.ts'
import type { Tags } from './records.ts'
import { tagsForAccess } from './tags.ts'

type Input = Readonly<Record<string, unknown>>

export interface EvaluatedCall {
  readonly service: string
  readonly operation: string
  readonly input: Input
  readonly region: string
  readonly accountId: string
}

/** What access control knows of the Region, and how it behaves where only AWS can tell. */
export interface AccessFacts {
  /** The tags of a resource that count by now. */
  readonly tagsOf: (arn: string) => Tags
  /** A create call counts the tags that it sets as those of the new resource. */
  readonly createSeesItsOwnTags: boolean
  /** DeleteDBCluster is evaluated on a snapshot, too, where none is to be made. */
  readonly deleteChecksClusterSnapshot: boolean
}

/** One permission that IAM looks for, with the condition keys that it has. */
export interface Permission {
  readonly action: string
  readonly resource: string
  readonly context: Context
}

type Member = readonly [member: string, kind: ArnKind]

/** Which members of an input name the resources that its action is evaluated on. [aurora §11.1] */
const RESOURCES: Readonly<Record<string, readonly Member[]>> = {
  BacktrackDBCluster: [['DBClusterIdentifier', 'cluster']],
  RestoreDBClusterToPointInTime: [
    ['DBClusterIdentifier', 'cluster'],
    ['SourceDBClusterIdentifier', 'cluster'],
    ['SourceDbClusterResourceId', 'cluster-auto-backup'],
    ['DBSubnetGroupName', 'subgrp'],
    ['DBClusterParameterGroupName', 'cluster-pg'],
    ['OptionGroupName', 'og'],
  ],
  CreateDBCluster: [
    ['DBClusterIdentifier', 'cluster'],
    ['DBSubnetGroupName', 'subgrp'],
    ['DBClusterParameterGroupName', 'cluster-pg'],
    ['OptionGroupName', 'og'],
  ],
  CreateDBInstance: [
    ['DBInstanceIdentifier', 'db'],
    ['DBClusterIdentifier', 'cluster'],
    ['DBSubnetGroupName', 'subgrp'],
    ['DBParameterGroupName', 'pg'],
    ['OptionGroupName', 'og'],
  ],
  ModifyDBCluster: [
    ['DBClusterIdentifier', 'cluster'],
    ['DBClusterParameterGroupName', 'cluster-pg'],
  ],
  DescribeDBClusterBacktracks: [['DBClusterIdentifier', 'cluster']],
  DescribeDBClusterParameters: [['DBClusterParameterGroupName', 'cluster-pg']],
  DescribeDBClusters: [['DBClusterIdentifier', 'cluster']],
  DescribeDBInstances: [['DBInstanceIdentifier', 'db']],
  DescribeDBSubnetGroups: [['DBSubnetGroupName', 'subgrp']],
  DeleteDBCluster: [
    ['DBClusterIdentifier', 'cluster'],
    ['FinalDBSnapshotIdentifier', 'cluster-snapshot'],
  ],
  DeleteDBInstance: [['DBInstanceIdentifier', 'db']],
  StartDBCluster: [['DBClusterIdentifier', 'cluster']],
  StopDBCluster: [['DBClusterIdentifier', 'cluster']],
}

/** A listing without a name is evaluated on every resource of the kind. */
const LISTED_KIND: Readonly<Record<string, ArnKind>> = {
  DescribeDBClusters: 'cluster',
  DescribeDBInstances: 'db',
  DescribeDBSubnetGroups: 'subgrp',
}

/** What these make is the first of their resources. */
const CREATING: readonly string[] = ['RestoreDBClusterToPointInTime', 'CreateDBCluster', 'CreateDBInstance']

function resourcesOf(
  { operation, input, region, accountId }: EvaluatedCall,
  { deleteChecksClusterSnapshot }: AccessFacts,
): readonly string[] {
  const arn = (kind: ArnKind, name: string): string => arnOf({ region, accountId, kind, name })
  const named = (RESOURCES[operation] ?? []).flatMap(([member, kind]) => {
    const value = input[member]
    if (typeof value !== 'string') return []
    return [parseArn(value) === undefined ? arn(kind, nameOf(value)) : value]
  })
  if (operation === 'DeleteDBCluster' && named.length === 1 && deleteChecksClusterSnapshot)
    return [...named, arn('cluster-snapshot', '*')]
  if (named.length > 0) return named
  const tagged = input['ResourceName'] ?? input['ResourceArn']
  if (typeof tagged === 'string') return [tagged]
  const kind = LISTED_KIND[operation]
  return [kind === undefined ? '*' : arn(kind, '*')]
}

function requestTags({ Tags: tags }: Input): Tags {
  const pairs = Array.isArray(tags)
    ? (tags as readonly { readonly Key?: string; readonly Value?: string }[])
    : []
  return Object.fromEntries(pairs.map(({ Key = '', Value = '' }) => [Key, Value]))
}

function contextOfTags(prefix: 'aws:RequestTag' | 'aws:ResourceTag', tags: Tags): Context {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]))
}

/** Condition keys of the request, whatever the resource. [aurora §11.1] */
function requestContext({ operation, input }: EvaluatedCall): Context {
  const tags = requestTags(input)
  const keys = Array.isArray(input['TagKeys']) ? (input['TagKeys'] as readonly string[]) : Object.keys(tags)
  const isPublic = input['PubliclyAccessible']
  return {
    ...contextOfTags('aws:RequestTag', tags),
    ...(keys.length === 0 ? {} : { 'aws:TagKeys': keys }),
    ...(operation === 'CreateDBInstance' && typeof isPublic === 'boolean'
      ? { 'rds:PubliclyAccessible': String(isPublic) }
      : {}),
  }
}

/** An instance has its class as a condition key. The class of a new one stands in the request. [aurora §11.1] */
function classContext({ operation, input }: EvaluatedCall, resource: string): Context {
  const instanceClass = input['DBInstanceClass']
  const isNew = operation === 'CreateDBInstance' && parseArn(resource)?.kind === 'db'
  return isNew && typeof instanceClass === 'string' ? { 'rds:DatabaseClass': instanceClass } : {}
}

/** Every permission that a call needs, its own action first. Tags in a create call need the right to tag. [aurora §0.18, §11.1] */
export function permissionsOf(call: EvaluatedCall, facts: AccessFacts): readonly Permission[] {
  const { service, operation, input } = call
  const isCreating = CREATING.includes(operation)
  const resources = resourcesOf(call, facts)
  const own = requestTags(input)
  const shared = requestContext(call)
  const contextOf = (resource: string): Context => {
    const present = facts.tagsOf(resource)
    const isNew = isCreating && resource === resources[0] && Object.keys(present).length === 0
    return {
      ...shared,
      ...contextOfTags('aws:ResourceTag', isNew && facts.createSeesItsOwnTags ? own : present),
    }
  }
  const calls = resources.map((resource) => ({
    action: `${service}:${operation}`,
    resource,
    context: { ...contextOf(resource), ...classContext(call, resource) },
  }))
  const tagging =
    isCreating && Object.keys(own).length > 0
      ? resources.slice(0, 1).map((resource) => {
          const { 'rds:PubliclyAccessible': _, ...context } = contextOf(resource)
          return { action: 'rds:AddTagsToResource', resource, context }
        })
      : []
  return [...calls, ...tagging, ...secretPermissions(call)]
}

/** RDS makes and rotates a managed secret with the rights of who asks for it (Aurora user guide, rds-secrets-manager). */
function secretPermissions({ operation, input, region, accountId }: EvaluatedCall): readonly Permission[] {
  if (operation !== 'ModifyDBCluster') return []
  const secret = `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!cluster-`
  if (input['RotateMasterUserPassword'] === true) {
    const owner = arnOf({
      region,
      accountId,
      kind: 'cluster',
      name: nameOf(String(input['DBClusterIdentifier'])),
    })
    return [{ action: 'secretsmanager:RotateSecret', resource: secret, context: secretContext(owner) }]
  }
  if (input['ManageMasterUserPassword'] !== true) return []
  return [
    ...['secretsmanager:CreateSecret', 'secretsmanager:TagResource'].map((action) => ({
      action,
      resource: secret,
      context: {},
    })),
    {
      action: 'kms:DescribeKey',
      resource: `arn:aws:kms:${region}:${accountId}:key/aws-secretsmanager`,
      context: {},
    },
  ]
}

/** RDS tags its secrets so (Amazon RDS user guide, rds-secrets-manager). */
const secretContext = (clusterArn: string): Context => ({
  'aws:ResourceTag/aws:rds:primaryDBClusterArn': clusterArn,
})

/** As AWS words it (IAM user guide, troubleshoot_access-denied). */
const REASON: Readonly<Record<Exclude<Verdict, 'allowed'>, (action: string) => string>> = {
  'implicit-deny': (action) => `because no identity-based policy allows the ${action} action`,
  'explicit-deny': () => 'with an explicit deny in an identity-based policy',
}

interface Denial {
  readonly permission: Pick<Permission, 'action' | 'resource'>
  readonly verdict: Exclude<Verdict, 'allowed'>
}

export function accessDenied(accountId: string, { permission, verdict }: Denial): AwsFault {
  const { action, resource } = permission
  return new AwsFault({
    code: 'AccessDenied',
    httpStatus: 403,
    message: `User: ${callerArn(accountId)} is not authorized to perform: ${action} on resource: ${resource} ${REASON[verdict](action)}`,
  })
}

export const expiredToken = (): AwsFault =>
  new AwsFault({
    code: 'ExpiredToken',
    httpStatus: 403,
    message: 'The security token included in the request is expired',
  })

/** Of a statement of the RDS Data API: it reads the secret with the caller's rights. [aurora §9] */
export function statementPermissions(
  moment: Moment,
  { resourceArn = '', secretArn = '' }: Readonly<{ resourceArn?: string; secretArn?: string }>,
): readonly Permission[] {
  const owner = liveClusters(moment).find(({ managedSecret }) => managedSecret?.arn === secretArn)
  return [
    {
      action: 'rds-data:ExecuteStatement',
      resource: resourceArn,
      context: contextOfTags('aws:ResourceTag', tagsForAccess(moment, resourceArn)),
    },
    {
      action: 'secretsmanager:GetSecretValue',
      resource: secretArn,
      context: owner === undefined ? {} : secretContext(owner.arn),
    },
  ]
}
