import type { EndpointLocation } from './endpoints.ts'
import type { ClusterRecord, InstanceRecord } from './records.ts'

/** A cluster as tests look at it. */
export interface ClusterView extends ClusterRecord {
  readonly status: string
  readonly endpoint: EndpointLocation
  readonly readerEndpoint: EndpointLocation
  readonly members: readonly string[]
  readonly writer: string | undefined
  readonly masterPasswordInForce: string
  /** Those that are in force. */
  readonly activeSecurityGroups: readonly string[]
}

/** An instance as tests look at it. */
export interface InstanceView extends InstanceRecord {
  readonly status: string
  readonly clusterIdentifier: string | undefined
  readonly endpoint: EndpointLocation | undefined
  readonly isWriter: boolean
}
