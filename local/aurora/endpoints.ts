import { createHash } from 'node:crypto'

/** What an endpoint leads to. */
export interface EndpointOwner {
  readonly kind: 'cluster' | 'reader' | 'instance'
  readonly identifier: string
  /** Of the cluster, also where the owner is an instance. */
  readonly clusterIdentifier: string
  readonly clusterResourceId: string
  readonly engine: string
  readonly accountId: string
  readonly region: string
  /** The port that the cluster is configured with. */
  readonly port: number
}

export interface EndpointLocation {
  readonly address: string
  readonly port: number
}

export type EndpointAddress = (owner: EndpointOwner) => EndpointLocation

const LABEL_BEFORE_HASH: Readonly<Record<EndpointOwner['kind'], string>> = {
  cluster: 'cluster-',
  reader: 'cluster-ro-',
  instance: '',
}

/** `<id>.cluster-<random>.<region>.rds.amazonaws.com`; the random part is the account's in that Region. [aurora §3] */
export function realisticAddress(owner: EndpointOwner): EndpointLocation {
  const hash = createHash('sha256').update(`${owner.accountId}/${owner.region}`).digest('hex').slice(0, 11)
  const label = `${LABEL_BEFORE_HASH[owner.kind]}c${hash}`
  return { address: `${owner.identifier}.${label}.${owner.region}.rds.amazonaws.com`, port: owner.port }
}
