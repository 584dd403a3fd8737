import { describe, expect, test } from '@jest/globals'
import { code, escapeLogLine, escapeMarkdown, escapeAllButCode } from '../src/escape.ts'

describe('escapeLogLine: no line is a command of the runner', () => {
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
    expect(escapeLogLine(text)).toBe(inert)
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
    for (const line of escapeLogLine(text).split(/[\r\n]+/)) {
      // .NET's Trim() takes U+0085 for white space, JavaScript's does not.
      expect(line.replace(/^[\s\u0085]+/, '').startsWith('::')).toBe(false)
      expect(line).not.toContain('##[')
    }
  })
})

describe('escapeMarkdown: text stays text', () => {
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
    ['# title', '#\u200B title'],
    ['see #12', 'see #\u200B12'],
    ['acme/shop#12', 'acme/shop#\u200B12'],
    ['GH-12 and gh-12', 'GH-\u200B12 and gh-\u200B12'],
    ['high-12, GH-x', 'high-12, GH-x'],
    ['acme/shop@a5c3785ed8d6a358', 'acme/shop@\u200Ba5c3785ed8d6a358'],
    // It links at most to a commit of this repository, and people copy names that end like one.
    ['clone-pr-42-shop-551c8f4a', 'clone-pr-42-shop-551c8f4a'],
    ['back\\slash', String.raw`back\\slash`],
    ['@octocat', '@\u200Boctocat'],
    ['https://evil.example', 'https:\u200B//evil.example'],
  ])('%j → %j', (text, inert) => {
    expect(escapeMarkdown(text)).toBe(inert)
  })

  // GitHub makes links after white space, and after `*`, `_`, `~` and `(`.
  test.each(['see www.evil.example', '_www.evil.example', '(WWW.evil.example', 'a_www.evil.example'])(
    'an address without a scheme is no link either: %j',
    (text) => {
      expect(escapeMarkdown(text)).not.toMatch(/www\.evil/i)
    },
  )
})

describe('escapeAllButCode: code is code where it is harmless, and everything else stays text', () => {
  test.each([
    ['Run mode create.', 'Run mode create.'],
    ['Give the job `permissions: id-token: write`.', 'Give the job `permissions: id-token: write`.'],
    ['Set `a=b` (or `read`).', 'Set `a=b` \\(or `read`\\).'],
    ['`ARN_of/the.role-1`', '`ARN_of/the.role-1`'],
  ])('%j → %j', (text, expected) => {
    expect(escapeAllButCode(text)).toBe(expected)
  })

  // Names in a remedy come from AWS and from inputs.
  test.each([
    '`<img src=x onerror=1>`',
    '`@octocat`',
    '`[x](y)`',
    '`a|b`',
    '`a*b*`',
    '`$x$`',
    '`a\nb`',
    '`a\\`',
    '`\u200Ba`',
    '``a``',
    '`a``b`',
    '```a```',
    '$`a`$',
    '` a`',
    '`a `',
    '``',
    '`',
    'a`b',
    '`~~a~~`',
    '`&lt;`',
    '`<a` b `c>`',
  ])('%j is no code', (text) => {
    expect(escapeAllButCode(text)).toBe(escapeMarkdown(text))
  })

  test.each([
    ['@octocat `a` @octocat', '@\u200Boctocat `a` @\u200Boctocat'],
    ['`a` <b> `c`', '`a` &lt;b&gt; `c`'],
    ['x` `a`', 'x\\` `a`'],
    ['`a` `x', '`a` \\`x'],
    ['`a`<b>`', '`a`&lt;b&gt;\\`'],
    ['\\`a`', '\\\\`a`'],
    ['`https://evil.example` https://evil.example', '`https://evil.example` https:\u200B//evil.example'],
    ['https:`//`evil.example', 'https:`//`evil.example'],
    ['`www.evil.example` www.evil.example', '`www.evil.example` www\u200B.evil.example'],
    ['[`a`](https://evil.example)', '\\[`a`\\]\\(https:\u200B//evil.example\\)'],
    ['**`a`**', '\\*\\*`a`\\*\\*'],
    ['two\n\n# `lines`', 'two #\u200B `lines`'],
  ])('beside code, %j is %j', (text, expected) => {
    expect(escapeAllButCode(text)).toBe(expected)
  })
})

test('what is too long is cut before it is escaped', () => {
  expect(escapeMarkdown('|'.repeat(70_000))).toBe(`${String.raw`\|`.repeat(4_095)}…`)
  expect(escapeMarkdown('<'.repeat(70_000))).toMatch(/^(?:&lt;){4095}…$/)
  expect(code('x'.repeat(70_000))).toBe(`\`${'x'.repeat(299)}…\``)
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
