import { posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type FilePattern, type Segment, isExact, parsePattern, splitPatterns } from '../src/file-patterns.ts'
import { InputValues } from '../src/input-values.ts'

function pattern(text: string): FilePattern {
  const parsed = parsePattern(text)
  if (typeof parsed === 'string') throw new Error(`"${text}" was refused: ${parsed}`)
  return parsed
}

/** Whether a whole path fits, where the search goes from folder to folder. */
function fits(text: string, path: string): boolean {
  return pattern(text).alternatives.some((segments) => fitsFrom(segments, path.split('/')))
}

function fitsFrom(segments: readonly Segment[], names: readonly string[]): boolean {
  const [segment, ...rest] = segments
  const [name, ...others] = names
  if (segment === undefined) return name === undefined
  if (segment.kind === 'folders')
    return fitsFrom(rest, names) || (name !== undefined && fitsFrom(segments, others))
  if (name === undefined) return false
  const isFitting = segment.kind === 'name' ? segment.name === name : segment.fits(name)
  return isFitting && fitsFrom(rest, others)
}

describe('what a pattern fits', () => {
  test.each<[text: string, fitting: readonly string[], others: readonly string[]]>([
    ['db/a.sql', ['db/a.sql'], ['db/A.sql', 'db/a.sql.txt', 'a.sql', 'x/db/a.sql', 'db/a_sql']],
    ['db/*.sql', ['db/a.sql', 'db/.sql', 'db/.a.sql'], ['db/x/a.sql', 'a.sql', 'db/a.sqlx']],
    ['*', ['a', '.a'], ['a/b']],
    ['a*b*c', ['abc', 'a-b-c', 'abbc', 'aXbcbc'], ['ab', 'acb', 'abcd']],
    ['**/*.sql', ['a.sql', 'x/a.sql', 'x/y/a.sql', '.x/a.sql'], ['a.txt', 'x/a.sql/b']],
    ['db/**', ['db/a', 'db/x/a'], ['db', 'dbx/a']],
    ['db/**/x/a', ['db/x/a', 'db/y/x/a', 'db/x/x/a'], ['x/a', 'db/a']],
    ['**/**/a', ['a', 'x/a', 'x/y/a'], ['b']],
    ['db/?.sql', ['db/a.sql', 'db/é.sql', 'db/😀.sql'], ['db/.sql', 'db/ab.sql']],
    ['[a-c1].sql', ['a.sql', 'c.sql', '1.sql'], ['d.sql', 'A.sql', '-.sql', 'ab.sql']],
    ['[!a-c]', ['d', '!'], ['a', 'b']],
    ['[^a]', ['b', '^'], ['a']],
    ['[]a]', [']', 'a'], ['[', 'b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[[]id].sql', ['[id].sql'], ['i.sql', 'd.sql']],
    ['[*][?][{]x[}]', ['*?{x}'], ['ab{x}']],
    ['{a,b}.sql', ['a.sql', 'b.sql'], ['c.sql', '{a,b}.sql']],
    ['{db,x/{y,z}}/a{,1}', ['db/a', 'db/a1', 'x/y/a', 'x/z/a1'], ['x/a', 'db/a2']],
    ['{db/*,x/**}/[ab]', ['db/q/a', 'x/b', 'x/y/z/a'], ['db/a', 'x/c']],
    ['a,b', ['a,b'], ['a']],
    // None of this is special.
    ['!(a)', [], []],
    ['+(a|b)$^.\u{20ac}', ['+(a|b)$^.\u{20ac}'], ['a$^.\u{20ac}', 'aa$^.\u{20ac}']],
    ['#a b', ['#a b'], ['a b']],
  ])('%s', (text, fitting, others) => {
    if (fitting.length === 0) return
    expect(fitting.filter((path) => !fits(text, path))).toEqual([])
    expect(others.filter((path) => fits(text, path))).toEqual([])
  })

  const part = fc.constantFrom('a', 'b', 'ab', '*', '?', '[ab]', '[!a]', '{a,b}', '{ab,*}')
  const folder = fc.oneof(
    fc.constant('**'),
    fc.array(part, { minLength: 1, maxLength: 3 }).map((p) => p.join('')),
  )
  const somePattern = fc
    .array(folder, { minLength: 1, maxLength: 4 })
    .map((segments) => segments.join('/').replaceAll(/\*{2,}(?=[^/])|(?<=[^/])\*{2,}/g, '*'))
  const somePath = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', 'c'), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'))

  test('is what Node.js takes it for, in names without a period in front', () => {
    fc.assert(
      fc.property(somePattern, somePath, (text, path) => {
        fc.pre(typeof parsePattern(text) !== 'string')
        expect([text, path, fits(text, path)]).toEqual([text, path, posix.matchesGlob(path, text)])
      }),
      { numRuns: 5_000, seed: 20_261_121 },
    )
  })

  test('is found in no time, whatever the pattern', () => {
    const before = process.cpuUsage()
    expect(fits(`${'*a'.repeat(120)}b`, 'a'.repeat(250))).toBe(false)
    expect(fits(`${'**/*/'.repeat(3)}b`, `${'a/'.repeat(30)}c`)).toBe(false)
    // The processor's time, which others on this machine do not take.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
  })
})

