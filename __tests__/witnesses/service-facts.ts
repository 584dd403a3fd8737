import * as rds from '@aws-sdk/client-rds'
import * as sts from '@aws-sdk/client-sts'
import type { NormalizedSchema } from '@smithy/core/schema'
import { applyOf } from '../../local/aurora/operations.ts'
import {
  type AwsService,
  type OperationModel,
  type RdsFaultName,
  apiVersionOf,
  operationModel,
  rdsFault,
  requiredMembers,
  xmlNamespaceOf,
} from '../../local/aurora/protocol/model.ts'
import type { ServiceModel, ShapeReference } from './botocore-model.ts'

/** What a model says, by what it says it of: `DBCluster.Port` → `number`. */
export type Facts = ReadonlyMap<string, string>

const NOTHING = 'nothing'

/** Every operation that the local cloud carries out. */
export function implementedOperations(service: AwsService): readonly OperationModel[] {
  return Object.keys({ rds, sts }[service])
    .flatMap((name) => (name.endsWith('$') ? [operationModel(service, name.slice(0, -1))] : []))
    .filter((operation) => operation !== undefined && isImplemented(operation)) as readonly OperationModel[]
}

function isImplemented(operation: OperationModel): boolean {
  try {
    applyOf(operation)
    return true
  } catch {
    return false
  }
}

const member = (type: string, isRequired: boolean): string => (isRequired ? `${type}, required` : type)

// botocore's side.

/** Query knows one kind of number. */
const SCALARS: Readonly<Record<string, string>> = {
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
}

export function botocoreFacts(model: ServiceModel, operations: readonly string[]): Facts {
  const facts = new Map<string, string>()
  const typeOf = ({ shape: name }: ShapeReference): string => {
    const shape = model.shapes[name]
    if (shape?.member !== undefined) {
      const wrapped = shape.flattened === true ? 'flat list' : 'list'
      return `${wrapped} of ${typeOf(shape.member)} in <${shape.member.locationName ?? 'member'}>`
    }
    return shape?.type === 'structure' ? name : (SCALARS[shape?.type ?? ''] ?? shape?.type ?? 'unknown')
  }
  const tellShape = ({ shape: name }: ShapeReference): void => {
    const shape = model.shapes[name]
    if (shape?.member !== undefined) tellShape(shape.member)
    for (const [key, reference] of Object.entries(shape?.members ?? {})) {
      const fact = `${name}.${key}`
      if (facts.has(fact)) continue
      const wireName = reference.locationName === undefined ? '' : ` as <${reference.locationName}>`
      facts.set(fact, member(typeOf(reference) + wireName, shape?.required?.includes(key) === true))
      tellShape(reference)
    }
  }
  facts.set('API version', model.metadata.apiVersion)
  facts.set('protocol', model.metadata.protocol)
  facts.set('XML namespace', model.metadata.xmlNamespace)
  for (const name of operations) {
    const { input, output, errors = [] } = model.operations[name] ?? {}
    facts.set(`${name} takes`, input?.shape ?? NOTHING)
    facts.set(`${name} answers`, output?.shape ?? NOTHING)
    for (const reference of [input, output]) if (reference !== undefined) tellShape(reference)
    for (const { shape } of errors) {
      const error = model.shapes[shape]?.error
      facts.set(`${shape} on the wire`, `${error?.code ?? shape} with ${error?.httpStatusCode ?? 400}`)
    }
  }
  return facts
}

// The local cloud's side.

export function localFacts(service: AwsService, errors: readonly string[]): Facts {
  const facts = new Map<string, string>()
  const tellShape = (schema: NormalizedSchema): void => {
    if (schema.isListSchema()) tellShape(schema.getValueSchema())
    if (!schema.isStructSchema()) return
    const required = requiredMembers(schema)
    for (const [key, value] of schema.structIterator()) {
      const fact = `${schema.getName() ?? ''}.${key}`
      if (facts.has(fact)) continue
      const { xmlName } = value.getMergedTraits()
      const wireName = xmlName === undefined ? '' : ` as <${xmlName}>`
      facts.set(fact, member(schemaType(value) + wireName, required.includes(key)))
      tellShape(value)
    }
  }
  facts.set('API version', apiVersionOf[service])
  facts.set('protocol', 'query')
  facts.set('XML namespace', xmlNamespaceOf[service])
  for (const { name, input, output } of implementedOperations(service)) {
    facts.set(`${name} takes`, input.isUnitSchema() ? NOTHING : (input.getName() ?? ''))
    facts.set(`${name} answers`, output.isUnitSchema() ? NOTHING : (output.getName() ?? ''))
    for (const schema of [input, output]) tellShape(schema)
  }
  for (const name of errors) {
    if (!isRdsFault(name)) continue
    const { code, httpStatus } = rdsFault(name, '')
    facts.set(`${name} on the wire`, `${code} with ${httpStatus}`)
  }
  return facts
}

const isRdsFault = (name: string): name is RdsFaultName => `${name}$` in rds

function schemaType(schema: NormalizedSchema): string {
  if (schema.isListSchema()) {
    const item = schema.getValueSchema()
    const wrapped = schema.getMergedTraits().xmlFlattened === undefined ? 'list' : 'flat list'
    return `${wrapped} of ${schemaType(item)} in <${item.getMergedTraits().xmlName ?? 'member'}>`
  }
  if (schema.isStructSchema()) return schema.getName() ?? ''
  if (schema.isMapSchema()) return 'map'
  if (schema.isBooleanSchema()) return 'boolean'
  if (schema.isNumericSchema()) return 'number'
  return schema.isTimestampSchema() ? 'timestamp' : 'string'
}

/** One sentence for everything that the two do not say alike. */
export function differences(service: AwsService, ours: Facts, theirs: Facts): readonly string[] {
  const subjects = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()
  return subjects
    .filter((subject) => ours.get(subject) !== theirs.get(subject))
    .map((subject) => {
      const [here = NOTHING, there = NOTHING] = [ours.get(subject), theirs.get(subject)]
      return `${service} ${subject}: ${there} in botocore, ${here} in the local cloud`
    })
}
