import { expect, test } from '@jest/globals'
import { Secrets } from '../src/secrets.ts'

function known(...secrets: readonly (string | undefined)[]) {
  const masks: string[] = []
  const all = new Secrets((secret) => {
    masks.push(secret)
  })
  for (const secret of secrets) all.add(secret)
  return { all, masks }
}

test('each is masked', () => {
  expect(known('hunter22', 'other').masks).toEqual(['hunter22', 'other'])
})

test('what is not there, or no longer than a word of everyday, is no secret', () => {
  const { all, masks } = known(undefined, '', 'abc')
  all.add('test', 16)
  expect(masks).toEqual([])
  expect(all.hide('abc test')).toBe('abc test')
})

test('is hidden in the form in which it is written', () => {
  const { all } = known('a+b"c')
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  expect(all.hide(JSON.stringify({ because: 'no a+b"c' }), inJson)).toBe('{"because":"no ***"}')
  const starred = (text: string): string => text.replaceAll(/[+*]/g, String.raw`\$&`)
  expect(all.hide(String.raw`raw a+b"c, written a\+b"c`, starred)).toBe(
    String.raw`raw \*\*\*, written \*\*\*`,
  )
})

test('is hidden wherever it stands, the longest first', () => {
  const { all } = known('$&.token', '$&.token-and-more')
  expect(all.hide('a$&.token $&.token-and-more')).toBe('a*** ***')
})
