import { expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../../local/github/representation.ts'
import { expandMatrix, matrixSuffix } from '../../../local/runner/matrix.ts'

test.each<[string, Json, JsonObject[]]>([
  ['one vector', { a: [1, 2] }, [{ a: 1 }, { a: 2 }]],
  [
    'the last vector changes fastest',
    { a: [1, 2], b: ['x', 'y'] },
    [
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ],
  ],
  [
    'an entry that extends one',
    { a: [1, 2], include: [{ a: 2, more: true }] },
    [{ a: 1 }, { a: 2, more: true }],
  ],
  [
    'an entry that extends all',
    { a: [1, 2], include: [{ more: 1 }] },
    [
      { a: 1, more: 1 },
      { a: 2, more: 1 },
    ],
  ],
  ['an entry of its own', { a: [1], include: [{ a: 3 }] }, [{ a: 1 }, { a: 3 }]],
  [
    'a later entry may change what an entry added, not a vector',
    { a: [1, 2], include: [{ more: 1 }, { a: 2, more: 2 }] },
    [
      { a: 1, more: 1 },
      { a: 2, more: 2 },
    ],
  ],
  ['entries alone', { include: [{ a: 1 }, { a: 2, b: 3 }] }, [{ a: 1 }, { a: 2, b: 3 }]],
])('%s', (_name, matrix, combinations) => {
  expect(expandMatrix(matrix)).toEqual(combinations)
})

test.each<[Json, string]>([
  [{ a: [] }, "Matrix vector 'a' does not contain any values"],
  [{ a: 'x' }, "matrix vector 'a' is not a list"],
  [{ a: [1], exclude: [] }, 'exclude is not supported'],
  [{ include: 'x' }, 'include is not a list'],
  [{ include: ['x'] }, 'an entry that is not a map'],
  [{}, 'at least one vector'],
  ['x', 'is not a map'],
  [{ a: Array.from({ length: 257 }, (_, index) => index) }, '257 jobs'],
])('%j is refused', (matrix, message) => {
  expect(() => expandMatrix(matrix)).toThrow(message)
})

test.each<[JsonObject, string]>([
  [{ a: 1, b: 'x' }, ' (1, x)'],
  [{ a: { name: 'orders', size: 2 } }, ' (orders, 2)'],
  [{}, ''],
])('the jobs of %j are told apart by "%s"', (combination, suffix) => {
  expect(matrixSuffix(combination)).toBe(suffix)
})
