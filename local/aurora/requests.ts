import type { Permission } from './access.ts'
import { nameOf, parseArn } from './identifiers.ts'
import type { AwsService } from './protocol/model.ts'
import { findInstance } from './moment.ts'
import type { Moment } from './moment.ts'
import { clusterOf } from './instances.ts'

/** One request as it arrived, and what became of it. */
export interface AwsRequestRecord {
  readonly at: number
  readonly service: AwsService | 'rds-data'
  readonly region: string
  /** Tells callers apart. */
  readonly accessKeyId: string
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Whether an operation of this kind changes state. */
  readonly mutating: boolean
  /** Identifiers of the clusters that the call names or reaches. */
  readonly clusters: readonly string[]
  /** Of a restore: the cluster that is read. */
  readonly source?: string
  /** What IAM looks for before it is carried out. */
  readonly permissions: readonly Permission[]
  /** Whether the request was carried out, also where its answer got lost. */
  readonly applied: boolean
  /** Wire code of the refusal. */
  readonly fault?: string
}

/** Safe for operations yet to come: all but those that by their name only read. */
export const isMutating = (operation: string): boolean => !/^(Describe|List|Get)/.test(operation)

type Input = Readonly<Record<string, unknown>>

const text = (input: Input, member: string): string | undefined => {
  const value = input[member]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const present = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
]

function clusterOfInstance(moment: Moment, identifierOrArn: string | undefined): string | undefined {
  const instance = identifierOrArn === undefined ? undefined : findInstance(moment, nameOf(identifierOrArn))
  return instance === undefined ? undefined : clusterOf(moment, instance)?.identifier
}

function clusterOfResource(moment: Moment, resourceName: string | undefined): string | undefined {
  const arn = resourceName === undefined ? undefined : parseArn(resourceName)
  if (arn?.kind === 'cluster') return arn.name.toLowerCase()
  return arn?.kind === 'db' ? clusterOfInstance(moment, arn.name) : undefined
}

/** Which clusters a call names or, by an instance or an ARN, reaches. */
export function reachedClusters(moment: Moment, input: Input): readonly string[] {
  const named = text(input, 'DBClusterIdentifier')
  return present([
    named === undefined ? undefined : nameOf(named),
    clusterOfInstance(moment, text(input, 'DBInstanceIdentifier')),
    clusterOfResource(moment, text(input, 'ResourceName') ?? text(input, 'ResourceArn')),
  ])
}

export function restoreSource(moment: Moment, input: Input): string | undefined {
  const named = text(input, 'SourceDBClusterIdentifier')
  if (named !== undefined) return nameOf(named)
  const resourceId = text(input, 'SourceDbClusterResourceId')
  return resourceId === undefined
    ? undefined
    : (moment.state.clusters.get(resourceId)?.identifier ?? resourceId)
}
