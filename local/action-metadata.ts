import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

interface ActionMetadata {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
}

/** Every input that an action.yml declares, with its default: what the runner fills in. */
export function inputDefaults(actionFile: string): Readonly<Record<string, string | undefined>> {
  const { inputs } = parse(readFileSync(actionFile, 'utf8')) as ActionMetadata
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))
}
