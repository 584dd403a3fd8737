import { expect, test } from '@jest/globals'
import { githubReason } from '../../src/github/reason.ts'
import { httpError } from './fake-api.ts'

function answered(status: number, message: string): Error {
  return Object.assign(new Error(message), { status, response: {} })
}

test.each<[string, unknown, string]>([
  ['an answer', httpError(404), 'GitHub answered 404: HTTP 404'],
  ['no answer', new Error('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1'],
  ['a status that is none', Object.assign(new Error('odd'), { status: '404' }), 'odd'],
  [
    'a page',
    answered(502, '<!DOCTYPE html>\n<html>Unicorn!</html>'),
    'GitHub answered 502: a web page, not JSON',
  ],
  [
    'a page after white space',
    answered(503, '\n  <html></html>'),
    'GitHub answered 503: a web page, not JSON',
  ],
  ['a page without a status', new Error('<html></html>'), 'a web page, not JSON'],
  [
    'several lines',
    answered(422, '  Validation Failed\nbody: too long'),
    'GitHub answered 422: Validation Failed',
  ],
  ['a long line', answered(502, 'ab '.repeat(70)), `GitHub answered 502: ${'ab '.repeat(65)}ab…`],
  [
    'no answer, in Octokit’s words',
    Object.assign(new Error('fetch failed'), { status: 500 }),
    'GitHub did not answer: fetch failed',
  ],
  ['an answer of 500', answered(500, 'Server Error'), 'GitHub answered 500: Server Error'],
  [
    'a token',
    answered(401, 'Bad credentials: ghs_0123456789abcdefghij'),
    'GitHub answered 401: Bad credentials: ***',
  ],
  [
    'a rate limit with its end',
    Object.assign(new Error('API rate limit exceeded'), {
      status: 403,
      response: {
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(Date.parse('2026-11-21T10:30:00Z') / 1_000),
          date: 'Sat, 21 Nov 2026 10:00:00 GMT',
        },
      },
    }),
    "GitHub's rate limit is reached; run the job again in 30m: API rate limit exceeded",
  ],
  [
    'a secondary rate limit',
    answered(403, 'You have exceeded a secondary rate limit.'),
    "GitHub's rate limit is reached; run the job again in 1m: You have exceeded a secondary rate limit.",
  ],
  [
    'an allow list',
    answered(403, 'the organization has an IP allow list enabled, and your IP address is not permitted'),
    'the IP allow list of the organization does not have the address of this runner: the organization has an IP allow list enabled, and your IP address is not permitted',
  ],
  ['nothing', new Error(''), ''],
  ['a text', 'boom', 'boom'],
])('%s', (_, error, reason) => {
  expect(githubReason(error)).toBe(reason)
})
