import { describe, expect, test } from '@jest/globals'
import {
  AwsCallError,
  EMPTY_ANSWER,
  UNCLEAR_ANSWER,
  hasCode,
  isOutOfCapacity,
  isDeniedToNew,
  isTransient,
  isThrottling,
  isUnreachable,
} from '../../../src/aurora/api/aws-call.ts'
import { UNKNOWN_TIME_MS } from '../../../src/aurora/api/aws-time.ts'
import { MINUTE, NOW_MS, fault, noAnswer, nodeFault } from '../../factories.ts'

describe('AwsCallError', () => {
  test('says which call, which code, which status and which request', () => {
    const cause = Object.assign(new Error('no'), {
      name: 'InvalidDBClusterStateFault',
      $metadata: { httpStatusCode: 400, requestId: 'abc' },
    })
    const error = new AwsCallError('CreateDBInstance', cause)
    expect(error).toMatchObject({
      name: 'AwsCallError',
      message: 'no',
      operation: 'CreateDBInstance',
      code: 'InvalidDBClusterStateFault',
      httpStatus: 400,
      requestId: 'abc',
      cause,
    })
  })

  test.each([
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('made from %s', (_, cause, message) => {
    expect(new AwsCallError('X', cause)).toMatchObject({
      message,
      code: 'Unknown',
      httpStatus: undefined,
      requestId: undefined,
    })
  })
})

describe('what AWS says is quoted, not repeated', () => {
  const CANONICAL =
    "\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:rds\nx-amz-security-token:IQoJb3JpZ2luX2Vj\n'"
  const REFUSED =
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
  test.each([
    ['SignatureDoesNotMatch', `${REFUSED}${CANONICAL}`, `${REFUSED.split('.')[0] ?? ''}.`],
    ['InvalidSignatureException', 'Bad x-amz-security-token:abc', 'Bad x-amz-security-token:***'],
    [
      'IncompleteSignature',
      'Not valid (Credential=abc, Signature=def). More',
      'Not valid (Credential=***, Signature=***).',
    ],
    ['ValidationError', `no.${CANONICAL}`, 'no.'],
    ['AccessDenied', 'One. Two. x-amz-security-token:abc', 'One. Two. x-amz-security-token:***'],
    ['InternalFailure', 'x'.repeat(70_000), '***'],
    ['InternalFailure', 'a page '.repeat(1_000), expect.stringMatching(/^a page .{400,495}…$/)],
  ])('%s: %s', (name, message, said) => {
    const error = new AwsCallError('X', Object.assign(new Error(message), { name }))
    expect(error.message).toEqual(said)
    expect(error.stack).not.toContain('IQoJb3JpZ2luX2Vj')
  })

  test.each([
    ['InvalidParameterValue', 'InvalidParameterValue'],
    ['502', '502'],
    ['constructor', 'constructor'],
    ['a b', 'Unknown'],
    ['x'.repeat(129), 'Unknown'],
    ['', 'Unknown'],
    [{ a: 1 }, 'Unknown'],
  ])('code %j is %s', (name, code) => {
    expect(new AwsCallError('X', { name, message: 'm' }).code).toBe(code)
  })

  test.each([
    ['a4b1-7', 'a4b1-7'],
    ['::error::x y', undefined],
    [7, undefined],
  ])('request %j is %s', (requestId, expected) => {
    expect(new AwsCallError('X', { $metadata: { requestId } }).requestId).toBe(expected)
  })
})

test.each<[string, Error, string]>([
  [
    'every address, without a message of its own',
    new AggregateError([new Error('connect ECONNREFUSED ::1:443'), 'connect ETIMEDOUT']),
    'connect ECONNREFUSED ::1:443, connect ETIMEDOUT',
  ],
  ['with one', new AggregateError([new Error('x')], 'all failed'), 'all failed'],
  ['a code alone', Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
  ['a name alone', Object.assign(new Error(''), { name: 'TimeoutError' }), 'TimeoutError'],
])('what is said of a failed connection: %s', (_, cause, message) => {
  expect(new AwsCallError('X', cause).message).toBe(message)
})

test.each([
  [200, UNCLEAR_ANSWER],
  [204, UNCLEAR_ANSWER],
  [302, 'SyntaxError'],
  [400, 'SyntaxError'],
  [undefined, 'SyntaxError'],
])('an answer with status %s that the SDK cannot read has the code %s', (httpStatus, code) => {
  expect(fault('X', 'SyntaxError', { httpStatus }).code).toBe(code)
})

test('hasCode', () => {
  const error = fault('X', 'DBClusterNotFoundFault')
  expect(hasCode(error, 'A', 'DBClusterNotFoundFault')).toBe(true)
  expect(hasCode(error, 'A')).toBe(false)
  expect(hasCode(Object.assign(new Error('x'), { code: 'A' }), 'A')).toBe(false)
})

const at = (code: string, httpStatus: number | undefined) => fault('X', code, { httpStatus })

test.each([
  [at('Throttling', 400), true],
  [at('ThrottlingException', 400), true],
  [at('RequestThrottled', 400), true],
  [at('RequestLimitExceeded', 503), true],
  [at('TooManyRequestsException', 429), true],
  [at('DBClusterQuotaExceededFault', 403), false],
])('isThrottling(%s) is %s', (error, expected) => {
  expect(isThrottling(error)).toBe(expected)
})

test.each([
  [noAnswer('X'), true],
  [nodeFault('X', 'ECONNREFUSED'), true],
  [nodeFault('X', 'ENOTFOUND'), true],
  [nodeFault('X', 'ECONNRESET'), true],
  [new AwsCallError('X', new TypeError('x is not a function')), false],
  [new AwsCallError('X', Object.assign(new Error('Request aborted'), { name: 'AbortError' })), false],
  [new AwsCallError('X', 'boom'), false],
  [new AwsCallError('X', undefined), false],
  [new AwsCallError('X', null), false],
  [
    new AwsCallError(
      'X',
      Object.assign(new Error('x'), { code: 'ECONNRESET', $metadata: { httpStatusCode: 400 } }),
    ),
    false,
  ],
  [at('CredentialsProviderError', undefined), false],
  [at('TokenProviderError', undefined), false],
  [at('InternalFailure', 500), false],
  // The answer began, and then the connection broke.
  [
    new AwsCallError(
      'X',
      Object.assign(new Error('aborted'), { code: 'ECONNRESET', $metadata: { httpStatusCode: 200 } }),
    ),
    true,
  ],
])('isUnreachable(%s) is %s', (error, expected) => {
  expect(isUnreachable(error)).toBe(expected)
})

test.each([
  [at('Throttling', 400), true],
  [at('InternalFailure', 500), true],
  [at('ServiceUnavailable', 503), true],
  [noAnswer('X'), true],
  [nodeFault('X', 'ECONNRESET'), true],
  [at(EMPTY_ANSWER, undefined), true],
  [at(UNCLEAR_ANSWER, undefined), true],
  [new AwsCallError('X', new TypeError('x is not a function')), false],
  [at('AccessDenied', 403), false],
  [at('ExpiredToken', 403), false],
  [at('InvalidDBClusterStateFault', 400), false],
  [at('CredentialsProviderError', undefined), false],
  [new Error('socket hang up'), false],
  [undefined, false],
])('isTransient(%s) is %s', (error, expected) => {
  expect(isTransient(error)).toBe(expected)
})

describe('isDeniedToNew: access checks may not see a new clone’s tags yet', () => {
  const denied = at('AccessDenied', 403)
  test.each<[string, unknown, number, boolean]>([
    ['AccessDenied', denied, 0, true],
    ['AccessDeniedException', at('AccessDeniedException', 400), 0, true],
    ['UnauthorizedOperation', at('UnauthorizedOperation', 403), 0, true],
    ['a moment before two minutes', denied, 2 * MINUTE - 1, true],
    ['after two minutes', denied, 2 * MINUTE, false],
    ['at an unknown time', denied, UNKNOWN_TIME_MS, false],
    ['another fault', at('DBClusterNotFoundFault', 404), 0, false],
    ['expired credentials', at('ExpiredToken', 403), 0, false],
    ['no fault of AWS', Object.assign(new Error('x'), { code: 'AccessDenied' }), 0, false],
  ])('%s', (_, error, ageMs, expected) => {
    expect(isDeniedToNew(error, { createdAtMs: NOW_MS, nowMs: NOW_MS + ageMs })).toBe(expected)
  })

  test.each([
    'with an explicit deny in a service control policy',
    'because no permissions boundary allows the action',
    'because no session policy allows the action',
    'with an explicit deny in a VPC endpoint policy',
    'because no resource-based policy allows the action',
  ])('not if others deny it: %s', (because) => {
    const error = fault('X', 'AccessDenied', { httpStatus: 403, message: `not authorized ${because}` })
    expect(isDeniedToNew(error, { createdAtMs: NOW_MS, nowMs: NOW_MS })).toBe(false)
  })

  test('of an unknown age it is not new', () => {
    expect(isDeniedToNew(denied, { createdAtMs: UNKNOWN_TIME_MS, nowMs: NOW_MS })).toBe(false)
    expect(isDeniedToNew(denied, { createdAtMs: UNKNOWN_TIME_MS, nowMs: UNKNOWN_TIME_MS })).toBe(false)
  })
})

test.each([
  [at('InsufficientDBClusterCapacityFault', 403), true],
  [at('InsufficientDBInstanceCapacityFault', 400), true],
  [at('InsufficientStorageClusterCapacityFault', 400), true],
  [at('InsufficientDBInstanceCapacity', 400), true],
  [at('StorageQuotaExceededFault', 400), false],
  [new Error('InsufficientDBInstanceCapacityFault'), false],
])('isOutOfCapacity(%s) is %s', (error, expected) => {
  expect(isOutOfCapacity(error)).toBe(expected)
})
