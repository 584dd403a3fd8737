import { describe, expect, test } from '@jest/globals'
import { quote, shorten, shortenLines } from '../src/quotation.ts'

const TOKEN = `IQoJb3JpZ2luX2VjEHoaCWV1LXdlc3QtMSJHMEUCIQD${'a1B2c3/+'.repeat(40)}==`
const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const SIGNATURE = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7'

describe('quote: text from outside, on one line', () => {
  test.each([
    ['DBCluster orders not found.', 'DBCluster orders not found.'],
    ['  spaces \n', 'spaces'],
    ['\n\nfirst\nsecond', 'first'],
    ['first\r\nsecond', 'first'],
    ['first\rsecond', 'first'],
    ['first\u0085second', 'first'],
    ['first\u2028second', 'first'],
    ['a\u0000b\tc\u001b[31mred', 'a b c [31mred'],
    ['a\u202Eevil\u2066', 'a evil'],
    ['half a pair \uD83D', 'half a pair \uFFFD'],
    ['', ''],
  ])('%j → %j', (text, quoted) => {
    expect(quote(text)).toBe(quoted)
  })

  test('in at most 500 characters, however long it is', () => {
    const quoted = quote('many words '.repeat(5_000_000 / 11))
    expect(quoted.length).toBeLessThanOrEqual(500)
    expect(quoted).toMatch(/^many words many .* (?:many|words)…$/)
  })

  test('or fewer', () => {
    expect(quote('the quick brown fox', 12)).toBe('the quick…')
  })
})

describe('quote: nothing that opens a door', () => {
  test.each([
    ['a header', `x-amz-security-token:${TOKEN}`, 'x-amz-security-token:***'],
    ['a short token', 'x-amz-security-token: abc next', 'x-amz-security-token: *** next'],
    [
      'parameters',
      `GET /?X-Amz-Credential=AKIA%2F2026&X-Amz-Security-Token=${encodeURIComponent(TOKEN)}&X-Amz-Signature=${SIGNATURE}&x=1`,
      'GET /?X-Amz-Credential=***&X-Amz-Security-Token=***&X-Amz-Signature=***&x=1',
    ],
    [
      'keys that were swapped',
      `'${KEY}/20261127/eu-west-1/rds/aws4_request' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential= ${KEY}/20261127/eu-west-1/rds/aws4_request, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}'.`,
      `'***' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential= ***, SignedHeaders=host;x-amz-date, Signature=***'.`,
    ],
    ['a token alone', `token ${TOKEN} is not valid`, 'token *** is not valid'],
    ['an authorization', 'authorization: Bearer abcdefgh0123456789', 'authorization: Bearer ***'],
    ['GitHub’s', 'bad ghs_0123456789abcdefghij here', 'bad *** here'],
    ['a JSON web token', 'bad eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'bad ***'],
    [
      'a password in an address',
      'proxy http://runner:p%40ss@proxy.example:80 said no',
      'proxy http://runner:***@proxy.example:80 said no',
    ],
    ['the beginning of a long one', `x-amz-security-token:${TOKEN.repeat(100)}`, 'x-amz-security-token:***'],
  ])('%s', (_, text, quoted) => {
    expect(quote(text)).toBe(quoted)
  })

  test.each([
    'The security token included in the request is expired',
    'User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/first.last@example.com is not authorized to perform: rds:AddTagsToResource on resource: arn:aws:rds:eu-west-1:123456789012:cluster:clone-pr-42-shop-0123456789abcdef because no identity-based policy allows the rds:AddTagsToResource action',
    'Signature expired: 20261127T100000Z is now earlier than 20261127T101500Z (20261127T103000Z - 15 min.)',
    'The parameter MaxCapacity=4 must be greater, see https://docs.aws.amazon.com/a:b/c@d',
  ])('and nothing else is lost: %s', (text) => {
    expect(quote(text)).toBe(text)
  })
})

describe('shorten', () => {
  test.each([
    ['fits', 4, 'fits'],
    ['two words', 8, 'two…'],
    ['two words', 4, 'two…'],
    ['two  words', 6, 'two…'],
    [`a ${'x'.repeat(200)}`, 150, `a ${'x'.repeat(147)}…`],
    ['x'.repeat(200), 100, `${'x'.repeat(99)}…`],
    ['ab😀cd', 4, 'ab…'],
    ['ab😀cd', 5, 'ab😀…'],
    ['anything', 1, '…'],
    ['anything', 0, '…'],
  ])('%j in %s: %j', (text, length, short) => {
    expect(shorten(text, length)).toBe(short)
  })
})

describe('shortenLines', () => {
  test.each([
    ['fits', 100, 'fits'],
    ['one\ntwo\nthree three three three', 25, 'one\ntwo\n\n(shortened)'],
    ['äöü\näöüäöüäöüäöüäöü', 24, 'äöü\n\n(shortened)'],
    ['a single line that does not fit', 20, '\n\n(shortened)'],
  ])('%j in %s bytes: %j', (text, bytes, short) => {
    const shortened = shortenLines(text, bytes)
    expect(shortened).toBe(short)
    expect(Buffer.byteLength(shortened)).toBeLessThanOrEqual(bytes)
  })
})