test.each([
  ['db/a.sql', true],
  ['{db,x}/a.sql', true],
  ['db/*.sql', false],
  ['**/a.sql', false],
  ['db/[a].sql', false],
])('%s names files one by one: %s', (text, isIt) => {
  expect(isExact(pattern(text))).toBe(isIt)
})

describe('what is no pattern, with what was expected', () => {
  test.each<[text: string, expected: string]>([
    ['', 'a path'],
    ['a'.repeat(501), 'at most 500 characters'],
    ['a\u0007', 'control characters'],
    ['db\\a.sql', '/ between folders'],
    ['!db/a.sql', 'there is no ! that takes files out'],
    ['/db/a.sql', 'without a / in front'],
    ['./a.sql', 'without . and ..'],
    ['db/../../a.sql', 'without . and ..'],
    ['..', 'without . and ..'],
    ['{a,..}/x', 'without . and ..'],
    ['db//a.sql', 'one / between folders'],
    ['db/', 'a folder is written folder/**'],
    ['db/**.sql', '** between slashes'],
    ['***', '** between slashes'],
    ['a**', '** between slashes'],
    ['{a,b', 'a } for each {'],
    ['a}', 'a } for each {'],
    ['[ab', 'a ] for each ['],
    ['[a/b]', 'a ] for each ['],
    ['[]', 'characters and ranges'],
    ['[z-a]', 'characters and ranges'],
    ['[[:alpha:]]', 'characters and ranges'],
    ['{a}', 'a comma between the braces'],
    ['{1..3}', 'a comma between the braces'],
    ['{a,{b}}', 'a comma between the braces'],
    ['{a,b}'.repeat(7), 'at most 64 paths'],
    ['{a,b}'.repeat(100), 'at most 64 paths'],
  ])('%s', (text, expected) => {
    expect(parsePattern(text)).toEqual(expect.stringContaining(expected))
  })
})

test.each<[text: string, items: readonly string[]]>([
  ['', []],
  ['a.sql', ['a.sql']],
  [' a.sql ,b.sql,, ', ['a.sql', 'b.sql']],
  ['a.sql\r\nb.sql\n\n  c d.sql', ['a.sql', 'b.sql', 'c d.sql']],
  ['db/{a,b}.sql, c.sql', ['db/{a,b}.sql', 'c.sql']],
  ['{a,{b,c}},d', ['{a,{b,c}}', 'd']],
  ['[,]x,b', ['[,]x', 'b']],
  // A mistake in one line leaves the next as it is.
  ['{a,b\nc,d', ['{a,b', 'c', 'd']],
  ['a},b', ['a}', 'b']],
])('%j has the patterns %j', (text, items) => {
  expect(splitPatterns(text)).toEqual(items)
})

describe('as an input', () => {
  const patterns = (text: string) => new InputValues(() => text).patterns('tags')

  test('each item is a pattern', () => {
    expect(patterns('db/{a,b}.sql\nx/**').map(({ text }) => text)).toEqual(['db/{a,b}.sql', 'x/**'])
    expect(patterns('')).toEqual([])
  })

  test('what is none is named with the input', () => {
    expect(() => patterns('a.sql, ../b.sql')).toThrow(
      'Input tags: got "../b.sql", expected a path from the root of the repository, without . and ...',
    )
  })
})
