import { AwsFault } from './aws-fault.ts'
import { arnOf, nameOf, parseArn } from './identifiers.ts'
import type { ArnKind } from './identifiers.ts'
import { callerArn } from './operations.ts'

type Input = Readonly<Record<string, unknown>>

export interface EvaluatedCall {
  readonly service: string
  readonly operation: string
  readonly input: Input
  readonly region: string
  readonly accountId: string
}

/** One permission that IAM looks for. */
export interface Permission {
  readonly action: string
  readonly resource: string
}

type Member = readonly [member: string, kind: ArnKind]

/** Which members of an input name the resources that its action is evaluated on. [aurora §11.1] */
const RESOURCES: Readonly<Record<string, readonly Member[]>> = {
  RestoreDBClusterToPointInTime: [
    ['DBClusterIdentifier', 'cluster'],
    ['SourceDBClusterIdentifier', 'cluster'],
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
  ],
  ModifyDBCluster: [
    ['DBClusterIdentifier', 'cluster'],
    ['DBClusterParameterGroupName', 'cluster-pg'],
  ],
  DescribeDBClusters: [['DBClusterIdentifier', 'cluster']],
  DescribeDBInstances: [['DBInstanceIdentifier', 'db']],
  DescribeDBSubnetGroups: [['DBSubnetGroupName', 'subgrp']],
  DeleteDBCluster: [['DBClusterIdentifier', 'cluster']],
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

function resourcesOf({ operation, input, region, accountId }: EvaluatedCall): readonly string[] {
  const arn = (kind: ArnKind, name: string): string => arnOf({ region, accountId, kind, name })
  const named = (RESOURCES[operation] ?? []).flatMap(([member, kind]) => {
    const value = input[member]
    if (typeof value !== 'string') return []
    return [parseArn(value) === undefined ? arn(kind, nameOf(value)) : value]
  })
  if (named.length > 0) return named
  const tagged = input['ResourceName']
  if (typeof tagged === 'string') return [tagged]
  const kind = LISTED_KIND[operation]
  return [kind === undefined ? '*' : arn(kind, '*')]
}

/** Tags in a create call need the right to tag as well. [aurora §0.18, §11.1] */
function taggingOf(call: EvaluatedCall, resources: readonly string[]): readonly Permission[] {
  const { operation, input } = call
  const setsTags =
    Array.isArray(input['Tags']) && input['Tags'].length > 0 && operation !== 'AddTagsToResource'
  return setsTags
    ? resources.slice(0, 1).map((resource) => ({ action: 'rds:AddTagsToResource', resource }))
    : []
}

/** Every permission that a call needs, its own action first. */
export function permissionsOf(call: EvaluatedCall): readonly Permission[] {
  const resources = resourcesOf(call)
  const action = `${call.service}:${call.operation}`
  return [...resources.map((resource) => ({ action, resource })), ...taggingOf(call, resources)]
}

export function accessDenied(accountId: string, { action, resource }: Permission): AwsFault {
  return new AwsFault({
    code: 'AccessDenied',
    httpStatus: 403,
    message:
      `User: ${callerArn(accountId)} is not authorized to perform: ${action} on resource: ${resource} ` +
      `because no identity-based policy allows the ${action} action`,
  })
}

export const expiredToken = (): AwsFault =>
  new AwsFault({
    code: 'ExpiredToken',
    httpStatus: 403,
    message: 'The security token included in the request is expired',
  })
