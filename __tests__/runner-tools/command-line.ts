/** What a program takes after the words that choose the command. */
export interface CommandSpec {
  /** Such as `eks update-kubeconfig`; empty for a program without commands. */
  readonly words: string
  /** One pattern for each argument that is no option. */
  readonly positionals?: readonly RegExp[]
  /** Options with a value; a pattern that it must match. */
  readonly values?: Readonly<Record<string, RegExp>>
  readonly flags?: readonly string[]
  readonly required?: readonly string[]
  /** On standard input. It is never written down. */
  readonly readsPassword?: boolean
  readonly prints?: string
  /** It goes on until it is ended. */
  readonly stays?: boolean
}

export interface Invocation {
  readonly spec: CommandSpec
  readonly positionals: readonly string[]
  /** Every value of an option, in order. */
  readonly values: Readonly<Record<string, readonly string[]>>
  readonly flags: readonly string[]
}

/** What the program would complain about; its exit status is 2 then. */
export class UsageError extends Error {}

/** Reads the arguments as strictly as the real program would, or more so. Pure. */
export function parseCommandLine(args: readonly string[], specs: readonly CommandSpec[]): Invocation {
  const spec = specs.find(({ words }) => wordsOf(words).every((word, index) => args[index] === word))
  if (spec === undefined) throw new UsageError(`unknown command "${args.slice(0, 2).join(' ')}"`)
  const { flags: knownFlags = [], positionals: patterns = [], required = [], values: knownValues = {} } = spec
  const positionals: string[] = []
  const values: Record<string, string[]> = {}
  const flags: string[] = []
  const rest = args.slice(wordsOf(spec.words).length)
  for (let index = 0; index < rest.length; index += 1) {
    const argument = rest[index] ?? ''
    if (!argument.startsWith('--')) {
      positionals.push(argument)
      continue
    }
    if (knownFlags.includes(argument)) {
      flags.push(argument)
      continue
    }
    const [name, inline] = splitOnce(argument)
    const pattern = knownValues[name]
    if (pattern === undefined) throw new UsageError(`unknown option "${name}"`)
    const value = inline ?? rest[index + 1]
    if (inline === undefined) index += 1
    if (value === undefined || !pattern.test(value))
      throw new UsageError(`${name} is "${value ?? ''}", expected ${pattern.source}`)
    values[name] = [...(values[name] ?? []), value]
  }
  if (positionals.length !== patterns.length)
    throw new UsageError(`${positionals.length} arguments, expected ${patterns.length}`)
  for (const [index, pattern] of patterns.entries()) {
    const value = positionals[index] ?? ''
    if (!pattern.test(value)) throw new UsageError(`argument "${value}", expected ${pattern.source}`)
  }
  for (const name of required) {
    if (values[name] === undefined && !flags.includes(name)) throw new UsageError(`${name} is missing`)
  }
  return { spec, positionals, values, flags }
}

function wordsOf(words: string): readonly string[] {
  return words === '' ? [] : words.split(' ')
}

function splitOnce(argument: string): readonly [string, string | undefined] {
  const at = argument.indexOf('=')
  return at === -1 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)]
}
