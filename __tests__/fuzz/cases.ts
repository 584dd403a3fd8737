import * as rds from '@aws-sdk/client-rds'
import fc from 'fast-check'
import type { RdsOperation } from '../../local/aurora/operations.ts'
import { MODES } from '../../src/contract.ts'

// What may come to a run from outside, by chance. Plain data, so that a counterexample can be printed and played again.

export const SECRETS = {
  token: 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: `IQoJb3JpZ2luX2VjEHMaCWV1LXdlc3QtMSJIMEYCIQ${'D7hTq0a/Zx9+'.repeat(20)}==`,
} as const

/** Said by no message of ours: an annotation that begins with it was made by a text from outside. */
export const PWNED = 'pwned'

const MARKUP = [
  `\n::error::${PWNED}`,
  `::warning title=x::${PWNED}`,
  `%0A::error::${PWNED}`,
  `\r\n::notice::${PWNED}`,
  `\u0085::error::${PWNED}`,
  `##[error]${PWNED}`,
  `a\n##[group]${PWNED}`,
  '<img src=x onerror=alert(1)>',
  '[click](https://example.com) ![i](https://example.com/i.png)',
  '@everyone #1 acme/shop#12',
  '`code` | cell | **bold** <details>',
  '${{ github.token }} $(id) `id`; rm -rf /',
  '\u{1F4A5}\uD83D \u202E \u0000',
] as const

const PROTOTYPE_WORDS = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'] as const

/** Would be XML of another shape. */
const NO_CODE = /[<>&\p{Cc}]/u

const LONG = 'a long text of many words '.repeat(2_700)

const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...MARKUP),
  fc.constantFrom(...PROTOTYPE_WORDS),
  fc.constantFrom('', ' ', '-', '0', '-1', '1e9', LONG, 'x'.repeat(5_000)),
  fc.string({ maxLength: 40 }),
)

// Inputs.

const often = (...values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom(...values), weight: 12 }, { arbitrary: hostile, weight: 1 })

const INPUTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'source-cluster': often(
    'orders',
    'orders',
    'arn:aws:rds:eu-west-1:123456789012:cluster:orders',
    'prod-billing',
  ),
  label: often('clone-db', 'Clone-DB', 'other', 'constructor'),
  'pr-number': often('42', '43', '4294967296'),
  'clone-key': often('nightly', 'ops', 'other'),
  generation: often('101', '102', 'evil1'),
  'clone-name': often('second', 'held', 'safe', 'by-hand', 'stack', 'renamed'),
  'identifier-prefix': often('clone', 'preview'),
  'aws-region': often('eu-west-1', 'us-east-1'),
  ttl: often('7d', '10m', '365d'),
  hold: often('true', 'false', '2099-01-01T00:00:00Z', '2020-01-01T00:00:00Z'),
  wait: often('true', 'false'),
  'wait-timeout': often('30m', '2m', '1s', '20s'),
  'poll-interval': often('1m', '5m', '30s'),
  'instance-class': often('db.serverless', 'db.r6g.large'),
  'min-acu': often('0', '0.5', '8'),
  'max-acu': often('4', '1'),
  'allowed-account-ids': often('123456789012', '999999999999'),
  'allow-forks': often('true', 'false'),
  'max-clones': often('15', '1'),
  'source-key': often('nightly', 'ops'),
  tags: often('Team=payments', 'Team=payments, CostCenter=42'),
  scope: often('repository', 'account'),
  'dry-run': often('false', 'false', 'true'),
  'max-deletions': often('20', '1'),
  'keep-latest': often('0', '1', '2'),
  comment: often('true', 'false'),
  'comment-details': often('full', 'minimal'),
  'env-prefix': often('DB_', 'PG', 'GH_', 'AWS_'),
  'restore-to-time': often('2026-11-20T06:00:00Z'),
  'kms-key-id': often('alias/shop'),
}

/** Mostly few are set, as people do. */
const inputs: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .subarray(Object.entries(INPUTS), { maxLength: 6 })
  .chain((entries) => fc.record(Object.fromEntries(entries)))

