import type {
  DisableHttpEndpointRequest,
  DisableHttpEndpointResponse,
  EnableHttpEndpointRequest,
  EnableHttpEndpointResponse,
} from '@aws-sdk/client-rds'
import { invalidCombination } from './aws-fault.ts'
import { parseArn } from './identifiers.ts'
import { clusterStatus, findCluster, membersOf, putCluster } from './moment.ts'
import type { Moment } from './moment.ts'
import { rdsFault } from './protocol/model.ts'
import type { ClusterRecord } from './records.ts'

// The RDS Data API of a cluster, switched on and off. [aurora §9]

function clusterByArn(moment: Moment, arn: string | undefined): ClusterRecord {
  const name = arn === undefined ? undefined : parseArn(arn)
  const cluster = name?.kind === 'cluster' ? findCluster(moment, name.name) : undefined
  if (cluster === undefined || cluster.arn !== arn)
    throw rdsFault('ResourceNotFoundFault', `The specified resource ${arn ?? ''} could not be found.`)
  return cluster
}

/** T classes do not have it. [aurora §9] */
function refuseBurstableClasses(moment: Moment, cluster: ClusterRecord): void {
  if (membersOf(moment, cluster).some(({ instanceClass }) => /^db\.t\d/.test(instanceClass)))
    throw invalidCombination("The HTTP endpoint isn't supported for this DB instance class.")
}

function withEndpoint(moment: Moment, cluster: ClusterRecord, httpEndpointEnabled: boolean): void {
  if (clusterStatus(moment, cluster) !== 'available')
    throw rdsFault('InvalidResourceStateFault', `Cluster ${cluster.identifier} is not available.`)
  putCluster(moment, { ...cluster, httpEndpointEnabled })
}

export function enableHttpEndpoint(
  { ResourceArn }: EnableHttpEndpointRequest,
  moment: Moment,
): EnableHttpEndpointResponse {
  const cluster = clusterByArn(moment, ResourceArn)
  refuseBurstableClasses(moment, cluster)
  withEndpoint(moment, cluster, true)
  return { ResourceArn, HttpEndpointEnabled: true }
}

export function disableHttpEndpoint(
  { ResourceArn }: DisableHttpEndpointRequest,
  moment: Moment,
): DisableHttpEndpointResponse {
  withEndpoint(moment, clusterByArn(moment, ResourceArn), false)
  return { ResourceArn, HttpEndpointEnabled: false }
}
