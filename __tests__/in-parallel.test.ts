import { expect, test } from '@jest/globals'
import { inParallel } from '../src/in-parallel.ts'

/** Work that ends when it is told to, and how much of it is under way. */
function workshop() {
  const ends = new Map<string, (result: string) => void>()
  const begun: string[] = []
  return {
    begun,
    work: (item: string): Promise<string> => {
      begun.push(item)
      const { promise, resolve } = Promise.withResolvers<string>()
      ends.set(item, resolve)
      return promise
    },
    end: async (item: string): Promise<void> => {
      ends.get(item)?.(item.toUpperCase())
      // What waits for it has its turn.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('at most so many at a time, and the results in the order of the items', async () => {
  const { begun, work, end } = workshop()
  const all = inParallel(['a', 'b', 'c', 'd'], 2, work)
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('c')
  await end('a')
  await end('d')
  expect(await all).toEqual(['A', 'B', 'C', 'D'])
})

test('fewer items than turns', async () => {
  const { begun, work, end } = workshop()
  const all = inParallel(['a'], 4, work)
  await end('a')
  expect([await all, begun]).toEqual([['A'], ['a']])
})

test('nothing to do', async () => {
  expect(await inParallel([], 4, () => Promise.reject(new Error('called')))).toEqual([])
})
