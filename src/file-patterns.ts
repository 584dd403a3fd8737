/** A path or glob below the root of a repository, as an input gives it. */
export interface FilePattern {
  readonly text: string
  /** One for each choice of its braces. A file fits the pattern if it fits one of them. */
  readonly alternatives: readonly (readonly Segment[])[]
}

/** What stands between two slashes. */
export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'glob'; readonly fits: (name: string) => boolean }
  /** `**`: any number of folders, also none. */
  | { readonly kind: 'folders' }

const MAX_LENGTH = 500
const MAX_ALTERNATIVES = 64

// Node's own path.matchesGlob is not used: it hides names that begin with a period, ignores case on macOS and Windows alone, and
// warns that it is experimental before Node.js 24.8, which older runners have.

/** The patterns of an input: one a line, or with commas between them. A comma inside of braces separates nothing. */
export function splitPatterns(text: string): readonly string[] {
  const items = ['']
  let depth = 0
  for (const token of tokensOf(text)) {
    if (token === '\n') depth = 0
    if (token === '{') depth += 1
    if (token === '}') depth -= 1
    if (token === '\n' || (token === ',' && depth <= 0)) items.push('')
    else items.push(`${items.pop() ?? ''}${token}`)
  }
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

/** The pattern, or what was expected of it: a text that completes "expected …". */
export function parsePattern(text: string): FilePattern | string {
  const problem = problemOfText(text)
  if (problem !== undefined) return problem
  const tokens = tokensOf(text)
  if (!areBalanced(tokens)) return 'a } for each {, and a ] for each ['
  const count = countAlternatives(tokens)
  if (count === undefined) return 'a comma between the braces, as in {a,b}; a brace in a name is written [{]'
  if (count > MAX_ALTERNATIVES) return `braces that give at most ${MAX_ALTERNATIVES} paths`
  const alternatives = alternativesOf(tokens).map(segmentsOf)
  for (const segments of alternatives)
    for (const segment of segments) {
      const fault = problemOfSegment(segment)
      if (fault !== undefined) return fault
    }
  return { text, alternatives: alternatives.map((segments) => endInFiles(segments.map(parseSegment))) }
}

/** Whether it names one file: a path without wildcards. */
export function isExact({ alternatives }: FilePattern): boolean {
  return alternatives.every((segments) => segments.every(({ kind }) => kind === 'name'))
}

function problemOfText(text: string): string | undefined {
  if (text === '') return 'a path'
  if (text.length > MAX_LENGTH) return `at most ${MAX_LENGTH} characters`
  if (/\p{Cc}/u.test(text)) return 'a path without control characters'
  if (text.includes('\\')) return '/ between folders; a special character in a name is written [*]'
  if (text.startsWith('!')) return 'a path to read: there is no ! that takes files out'
  if (text.startsWith('/')) return 'a path from the root of the repository, without a / in front'
  return undefined
}

/** Characters, and whole classes such as `[a-z]`. A bracket right after the opening one is a member of the class. */
function tokensOf(text: string): readonly string[] {
  return text.match(/\[[!^]?\]?[^\]/\n]*\]|[^]/gu) ?? []
}

function areBalanced(tokens: readonly string[]): boolean {
  let depth = 0
  for (const token of tokens) {
    if (token === '[') return false
    if (token === '{') depth += 1
    if (token === '}') depth -= 1
    if (depth < 0) return false
  }
  return depth === 0
}

interface Braces {
  readonly before: readonly string[]
  readonly choices: readonly (readonly string[])[]
  readonly after: readonly string[]
}

/** The first pair of braces. */
function firstBraces(tokens: readonly string[]): Braces | undefined {
  const open = tokens.indexOf('{')
  if (open === -1) return undefined
  const choices: string[][] = [[]]
  let depth = 1
  let end = open + 1
  for (; end < tokens.length; end += 1) {
    const token = tokens[end] ?? ''
    if (token === '{') depth += 1
    if (token === '}') depth -= 1
    if (depth === 0) break
    if (token === ',' && depth === 1) choices.push([])
    else choices.at(-1)?.push(token)
  }
  return { before: tokens.slice(0, open), choices, after: tokens.slice(end + 1) }
}

