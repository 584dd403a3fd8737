import { describe, expect, test } from '@jest/globals'
import { code, inertLogLine, inertMarkdown } from '../../src/report/inert.ts'

describe('inertLogLine: no line is a command of the runner', () => {
  test.each([
    ['harmless', 'harmless'],
    ['a::b', 'a::b'],
    ['::error::x', ': :error::x'],
    ['  ::set-output name=x::y', '  : :set-output name=x::y'],
    ['a\n::error::x', 'a\n: :error::x'],
    ['a\r\n::error::x', 'a\n: :error::x'],
    ['##[error]x', '# #[error]x'],
    ['a ##[group]x ##[endgroup]', 'a # #[group]x # #[endgroup]'],
    ['a\r::error::x', 'a\n: :error::x'],
    ['\u0085::error::x', '\u0085: :error::x'],
    [' \u0085\t\u0085::error::x', ' \u0085\t\u0085: :error::x'],
    ['a\u0085::error::x', 'a\u0085::error::x'],
  ])('%j → %j', (text, inert) => {
    expect(inertLogLine(text)).toBe(inert)
  })

  // .NET, which reads the lines for the runner, ends one at a lone carriage return too.
  test.each([
    'a\r::add-mask::x',
    '\r::error::x',
    'a\r##[error]x',
    '\u2003::error::x',
    '\u0085::error::x',
    '\r\u0085\r::error::x',
    '\t::error::x',
    '::::x',
  ])('%j', (text) => {
    for (const line of inertLogLine(text).split(/[\r\n]+/)) {
      // .NET's Trim() takes U+0085 for white space, JavaScript's does not.
      expect(line.replace(/^[\s\u0085]+/, '').startsWith('::')).toBe(false)
      expect(line).not.toContain('##[')
    }
  })
})

describe('inertMarkdown: text stays text', () => {
  test.each([
    ['plain text 42', 'plain text 42'],
    ['a | b', String.raw`a \| b`],
    ['**bold** _it_ ~~no~~', String.raw`\*\*bold\*\* \_it\_ \~\~no\~\~`],
    ['`rm`', String.raw`\`rm\``],
    ['[x](y)', String.raw`\[x\]\(y\)`],
    ['![x](y)', String.raw`\!\[x\]\(y\)`],
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['a & b &lt;', 'a &amp; b &amp;lt;'],
    ['two\nlines\r\nand\ttabs', 'two lines and tabs'],
    ['# title', String.raw`\# title`],
    ['see #12', String.raw`see \#12`],
    ['back\\slash', String.raw`back\\slash`],
    ['@octocat', '@\u200Boctocat'],
    ['https://evil.example', 'https:\u200B//evil.example'],
  ])('%j → %j', (text, inert) => {
    expect(inertMarkdown(text)).toBe(inert)
  })

  test('an address without a scheme is no link either', () => {
    expect(inertMarkdown('see www.evil.example')).not.toContain('www.evil')
  })
})

test.each([
  ['orders', '`orders`'],
  ['a`b', '`ab`'],
  ['a|b', '`ab`'],
  ['a\r\nb', '`ab`'],
  ['@octocat', '`@octocat`'],
])('code(%j) is %s', (text, expected) => {
  expect(code(text)).toBe(expected)
})
