import { expect, test } from '@jest/globals'
import { fuzz } from './fuzz.ts'

test('whatever comes from outside, no run harms, leaks, lies or hangs', async () => {
  expect(await fuzz({ runs: 200, seed: 20_261_127 })).toBeUndefined()
}, 600_000)
