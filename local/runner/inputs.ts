import type { JsonObject } from '../github/representation.ts'

export type InputValue = string | boolean | number

/** An input of `workflow_dispatch` or `workflow_call`. */
export interface InputDefinition {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'number' | 'choice'
  readonly required: boolean
  readonly default: InputValue | undefined
  readonly options: readonly string[]
}

const EMPTY = { string: '', boolean: false, number: 0, choice: '' } as const

/**
 * A dispatch gives text only, and only a boolean becomes what it says: a number stays text in the context `inputs`, its default too
 * [actions/runner#2848]. Throws what the API would answer with 422.
 */
export function dispatchInputs(
  definitions: readonly InputDefinition[],
  given: Readonly<Record<string, string>>,
): Record<string, InputValue> {
  const known = new Set(definitions.map(({ name }) => name.toLowerCase()))
  const unexpected = Object.keys(given).filter((name) => !known.has(name.toLowerCase()))
  if (unexpected.length > 0) throw new Error(`Unexpected inputs provided: ${JSON.stringify(unexpected)}`)
  const values: Record<string, InputValue> = {}
  for (const definition of definitions) {
    const { name, type } = definition
    const text = valueOf(given, name)
    if (text === undefined || text === '') {
      if (definition.required && definition.default === undefined)
        throw new Error(`Required input '${name}' not provided`)
      values[name] = text === undefined ? defaultOf(definition) : emptyOf(type)
    } else values[name] = parseText(text, definition)
  }
  return values
}

/** A caller gives values, which must have the type already; only text is made of whatever is given. */
export function callInputs(
  definitions: readonly InputDefinition[],
  given: JsonObject,
): Record<string, InputValue> {
  const values: Record<string, InputValue> = {}
  for (const { name, type, default: byDefault } of definitions) {
    const value = valueOf(given, name)
    if (value === undefined) values[name] = byDefault ?? EMPTY[type]
    // What was given counts, also when it is nothing: `${{ vars.missing }}` is an empty string, not the default.
    else if (type === 'string' && (value === null || typeof value !== 'object'))
      values[name] = String(value ?? '')
    else if (typeof value === 'boolean' && type === 'boolean') values[name] = value
    else if (typeof value === 'number' && type === 'number') values[name] = value
    else throw new Error(`input ${name}: expected a ${type}, got ${JSON.stringify(value)}`)
  }
  return values
}

function parseText(text: string, { name, options, type }: InputDefinition): InputValue {
  if (type === 'choice' && !options.includes(text)) {
    throw new Error(
      `Provided value '${text}' for input '${name}' not in the list of allowed values: ${options.join(', ')}`,
    )
  }
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false')
      throw new Error(`Provided value '${text}' for input '${name}' is not a boolean`)
    return text === 'true'
  }
  if (type === 'number') {
    if (!Number.isFinite(Number(text)))
      throw new Error(`Provided value '${text}' for input '${name}' is not a number`)
  }
  return text
}

function defaultOf({ type, default: byDefault }: InputDefinition): InputValue {
  if (byDefault === undefined) return emptyOf(type)
  return type === 'number' ? String(byDefault) : byDefault
}

function emptyOf(type: InputDefinition['type']): InputValue {
  return type === 'number' ? '' : EMPTY[type]
}

function valueOf<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}
