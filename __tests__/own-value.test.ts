import { expect, test } from '@jest/globals'
import { ownValue } from '../src/own-value.ts'

test.each([
  ['held', 'yes'],
  ['other', undefined],
  ['constructor', undefined],
  ['toString', undefined],
  ['hasOwnProperty', undefined],
  ['__proto__', undefined],
])('%s: %s', (key, value) => {
  expect(ownValue({ held: 'yes' }, key)).toBe(value)
})
