import * as rds from '@aws-sdk/client-rds'
import * as sts from '@aws-sdk/client-sts'
import { NormalizedSchema } from '@smithy/core/schema'
import { AwsFault } from '../aws-fault.ts'

// AWS's own machine-readable model, as the SDK clients export it: `DBCluster$` is the schema of the shape DBCluster.
// Requests are read, answers written and faults numbered by it, so that nothing here can differ from the real service
// by a slip of the pen.

export type AwsService = 'rds' | 'sts'

export interface OperationModel {
  readonly service: AwsService
  readonly name: string
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
}

type Exports = Readonly<Record<string, unknown>>

const exportsOf: Readonly<Record<AwsService, Exports>> = { rds, sts }

export const apiVersionOf: Readonly<Record<AwsService, string>> = { rds: '2014-10-31', sts: '2011-06-15' }

export const xmlNamespaceOf: Readonly<Record<AwsService, string>> = {
  rds: 'http://rds.amazonaws.com/doc/2014-10-31/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
}

/** Smithy's number for "this static schema is an operation". */
const OPERATION = 9

type OperationSchema = typeof rds.DescribeDBClusters$

const isOperation = (schema: unknown): schema is OperationSchema =>
  Array.isArray(schema) && schema[0] === OPERATION

export function operationModel(service: AwsService, name: string): OperationModel | undefined {
  const schema = exportsOf[service][`${name}$`]
  if (!isOperation(schema)) return undefined
  const [, , , , input, output] = schema
  return { service, name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }
}

/** A structure's schema lists its required members first and says in its last place how many they are. */
export function requiredMembers(struct: NormalizedSchema): readonly string[] {
  const schema = struct.getSchema()
  if (!Array.isArray(schema) || !struct.isStructSchema()) return []
  const [, , , , members, , required] = schema
  return Array.isArray(members) && typeof required === 'number' ? members.slice(0, required).map(String) : []
}

/** Names of the RDS model's errors, such as `DBInstanceNotFoundFault`. */
export type RdsFaultName = {
  [Key in keyof typeof rds]: Key extends `${infer Name}$`
    ? (typeof rds)[Key] extends typeof rds.DBClusterNotFoundFault$
      ? Name
      : never
    : never
}[keyof typeof rds]

/** The fault as it travels: `DBInstanceNotFoundFault` is `DBInstanceNotFound` with 404 on the wire. [aurora §2.5] */
export function rdsFault(name: RdsFaultName, message: string): AwsFault {
  const traits: unknown = NormalizedSchema.of(rds[`${name}$`]).getMergedTraits()
  const { awsQueryError, httpError = 400 } = traits as {
    awsQueryError?: readonly [code: string, httpStatus: number]
    httpError?: number
  }
  const [code, httpStatus] = awsQueryError ?? [name, httpError]
  return new AwsFault({ code, httpStatus, message })
}
