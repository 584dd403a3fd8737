import { describe, expect, test } from '@jest/globals'
import { formatDuration, formatElapsed, formatUtc, parseDurationMs } from '../src/duration.ts'

describe('parseDurationMs', () => {
  test.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['48h', 172_800_000],
    ['3d', 259_200_000],
    ['1s', 1_000],
    ['9999999s', 9_999_999_000],
    ['', undefined],
    ['30', undefined],
    ['0s', undefined],
    ['030s', undefined],
    ['-1s', undefined],
    ['1.5h', undefined],
    ['1h30m', undefined],
    ['30 s', undefined],
    ['30S', undefined],
    ['30ms', undefined],
    ['1w', undefined],
    ['10000000s', undefined],
    ['1s\n', undefined],
  ])('%j is %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })
})

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [-5_000, '0s'],
    [499, '0s'],
    [500, '1s'],
    [30_000, '30s'],
    [59_600, '1m'],
    [75_000, '1m15s'],
    [3_600_000, '1h'],
    [3_601_000, '1h'],
    [5_400_000, '1h30m'],
    [86_400_000, '1d'],
    [90_061_000, '1d1h'],
    [604_800_000, '7d'],
  ])('%s ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

test.each([
  [0, '0.0s'],
  [-5, '0.0s'],
  [1_234, '1.2s'],
  [9_940, '9.9s'],
  [10_000, '10s'],
  [75_000, '1m15s'],
])('%s ms took %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text)
})

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
