import { describe, expect, test } from '@jest/globals'
import { UNKNOWN_TIME_MS } from '../src/aurora/api/aws-time.ts'
import { canonicalLabel, cleanTagValue, holdOf, isHeld, timeMs } from '../src/tag-value.ts'
import { NOW_MS } from './factories.ts'

/** What RDS accepts as the value of a tag (RDS API, Tag). */
const ACCEPTED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u

describe('what AWS accepts goes through unchanged', () => {
  test.each([
    'clone-db',
    'Größe 42',
    'acme/shop',
    'https://github.com/acme/shop/pull/1',
    '2026-11-21T10:00:00Z',
    'a_b.c:d/e=f+g-h@i',
    '数据库',
    'v'.repeat(256),
  ])('%s', (text) => {
    expect(cleanTagValue(text)).toBe(text)
  })
})

// The hashes are what sha256sum gives for the text.
test.each([
  ['feat#1', 'feat-1.3e71996e'],
  ['', '.e3b0c442'],
])('"%s" becomes "%s"', (text, cleaned) => {
  expect(cleanTagValue(text)).toBe(cleaned)
})

const AWKWARD = [
  '',
  ' ',
  '\t',
  'feat#1',
  'feat&1',
  'feat,1',
  'feat 1 ',
  ' feat 1',
  'feat\n1',
  'feat\r\n1',
  'clone 🦀',
  '🦀'.repeat(300),
  '𝒜'.repeat(100),
  '𝒜'.repeat(128),
  '𝒜'.repeat(129),
  '𝒜'.repeat(300),
  'v'.repeat(257),
  `${'v'.repeat(257)}w`,
  'v'.repeat(5_000),
  `${'a '.repeat(200)}#`,
  '\uD800',
  '\uDC00x',
  '"quoted"',
  "it's",
  'a\\b',
  '`$(rm)`',
]

test.each(AWKWARD)('%j: AWS takes what comes out, and it goes through unchanged a second time', (text) => {
  const cleaned = cleanTagValue(text)
  expect(cleaned).toMatch(ACCEPTED)
  expect(cleaned.length).toBeLessThanOrEqual(256)
  expect(cleaned).toBe(cleaned.trim())
  expect(cleanTagValue(cleaned)).toBe(cleaned)
})

test('different texts stay different', () => {
  // Lone surrogates are left out: both are the same replacement character in UTF-8.
  const texts = [...AWKWARD.filter((text) => text.isWellFormed()), 'feat 1', 'feat-1', 'v'.repeat(256)]
  expect(new Set(texts.map(cleanTagValue)).size).toBe(texts.length)
})

describe('canonicalLabel', () => {
  test.each([
    ['Clone-DB', 'clone-db'],
    ['CLONE DB', 'clone db'],
    ['env: staging', 'env: staging'],
  ])('%s → %s', (label, canonical) => {
    expect(canonicalLabel(label)).toBe(canonical)
  })

  test.each(['Clone-DB', 'DB!', 'İstanbul', 'ﬀ', '🦀 DB', 'STRASSE ß'])(
    '%s: what was kept compares equal',
    (label) => {
      expect(canonicalLabel(canonicalLabel(label))).toBe(canonicalLabel(label))
    },
  )

  test('labels that differ by a character that AWS refuses are different', () => {
    expect(canonicalLabel('db!')).not.toBe(canonicalLabel('db?'))
  })
})

describe('holdOf', () => {
  test.each([
    ['2026-12-24T18:00:00Z', Date.UTC(2026, 11, 24, 18)],
    ['2026-12-24T18:00+01:00', Date.UTC(2026, 11, 24, 17)],
    ['2026-12-24', Date.UTC(2026, 11, 24)],
    ['2026-99-99', Infinity],
    ['until-friday', Infinity],
    // By whose clock? Each runner would answer with its own.
    ['2026-12-24T18:00:00', Infinity],
    ['2026-12-24 18:00', Infinity],
    ['true', Infinity],
    ['', Infinity],
    // Node takes it for a year.
    ['2026', Infinity],
    ['false', -Infinity],
    ['False', -Infinity],
  ])('a hold of "%s" ends by itself at %s', (text, untilMs) => {
    expect(holdOf(text)).toEqual({ text, untilMs })
  })

  test('no tag is no hold', () => {
    expect(holdOf(undefined)).toEqual({ text: 'false', untilMs: -Infinity })
  })
})

describe('isHeld', () => {
  test.each([
    [undefined, false],
    ['false', false],
    ['true', true],
    ['2026-11-21T09:59:59Z', false],
    ['2026-11-21T10:00:00Z', false],
    ['2026-11-21T10:00:01Z', true],
    ['2026-99-99', true],
  ])('a hold of %s holds: %s', (text, held) => {
    expect(isHeld(holdOf(text), NOW_MS)).toBe(held)
  })

  test.each([
    ['2000-01-01T00:00:00Z', true],
    ['true', true],
    ['false', false],
    [undefined, false],
  ])('at an unknown time, a hold of %s holds: %s', (text, held) => {
    expect(isHeld(holdOf(text), UNKNOWN_TIME_MS)).toBe(held)
  })
})

describe('timeMs', () => {
  test.each([
    ['2026-11-21T10:00:00.000Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00:00.5Z', Date.UTC(2026, 10, 21, 10, 0, 0, 500)],
    ['2026-11-21T10:00:30Z', Date.UTC(2026, 10, 21, 10, 0, 30)],
    ['2026-11-21T10:00Z', Date.UTC(2026, 10, 21, 10)],
    ['2026-11-21T10:00+05:30', Date.UTC(2026, 10, 21, 4, 30)],
    ['2026-11-21T10:00-08:00', Date.UTC(2026, 10, 21, 18)],
  ])('%s is a time', (text, ms) => {
    expect(timeMs(text)).toBe(ms)
  })

  test.each([
    undefined,
    '',
    'soon',
    '2026-13-21T10:00Z',
    '2026-11-21T10:60Z',
    // Node makes times of these, some by the zone of the runner.
    '0',
    '2026',
    '2026-11',
    '2026-11-21',
    '2026-11-21T10:00',
    '2026-11-21 10:00Z',
    '2026-11-21T10:00:00.1234Z',
    '+002026-11-21T10:00Z',
    ' 2026-11-21T10:00Z',
    'until 12',
    'Sat, 21 Nov 2026 10:00:00 GMT',
  ])('%s is none', (text) => {
    expect(timeMs(text)).toBeUndefined()
  })
})