// AWS.

const OPERATIONS: readonly RdsOperation[] = [
  'DescribeDBClusters',
  'DescribeDBClusters',
  'DescribeDBClusters',
  'DescribeDBInstances',
  'DescribeDBSubnetGroups',
  'DescribeEvents',
  'RestoreDBClusterToPointInTime',
  'CreateDBInstance',
  'AddTagsToResource',
  'StartDBCluster',
  'DeleteDBInstance',
  'DeleteDBCluster',
]

const FAULTS_OF_RDS = Object.entries(rds)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof rds.RDSServiceException)
  .map(([name]) => name)

/** RDS API reference, "Common errors", and what the SDK and STS say. */
const COMMON_CODES = [
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'IncompleteSignature',
  'InternalFailure',
  'InvalidAction',
  'InvalidClientTokenId',
  'InvalidParameterCombination',
  'InvalidParameterValue',
  'MissingAuthenticationToken',
  'OptInRequired',
  'RequestExpired',
  'ServiceUnavailable',
  'SignatureDoesNotMatch',
  'Throttling',
  'ThrottlingException',
  'UnrecognizedClientException',
  'ValidationError',
] as const

const CANONICAL = [
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and',
  'signing method. The Canonical String for this request should have been',
  `'POST\n/\n\nhost:rds.eu-west-1.amazonaws.com\nx-amz-date:20261121T100000Z\nx-amz-security-token:${SECRETS.sessionToken}\n`,
  `\nhost;x-amz-date;x-amz-security-token\n0f1e2d'`,
].join(' ')

const message = fc.oneof(
  fc.constantFrom(
    'The request was refused.',
    'DbCluster is not currently in the available state.',
    'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
    'DB cluster is already being deleted.',
    'User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: rds:X on resource: arn:x',
    CANONICAL,
    `Credential=AKIAEXAMPLE/20261121, X-Amz-Security-Token=${encodeURIComponent(SECRETS.sessionToken)}&X-Amz-Signature=00`,
    LONG,
  ),
  hostile,
)

export const REWRITES = [
  'no-tags',
  'no-create-time',
  'late-create-time',
  'no-status',
  'odd-status',
  'no-resource-id',
  'no-members',
  'no-identifier',
  'foreign-identifier',
  'no-clusters',
  'half',
  'twice',
  'odd-text',
] as const
export type Rewrite = (typeof REWRITES)[number]

const strange = fc.record({
  body: fc.oneof(
    fc.constantFrom(
      '',
      '{}',
      'null',
      '<html>Sign in</html>',
      '<DescribeDBClustersResponse/>',
      '<a>'.repeat(500),
    ),
    hostile,
  ),
  httpStatus: fc.constantFrom(200, 200, 200, 204, 302, 400, 403, 404, 407, 500, 503),
  contentType: fc.constantFrom('text/xml', 'text/html', 'application/json'),
})

const awsFault = fc.oneof(
  fc.record({
    kind: fc.constant('refusal' as const),
    code: fc.oneof(
      { arbitrary: fc.constantFrom(...FAULTS_OF_RDS, ...COMMON_CODES), weight: 8 },
      { arbitrary: fc.constantFrom(...PROTOTYPE_WORDS), weight: 1 },
      { arbitrary: hostile.filter((text) => !NO_CODE.test(text)), weight: 1 },
    ),
    message,
    httpStatus: fc.constantFrom(400, 400, 403, 404, 429, 500, 503),
  }),
  fc.record({ kind: fc.constant('strange' as const), answer: strange }),
  fc.record({ kind: fc.constant('rewrite' as const), rewrite: fc.constantFrom(...REWRITES) }),
  fc.record({
    kind: fc.constant('wire' as const),
    fault: fc.constantFrom(
      'throttle',
      'internal-error',
      'drop-before',
      'drop-after',
      'html-502',
      'stall',
      'new-marker',
      'same-marker',
      'no-date',
    ),
  }),
)
export type AwsFaultCase = typeof awsFault extends fc.Arbitrary<infer Case> ? Case : never

