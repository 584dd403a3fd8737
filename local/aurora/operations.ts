import type { GetCallerIdentityResponse } from '@aws-sdk/client-sts'
import { AwsFault } from './aws-fault.ts'
import { backtrackDBCluster, describeDBClusterBacktracks } from './backtrack.ts'
import { createDBCluster } from './cluster-creation.ts'
import { modifyDBCluster } from './cluster-modification.ts'
import { deleteDBCluster, deleteDBInstance } from './deletion.ts'
import { describeDBClusters, describeDBInstances } from './describe.ts'
import { describeEvents } from './events.ts'
import { disableHttpEndpoint, enableHttpEndpoint } from './http-endpoint.ts'
import { createDBInstance } from './instance-creation.ts'
import { startDBCluster, stopDBCluster } from './power.ts'
import { describeDBClusterParameters } from './parameter-groups.ts'
import { markChanged } from './marked-moments.ts'
import type { OperationModel } from './protocol/model.ts'
import { restoreDBClusterToPointInTime } from './restore.ts'
import type { Moment } from './moment.ts'
import { describeDBSubnetGroups } from './subnet-groups.ts'
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from './tags.ts'

const RDS_OPERATIONS = {
  AddTagsToResource: addTagsToResource,
  BacktrackDBCluster: backtrackDBCluster,
  CreateDBCluster: createDBCluster,
  CreateDBInstance: createDBInstance,
  DeleteDBCluster: deleteDBCluster,
  DeleteDBInstance: deleteDBInstance,
  DescribeDBClusterBacktracks: describeDBClusterBacktracks,
  DescribeDBClusterParameters: describeDBClusterParameters,
  DescribeDBClusters: describeDBClusters,
  DescribeDBInstances: describeDBInstances,
  DescribeDBSubnetGroups: describeDBSubnetGroups,
  DescribeEvents: describeEvents,
  DisableHttpEndpoint: disableHttpEndpoint,
  EnableHttpEndpoint: enableHttpEndpoint,
  ListTagsForResource: listTagsForResource,
  ModifyDBCluster: modifyDBCluster,
  RemoveTagsFromResource: removeTagsFromResource,
  RestoreDBClusterToPointInTime: restoreDBClusterToPointInTime,
  StartDBCluster: startDBCluster,
  StopDBCluster: stopDBCluster,
} as const

export type RdsOperation = keyof typeof RDS_OPERATIONS

export const callerArn = (accountId: string): string => `arn:aws:sts::${accountId}:assumed-role/ci/session`

function getCallerIdentity(_input: object, { state }: Moment): GetCallerIdentityResponse {
  return {
    Account: state.accountId,
    Arn: callerArn(state.accountId),
    UserId: 'AROAEXAMPLEROLEID0001:session',
  }
}

const OPERATIONS = { rds: RDS_OPERATIONS, sts: { GetCallerIdentity: getCallerIdentity } } as const

/** An operation, ready to be given input that was read by its own schema. */
export type Apply = (input: Readonly<Record<string, unknown>>, moment: Moment) => object

/** What this cloud does for an operation; one that AWS has, but this cloud has not, is refused by name. */
export function applyOf({ service, name }: OperationModel): Apply {
  const operations: Readonly<Record<string, (input: never, moment: Moment) => object>> = OPERATIONS[service]
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined) {
    throw new AwsFault({
      code: 'InvalidAction',
      httpStatus: 400,
      message: `The local cloud does not have the operation ${service}:${name}.`,
    })
  }
  return (input, moment) => {
    const before = new Map(moment.state.clusters)
    // The input has been read, member by member, by the schema that the operation's input type was generated from.
    const output = operation(input as never, moment)
    markChanged(moment, before)
    return output
  }
}
