import type { RDSClient } from '@aws-sdk/client-rds'
import { describeInstancesOf } from './observe.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase, instancePhase } from './statuses.ts'

/** Whether a clone that had failed serves somebody again. Half deleted is not healthy: a removal that has begun goes on. */
export async function isHealthy(rds: RDSClient, cluster: ClusterSnapshot): Promise<boolean> {
  if (clusterPhase(cluster.status) !== 'available') return false
  const instances = await describeInstancesOf(rds, cluster.identifier)
  return instances.some(({ status }) => instancePhase(status) === 'available')
}
