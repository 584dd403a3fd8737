import type { NormalizedSchema } from '@smithy/core/schema'
import type { Fault } from '../aws-fault.ts'
import { xmlNamespaceOf } from './model.ts'
import type { AwsService, OperationModel } from './model.ts'

export interface Answer {
  readonly operation: OperationModel
  readonly output: object
  readonly requestId: string
}

export interface Refusal {
  readonly service: AwsService
  readonly fault: Fault
  readonly requestId: string
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escape = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`

export function resultXml({ operation, output, requestId }: Answer): string {
  const { name, service } = operation
  const result = operation.output.isUnitSchema()
    ? ''
    : element(`${name}Result`, content(operation.output, output))
  const metadata = element('ResponseMetadata', element('RequestId', requestId))
  return `<${name}Response xmlns="${xmlNamespaceOf[service]}">${result}${metadata}</${name}Response>`
}

/** [aurora §13.1] */
export function errorXml({ service, fault, requestId }: Refusal): string {
  const type = fault.httpStatus < 500 ? 'Sender' : 'Receiver'
  const error = [
    element('Type', type),
    element('Code', fault.code),
    element('Message', escape(fault.message)),
  ]
  const body = element('Error', error.join('')) + element('RequestId', requestId)
  return `<ErrorResponse xmlns="${xmlNamespaceOf[service]}">${body}</ErrorResponse>`
}

function content(schema: NormalizedSchema, value: unknown): string {
  if (schema.isListSchema()) return listContent(schema, value)
  if (schema.isStructSchema()) return structContent(schema, value)
  return escape(value instanceof Date ? value.toISOString() : String(value))
}

function listContent(schema: NormalizedSchema, value: unknown): string {
  if (!Array.isArray(value)) throw new TypeError(`${schema.getName() ?? 'list'} must be an array`)
  const member = schema.getValueSchema()
  const name = member.getMergedTraits().xmlName ?? 'member'
  return value.map((item) => element(name, content(member, item))).join('')
}

/** Members that are undefined are left out; a member that the schema does not know is a mistake of ours. */
function structContent(schema: NormalizedSchema, value: unknown): string {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${schema.getName() ?? 'structure'} must be an object`)
  const members = new Map(schema.structIterator())
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => {
      const member = members.get(name)
      if (member === undefined)
        throw new TypeError(`${schema.getName() ?? 'structure'} has no member ${name}`)
      return element(member.getMergedTraits().xmlName ?? name, content(member, item))
    })
    .join('')
}
