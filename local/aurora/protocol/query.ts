import type { NormalizedSchema } from '@smithy/core/schema'
import { invalidValue, missingParameter, validationError } from '../aws-fault.ts'
import { requiredMembers } from './model.ts'

/** `Tags.Tag.1.Key=a` as a tree: Tags → Tag → 1 → Key, the value at its end. */
interface Parameter {
  value?: string
  readonly children: Map<string, Parameter>
}

/** A parameter and the path that names it in messages. */
interface Named {
  readonly path: string
  readonly parameter: Parameter
}

const emptyParameter = (): Parameter => ({ children: new Map() })

/** Parameters of the protocol itself; the rest belong to the operation. */
const ENVELOPE: ReadonlySet<string> = new Set(['Action', 'Version'])

function treeOf(form: URLSearchParams): Parameter {
  const root = emptyParameter()
  for (const [path, value] of form) {
    if (ENVELOPE.has(path)) continue
    let parameter = root
    for (const step of path.split('.')) {
      const child = parameter.children.get(step) ?? emptyParameter()
      parameter.children.set(step, child)
      parameter = child
    }
    parameter.value = value
  }
  return root
}

/** Reads a Query-protocol form into the operation's input, refusing whatever its schema does not know. */
export function parseQuery(form: URLSearchParams, input: NormalizedSchema): Record<string, unknown> {
  const parameter = treeOf(form)
  if (input.isUnitSchema() && parameter.children.size === 0) return {}
  return structFrom({ path: '', parameter }, input)
}

const join = (path: string, step: string): string => (path === '' ? step : `${path}.${step}`)

function structFrom({ path, parameter }: Named, schema: NormalizedSchema): Record<string, unknown> {
  if (parameter.value !== undefined) throw validationError(`${path} is a structure, not a value.`)
  const members = new Map(schema.structIterator())
  const struct: Record<string, unknown> = {}
  for (const [name, child] of parameter.children) {
    const member = members.get(name)
    if (member === undefined) throw validationError(`Unknown parameter: ${join(path, name)}.`)
    struct[name] = valueFrom({ path: join(path, name), parameter: child }, member)
  }
  for (const name of requiredMembers(schema)) {
    if (struct[name] === undefined) throw missingParameter(join(path, name))
  }
  return struct
}

function valueFrom(named: Named, schema: NormalizedSchema): unknown {
  if (schema.isListSchema()) return listFrom(named, schema)
  if (schema.isStructSchema()) return structFrom(named, schema)
  return scalarFrom(named, schema)
}

/** `Tags.Tag.2` may come before `Tags.Tag.1`, and `Tags.member.1` means the same; `Tags=` is the empty list. */
function listFrom({ path, parameter }: Named, schema: NormalizedSchema): unknown[] {
  const member = schema.getValueSchema()
  const memberName = member.getMergedTraits().xmlName ?? 'member'
  if (parameter.children.size === 0) {
    if (parameter.value === '') return []
    throw validationError(`${path} is a list: send ${path}.${memberName}.1.`)
  }
  const items: { readonly position: number; readonly value: unknown }[] = []
  for (const [name, list] of parameter.children) {
    if (name !== memberName && name !== 'member')
      throw validationError(`Unknown parameter: ${join(path, name)}.`)
    for (const [index, item] of list.children) {
      const itemPath = `${path}.${name}.${index}`
      if (!/^[1-9]\d*$/.test(index)) throw validationError(`${itemPath} is not a list position.`)
      items.push({ position: Number(index), value: valueFrom({ path: itemPath, parameter: item }, member) })
    }
  }
  return items.toSorted((a, b) => a.position - b.position).map((item) => item.value)
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

function scalarFrom({ path, parameter }: Named, schema: NormalizedSchema): string | number | boolean | Date {
  const { value } = parameter
  if (value === undefined || parameter.children.size > 0) throw validationError(`${path} takes one value.`)
  if (schema.isBooleanSchema()) {
    const boolean = BOOLEANS.get(value.toLowerCase())
    if (boolean === undefined)
      throw invalidValue(`Invalid value ${value} for ${path}. Must be true or false.`)
    return boolean
  }
  if (schema.isNumericSchema()) {
    if (!/^-?\d+(\.\d+)?$/.test(value))
      throw invalidValue(`Invalid value ${value} for ${path}. Must be a number.`)
    return Number(value)
  }
  if (schema.isTimestampSchema()) {
    const date = new Date(value)
    if (Number.isNaN(date.getTime()))
      throw invalidValue(`Invalid value ${value} for ${path}. Must be a time.`)
    return date
  }
  return value
}