/** Counted before they are made: thirty pairs of braces give a billion. */
function countAlternatives(tokens: readonly string[]): number | undefined {
  const braces = firstBraces(tokens)
  if (braces === undefined) return 1
  if (braces.choices.length < 2) return undefined
  const after = countAlternatives(braces.after)
  let sum = 0
  for (const choice of braces.choices) {
    const count = countAlternatives(choice)
    if (count === undefined || after === undefined) return undefined
    sum += count * after
  }
  return sum
}

function alternativesOf(tokens: readonly string[]): readonly (readonly string[])[] {
  const braces = firstBraces(tokens)
  if (braces === undefined) return [tokens]
  const ends = alternativesOf(braces.after)
  return braces.choices
    .flatMap(alternativesOf)
    .flatMap((choice) => ends.map((end) => [...braces.before, ...choice, ...end]))
}

function segmentsOf(tokens: readonly string[]): readonly (readonly string[])[] {
  const segments: string[][] = [[]]
  for (const token of tokens)
    if (token === '/') segments.push([])
    else segments.at(-1)?.push(token)
  return segments
}

function problemOfSegment(tokens: readonly string[]): string | undefined {
  const text = tokens.join('')
  if (text === '') return 'one / between folders, and none at the end: a folder is written folder/**'
  if (text === '.' || text === '..') return 'a path from the root of the repository, without . and ..'
  const hasTwoStars = tokens.some((token, index) => token === '*' && tokens[index + 1] === '*')
  if (hasTwoStars && text !== '**') return '** between slashes, as in folder/**/*.sql'
  const isWrong = tokens.some(
    (token) => token.length > 1 && token.startsWith('[') && membersOf(token) === undefined,
  )
  return isWrong ? 'characters and ranges between brackets, such as [0-9a-f]' : undefined
}

function parseSegment(tokens: readonly string[]): Segment {
  const text = tokens.join('')
  if (text === '**') return { kind: 'folders' }
  const isName = tokens.every((token) => token !== '*' && token !== '?' && !token.startsWith('['))
  if (isName) return { kind: 'name', name: text }
  const parts = tokens.map(parsePart)
  return { kind: 'glob', fits: (name) => fits(parts, Array.from(name)) }
}

/** At the end, `**` stands for the files, too. Twice in a row it is the same as once. */
function endInFiles(segments: readonly Segment[]): readonly Segment[] {
  const shorter = segments.filter(
    ({ kind }, index) => kind !== 'folders' || segments[index - 1]?.kind !== 'folders',
  )
  return shorter.at(-1)?.kind === 'folders' ? [...shorter, { kind: 'glob', fits: () => true }] : shorter
}

/** `*`, or what one character must be. */
type Part = '*' | ((character: string) => boolean)

function parsePart(token: string): Part {
  if (token === '*') return '*'
  if (token === '?') return () => true
  const members = membersOf(token)
  if (members === undefined) return (character) => character === token
  return (character) => members.has(character)
}

interface Members {
  has(character: string): boolean
}

/** What a class such as `[a-z]` or `[!0-9]` takes; `undefined` for any other token, and for a range that runs backwards. */
function membersOf(token: string): Members | undefined {
  const [, not = '', inside = ''] = /^\[([!^]?)([^]+)\]$/u.exec(token) ?? []
  if (inside === '' || inside.includes('[:')) return undefined
  const ranges = [...inside.matchAll(/([^])(?:-([^]))?/gu)].map(
    ([, from = '', to = from]) => [codeOf(from), codeOf(to)] as const,
  )
  if (ranges.some(([from, to]) => from > to)) return undefined
  return {
    has(character) {
      const code = codeOf(character)
      return ranges.some(([from, to]) => from <= code && code <= to) === (not === '')
    },
  }
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

/** Goes back to the last star alone, so that no name takes long. */
function fits(parts: readonly Part[], name: readonly string[]): boolean {
  let [at, read, star, starRead] = [0, 0, -1, 0]
  while (read < name.length) {
    const part = parts[at]
    if (part === '*') {
      ;[star, starRead] = [at, read]
      at += 1
    } else if (part?.(name[read] ?? '') === true) {
      at += 1
      read += 1
    } else if (star !== -1) {
      starRead += 1
      ;[at, read] = [star + 1, starRead]
    } else return false
  }
  return parts.slice(at).every((part) => part === '*')
}
