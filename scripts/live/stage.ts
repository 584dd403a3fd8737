import { type CloneIdentity, FIRST_INCARNATION, cloneIdentifier } from '../../src/aurora/clone/identity.ts'
import { ownershipTags } from '../../src/aurora/clone/tags.ts'

/** What the test is told. */
export interface Stage {
  readonly region: string
  readonly accountId: string
  readonly repository: string
  readonly repositoryId: string
  /** Host of the GitHub server. */
  readonly server: string
  /** Of the sources; empty for the default one. */
  readonly subnetGroup: string
  /** A key that the role may use, for a clone; empty to leave that question out. */
  readonly kmsKeyId: string
  /** A cluster parameter group of Aurora PostgreSQL with logical replication; empty to leave that question out. */
  readonly replicationGroup: string
  /** Another security group of the VPC; empty to leave that question out. */
  readonly securityGroupId: string
  /** Whether to make sources of Aurora MySQL, for Backtrack. */
  readonly withMysql: boolean
  /** Whether to make sixteen clones. */
  readonly withSlots: boolean
}

/** The `identifier-prefix` of all clones of the test, and of the role that makes them. */
export const PREFIX = 'live'
/** The sources, which the role may clone. */
export const SOURCE = 'aurora-clone-live-postgresql'
export const MYSQL_SOURCE = 'aurora-clone-live-mysql'
/** A source without Backtrack. Only the set-up role clones it. */
export const PLAIN_SOURCE = 'aurora-clone-live-mysql-plain'
export const MYSQL_SOURCES = [MYSQL_SOURCE, PLAIN_SOURCE] as const
export type Source = typeof SOURCE | (typeof MYSQL_SOURCES)[number]
/** On everything that the test makes. Together with the names it says what may be cleared away. */
export const LIVE_TAG = 'aurora-clone-live-test'

export interface Clone {
  readonly identifier: string
  readonly writer: string
  readonly arn: string
  readonly engine: 'aurora-postgresql' | 'aurora-mysql'
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
}

export const clusterArn = ({ region, accountId }: Stage, identifier: string): string =>
  `arn:aws:rds:${region}:${accountId}:cluster:${identifier}`

export const liveTag = ({ repositoryId }: Stage): { readonly Key: string; readonly Value: string } => ({
  Key: LIVE_TAG,
  Value: repositoryId,
})

/** A source, which has no tags of clones. */
export function sourceOf(stage: Stage, identifier: Source): Clone {
  return {
    identifier,
    writer: `${identifier}-1`,
    arn: clusterArn(stage, identifier),
    engine: identifier === SOURCE ? 'aurora-postgresql' : 'aurora-mysql',
    tags: [liveTag(stage)],
  }
}

/** A clone as the action would name and tag it, of a pull request with this number. */
export function cloneOf(stage: Stage, number: number): Clone {
  const { repository, repositoryId, server } = stage
  const identity: CloneIdentity = {
    server,
    repositoryId,
    prefix: PREFIX,
    key: `pr-${number}`,
    name: '',
    generation: '',
    incarnation: FIRST_INCARNATION,
  }
  const identifier = cloneIdentifier({ repository, identity })
  const tags = Object.entries(ownershipTags(identity, identifier)).map(([Key, Value]) => ({ Key, Value }))
  return {
    identifier,
    writer: `${identifier}-1`,
    arn: clusterArn(stage, identifier),
    engine: 'aurora-postgresql',
    tags: [...tags, liveTag(stage)],
  }
}
