import { expect, test } from '@jest/globals'
import { formatUtc } from '../src/utc-time.ts'

test.each([
  ['2026-11-28T07:30:12.123Z', '2026-11-28 07:30 UTC'],
  ['2026-11-28T07:30Z', '2026-11-28 07:30 UTC'],
  ['2026-11-28T07:30:00+05:00', '2026-11-28 02:30 UTC'],
  ['2026-11-28', '2026-11-28'],
  ['soon', 'soon'],
  ['2026-13-28T07:30Z', '2026-13-28T07:30Z'],
  // By whose clock?
  ['2026-11-28T07:30', '2026-11-28T07:30'],
])('%s is %s', (iso, text) => {
  expect(formatUtc(iso)).toBe(text)
})