const when = { skip: fc.constantFrom(0, 0, 0, 1, 2, 4), times: fc.constantFrom(1, 1, 2, 8, 250) }

const awsTroubles = fc.array(
  fc.record({ operation: fc.constantFrom(...OPERATIONS), ...when, fault: awsFault }),
  { maxLength: 3 },
)

// GitHub.

const githubTroubles = fc.array(
  fc.record({
    path: fc.constantFrom('pull', 'pulls', 'comments', 'labels', 'graphql', 'any'),
    ...when,
    fault: fc.oneof(
      fc.record({
        kind: fc.constant('status' as const),
        status: fc.constantFrom(301, 400, 401, 403, 404, 410, 422, 429, 500, 502, 503),
      }),
      fc.record({ kind: fc.constant('drop' as const) }),
      fc.record({ kind: fc.constant('stall' as const) }),
      fc.record({
        kind: fc.constant('body' as const),
        status: fc.constantFrom(200, 200, 403, 422),
        body: fc.oneof(
          fc.constantFrom<unknown>(null, [], {}, 'text', { message: LONG }, { state: 'constructor' }, [null]),
          hostile.map((text) => ({ message: text, state: text, labels: [{ name: text }] })),
        ),
      }),
    ),
  }),
  { maxLength: 2 },
)

// What stands, and what people do meanwhile.

export const STANDING = [
  'none',
  'ready',
  'creating',
  'expired',
  'no-writer',
  'stopped',
  'failed',
  'deleting',
] as const
export const EVENTS = [
  'labeled',
  'synchronize',
  'closed',
  'unlabeled',
  'schedule',
  'workflow_dispatch',
  'issue_comment',
  'push',
  'garbage',
] as const
export const HAND_ACTS = ['hold', 'protect', 'rename', 'swap', 'close', 'reopen', 'unlabel'] as const

const handActs = fc.array(
  fc.record({
    act: fc.constantFrom(...HAND_ACTS),
    of: fc.constantFrom('GitHub', 'AWS'),
    nth: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 2 },
)

const some = <T>(weight: number, arbitrary: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> =>
  fc.oneof({ arbitrary, weight }, { arbitrary: fc.constant<T[]>([]), weight: 1 })

export const fuzzCase = fc.record({
  mode: fc.oneof({ arbitrary: fc.constantFrom(...MODES), weight: 30 }, { arbitrary: hostile, weight: 1 }),
  inputs,
  event: fc.constantFrom(...EVENTS),
  isClosed: fc.boolean(),
  isPrivate: fc.boolean(),
  isFork: fc.constantFrom(false, false, false, true),
  labels: fc.array(fc.oneof(fc.constantFrom('clone-db', 'clone-db', 'bug'), hostile.filter(isLabel)), {
    maxLength: 3,
  }),
  standing: fc.constantFrom(...STANDING),
  nights: fc.integer({ min: 0, max: 3 }),
  behaviour: fc.record({
    createInstanceWhileCreating: fc.constantFrom('accept' as const, 'refuse' as const),
    deleteClusterWhileCreating: fc.constantFrom('accept' as const, 'refuse' as const),
    coveredByAwsBackup: fc.boolean(),
    emptyLists: fc.constantFrom('absent' as const, 'present' as const),
    notFoundAfterCreateMs: fc.constantFrom(0, 0, 5_000),
    availableAfterDeleteMs: fc.constantFrom(0, 0, 20_000),
    renamedClusterInstancesLagMs: fc.constantFrom(0, 3_600_000),
  }),
  credentials: fc.constantFrom('all', 'all', 'all', 'all', 'all', 'none', 'no-session'),
  aws: some(3, awsTroubles),
  github: some(2, githubTroubles),
  hand: some(1, handActs),
})
export type FuzzCase = typeof fuzzCase extends fc.Arbitrary<infer Case> ? Case : never

/** What GitHub itself takes as the name of a label. */
function isLabel(text: string): boolean {
  return text.trim() !== '' && text.length <= 50 && !/[\p{Cc},]/u.test(text)
}
