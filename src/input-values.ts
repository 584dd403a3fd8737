import { WORD } from './aurora/clone/identity.ts'
import { type INPUTS, type InputName, defaultOf } from './contract.ts'
import { formatDuration, parseDurationMs } from './duration.ts'
import { Failure } from './failure.ts'
import { type FilePattern, parsePattern, splitPatterns } from './file-patterns.ts'
import { shorten } from './quotation.ts'
import { timeMs } from './tag-value.ts'

/** Reads one input as text, trimmed; empty when it is not set. */
export type ReadInput = (name: InputName) => string

/** Leaves room for what was expected. */
const MAX_GOT_LENGTH = 500

export function invalid(input: string, value: string | number, expected: string): Failure {
  return unexpected(input, `"${value}"`, expected)
}

/** `got`: in words. */
export function unexpected(input: string, got: string, expected: string): Failure {
  return new Failure({
    title: 'Invalid input',
    what: `Input ${input}: got ${shorten(got, MAX_GOT_LENGTH)}, expected ${expected}.`,
    remedy: 'Correct it under `with:` of this step.',
  })
}

/** Inputs with a default. The token's is an expression, which only the runner can evaluate. */
type WithDefault = Exclude<
  {
    [Name in InputName]: (typeof INPUTS)[Name] extends { readonly default: string } ? Name : never
  }[InputName],
  'github-token'
>

type DurationLimits = Readonly<{ atLeastMs: number; atMostMs: number }>
type NumberLimits = Readonly<{ atLeast: number; atMost: number; step: number }>

/** The inputs of one run by type. An unset input gives its default, or `undefined`. A wrong value throws. */
export class InputValues {
  readonly #read: ReadInput

  constructor(read: ReadInput) {
    this.#read = read
  }

  text(name: WithDefault): string
  text(name: InputName): string | undefined
  text(name: InputName): string | undefined {
    const text = this.#read(name)
    return text === '' ? defaultOf(name) : text
  }

  word<Word extends string>(name: WithDefault, words: readonly Word[]): Word
  word<Word extends string>(name: InputName, words: readonly Word[]): Word | undefined
  word<Word extends string>(name: InputName, words: readonly Word[]): Word | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) throw invalid(name, text, `one of ${words.join(', ')}`)
    return word
  }

  boolean(name: WithDefault): boolean
  boolean(name: InputName): boolean | undefined
  boolean(name: InputName): boolean | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    // The spellings of YAML 1.2, as in GitHub's own actions.
    if (/^(?:true|True|TRUE)$/.test(text)) return true
    if (/^(?:false|False|FALSE)$/.test(text)) return false
    throw invalid(name, text, 'true or false')
  }

  matching(name: WithDefault, pattern: RegExp, expected: string): string
  matching(name: InputName, pattern: RegExp, expected: string): string | undefined
  matching(name: InputName, pattern: RegExp, expected: string): string | undefined {
    const text = this.text(name)
    if (text !== undefined && !pattern.test(text)) throw invalid(name, text, expected)
    return text
  }

  /** A word that becomes part of identifiers. */
  name(name: InputName, maxLength: number): string | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (text.length > maxLength || !WORD.test(text))
      throw invalid(name, text, `at most ${maxLength} lower-case letters, digits and single hyphens`)
    return text
  }

  duration(name: WithDefault, limits: DurationLimits): number
  duration(name: InputName, limits: DurationLimits): number | undefined
  duration(name: InputName, { atLeastMs, atMostMs }: DurationLimits): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const ms = parseDurationMs(text)
    if (ms === undefined) throw invalid(name, text, 'a duration such as 30s, 15m, 48h or 3d')
    if (ms < atLeastMs || ms > atMostMs)
      throw invalid(name, text, `between ${formatDuration(atLeastMs)} and ${formatDuration(atMostMs)}`)
    return ms
  }

  number(name: WithDefault, limits: NumberLimits): number
  number(name: InputName, limits: NumberLimits): number | undefined
  number(name: InputName, { atLeast, atMost, step }: NumberLimits): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = /^\d{1,4}(?:\.\d)?$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= atLeast && number <= atMost && Number.isInteger(number / step)))
      throw invalid(name, text, `a number from ${atLeast} to ${atMost} in steps of ${step}`)
    return number
  }

  time(name: InputName, expected = 'a time with its zone, such as 2026-11-21T06:00:00Z'): Date | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const ms = timeMs(text)
    if (ms === undefined) throw invalid(name, text, expected)
    return new Date(ms)
  }

  items(name: InputName): readonly string[] {
    return (this.text(name) ?? '')
      .split(/[,\n]/)
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  list(name: InputName, pattern: RegExp, expected: string): readonly string[] | undefined {
    const items = this.items(name)
    const wrong = items.find((item) => !pattern.test(item))
    if (wrong !== undefined) throw invalid(name, wrong, expected)
    return items.length === 0 ? undefined : items
  }

  /** Paths and globs of files in the repository. */
  patterns(name: InputName): readonly FilePattern[] {
    return splitPatterns(this.text(name) ?? '').map((item) => {
      const pattern = parsePattern(item)
      if (typeof pattern === 'string') throw invalid(name, item, pattern)
      return pattern
    })
  }
}
