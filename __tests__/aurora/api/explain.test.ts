import { describe, expect, test } from '@jest/globals'
import { AwsCallError } from '../../../src/aurora/api/aws-call.ts'
import { asFailure, explainAwsError } from '../../../src/aurora/api/explain.ts'
import { Cancelled, Failure } from '../../../src/failure.ts'
import { fault, noAnswer, nodeFault } from '../../factories.ts'

const CLASS =
  'RDS does not support creating a DB instance with the following combination: DBInstanceClass=db.x, Engine=aurora'

describe('each code has its title and says what to do', () => {
  test.each<[string, string, number | undefined, string, string, RegExp]>([
    [
      'RestoreDBClusterToPointInTime',
      'CredentialsProviderError',
      undefined,
      'x',
      'Missing AWS credentials',
      /configure-aws-credentials.*id-token: write/,
    ],
    [
      'DescribeDBClusters',
      'MissingAuthenticationToken',
      403,
      'x',
      'Missing AWS credentials',
      /configure-aws-credentials/,
    ],
    [
      'DescribeDBClusters',
      'ExpiredToken',
      403,
      'x',
      'Expired AWS credentials',
      /run the job again.*role-duration-seconds/,
    ],
    ['DescribeDBClusters', 'ExpiredTokenException', 403, 'x', 'Expired AWS credentials', /run the job again/],
    ['DescribeDBClusters', 'RequestExpired', 400, 'x', 'Expired AWS credentials', /run the job again/],
    ['DescribeDBClusters', 'InvalidClientTokenId', 403, 'x', 'Rejected AWS credentials', /role-to-assume/],
    [
      'GetCallerIdentity',
      'UnrecognizedClientException',
      403,
      'x',
      'Rejected AWS credentials',
      /role-to-assume/,
    ],
    ['DescribeDBClusters', 'SignatureDoesNotMatch', 403, 'x', 'Rejected AWS credentials', /role-to-assume/],
    ['DescribeDBClusters', 'IncompleteSignature', 400, 'x', 'Rejected AWS credentials', /role-to-assume/],
    [
      'DescribeDBClusters',
      'InvalidSignatureException',
      403,
      'x',
      'Rejected AWS credentials',
      /role-to-assume/,
    ],
    ['DescribeDBClusters', 'AccessDenied', 403, 'x', 'Missing IAM permission', /rds:DescribeDBClusters/],
    [
      'DescribeDBClusters',
      'AccessDeniedException',
      403,
      'x',
      'Missing IAM permission',
      /rds:DescribeDBClusters/,
    ],
    [
      'DescribeDBClusters',
      'UnauthorizedOperation',
      403,
      'x',
      'Missing IAM permission',
      /rds:DescribeDBClusters/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'DBClusterNotFoundFault',
      404,
      'x',
      'Source cluster not found',
      /source-cluster and aws-region/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidDBClusterStateFault',
      400,
      'x',
      'Source cluster not usable',
      /available/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'DBClusterQuotaExceededFault',
      403,
      'x',
      'Quota exceeded',
      /clusters.*L-952B80B8/,
    ],
    ['CreateDBInstance', 'InstanceQuotaExceededFault', 400, 'x', 'Quota exceeded', /instances.*L-7B6409FD/],
    ['RestoreDBClusterToPointInTime', 'StorageQuotaExceededFault', 400, 'x', 'Quota exceeded', /storage/],
    [
      'RestoreDBClusterToPointInTime',
      'DBSubnetGroupNotFoundFault',
      404,
      'x',
      'Network configuration rejected',
      /db-subnet-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'DBSubnetGroupDoesNotCoverEnoughAZs',
      400,
      'x',
      'Network configuration rejected',
      /Availability Zones/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidDBSubnetGroupStateFault',
      400,
      'x',
      'Network configuration rejected',
      /db-subnet-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidSubnet',
      400,
      'x',
      'Network configuration rejected',
      /db-subnet-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidVPCNetworkStateFault',
      400,
      'x',
      'Network configuration rejected',
      /vpc-security-group-ids/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'DBClusterParameterGroupNotFoundFault',
      404,
      'x',
      'Parameter group rejected',
      /db-cluster-parameter-group-name/,
    ],
    [
      'CreateDBInstance',
      'DBParameterGroupNotFoundFault',
      404,
      'x',
      'Parameter group rejected',
      /db-parameter-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'KMSKeyNotAccessibleFault',
      400,
      'x',
      'KMS key not accessible',
      /kms:CreateGrant/,
    ],
    ['CreateDBInstance', 'InsufficientDBInstanceCapacityFault', 400, 'x', 'No capacity', /instance-class/],
    [
      'RestoreDBClusterToPointInTime',
      'InsufficientDBClusterCapacityFault',
      403,
      'x',
      'No capacity',
      /few minutes/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InsufficientStorageClusterCapacityFault',
      400,
      'x',
      'No capacity',
      /few minutes/,
    ],
    ['DescribeDBClusters', 'Throttling', 400, 'Rate exceeded', 'AWS throttled the calls', /poll-interval/],
    ['DescribeDBClusters', 'TooManyRequestsException', 429, 'x', 'AWS throttled the calls', /poll-interval/],
    [
      'CreateDBInstance',
      'InvalidParameterCombination',
      400,
      CLASS,
      'Instance class not available',
      /instance-class/,
    ],
    [
      'CreateDBInstance',
      'InvalidParameterValue',
      400,
      'Invalid DB Instance class: db.x',
      'Instance class not available',
      /instance-class/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidParameterValue',
      400,
      'The KMS key is odd',
      'AWS rejected the request',
      /Correct kms-key-id, or leave it out/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidParameterCombination',
      400,
      'The DB subnet group is in another VPC',
      'Network configuration rejected',
      /vpc-security-group-ids/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidParameterValue',
      400,
      'Invalid security group',
      'Network configuration rejected',
      /vpc-security-group-ids/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'InvalidParameterValue',
      400,
      'Port is odd',
      'AWS rejected the request',
      /input that the message names/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'ValidationError',
      400,
      'x',
      'AWS rejected the request',
      /input that the message names/,
    ],
  ])('%s, %s (%s, %s): %s', (operation, code, httpStatus, message, title, remedy) => {
    const failure = explainAwsError(fault(operation, code, { message, httpStatus }))
    expect(failure.title).toBe(title)
    expect(failure.remedy).toMatch(remedy)
    expect(failure.what).toContain(`${operation} failed: ${code}: ${message}`)
  })
})

describe('the IAM action and resource that AWS names', () => {
  const ARN = 'arn:aws:rds:eu-west-1:123456789012:cluster:clone-pr-42'
  test.each([
    [
      `User: arn:aws:sts::1:assumed-role/x is not authorized to perform: rds:AddTagsToResource on resource: ${ARN} because no identity-based policy allows it`,
      `Allow the role rds:AddTagsToResource on ${ARN}: docs/permissions.md has the whole policy.`,
    ],
    [
      'User: x is not authorized to perform: kms:CreateGrant because no policy allows it',
      'Allow the role kms:CreateGrant: docs/permissions.md has the whole policy.',
    ],
    [
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      'Allow the role sts:AssumeRoleWithWebIdentity: docs/permissions.md has the whole policy.',
    ],
    [
      'Not authorized to perform: sts:AssumeRole',
      'Allow the role sts:AssumeRole: docs/permissions.md has the whole policy.',
    ],
    [
      'You are NOT AUTHORIZED TO PERFORM: rds:Describe*',
      'Allow the role rds:Describe*: docs/permissions.md has the whole policy.',
    ],
    [
      'Access denied',
      'Allow the role rds:RestoreDBClusterToPointInTime: docs/permissions.md has the whole policy.',
    ],
  ])('%s', (message, remedy) => {
    const error = fault('RestoreDBClusterToPointInTime', 'AccessDenied', { message, httpStatus: 403 })
    expect(explainAwsError(error)).toMatchObject({ title: 'Missing IAM permission', remedy })
  })
})

describe('the message', () => {
  test('has AWS’s request, for its support', () => {
    expect(explainAwsError(fault('X', 'ValidationError', { message: 'odd' }))).toMatchObject({
      what: 'X failed: ValidationError: odd.',
      message: expect.stringMatching(/ \(AWS request request-1\)$/),
    })
  })

  test('ends in one full stop', () => {
    expect(explainAwsError(fault('X', 'ValidationError', { message: ' odd. ' })).what).toBe(
      'X failed: ValidationError: odd.',
    )
  })

  test('names no request where there was no answer', () => {
    const failure = explainAwsError(noAnswer('X'))
    expect(failure.what).toBe('X failed: TimeoutError: socket hang up.')
    expect(failure.message).not.toContain('AWS request')
  })

  test('keeps the cause', () => {
    const error = noAnswer('X')
    expect(explainAwsError(error).cause).toBe(error)
  })
})

describe('a fault of AWS’s own is not the user’s', () => {
  test.each([
    ['InternalFailure', 500],
    ['InternalError', 500],
    ['ServiceUnavailable', 503],
    ['502', 502],
  ])('%s (%s): run again, no input is wrong', (code, httpStatus) => {
    const failure = explainAwsError(fault('DescribeDBClusters', code, { httpStatus }))
    expect(failure.title).toBe('AWS rejected the request')
    expect(failure.remedy).toBe('This is a fault of AWS: run again.')
  })
})

test.each([
  ['ENOTFOUND', nodeFault('DescribeDBClusters', 'ENOTFOUND')],
  ['TimeoutError', noAnswer('DescribeDBClusters')],
])('%s: where to look', (_, error) => {
  expect(explainAwsError(error)).toMatchObject({
    title: 'AWS not reachable',
    remedy: 'Check aws-region, and HTTPS_PROXY and NO_PROXY where the runner needs a proxy; then run again.',
  })
})

test.each(['RequestLimitExceeded', 'Throttling'])('%s with 503 is throttling all the same', (code) => {
  expect(explainAwsError(fault('X', code, { httpStatus: 503 })).title).toBe('AWS throttled the calls')
})

describe('a denial says which kind of policy denies, and has the remedy of that kind', () => {
  const CALL =
    'User: arn:aws:sts::1:assumed-role/x is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:1:db:x'
  test.each([
    ['with an explicit deny in a service control policy', /service control policy.*manage the organization/],
    [
      'with an explicit deny in a resource control policy',
      /resource control policy.*manage the organization/,
    ],
    ['because no permissions boundary allows the rds:CreateDBInstance action', /permissions boundary/],
    ['with an explicit deny in a permissions boundary', /permissions boundary/],
    ['because no session policy allows the rds:CreateDBInstance action', /inline-session-policy/],
    ['with an explicit deny in a VPC endpoint policy', /VPC endpoint/],
    ['with an explicit deny in an identity-based policy', /deny statement/],
    ['with an explicit deny in a resource-based policy', /share of the source/],
  ])('%s', (reason, remedy) => {
    for (const code of ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']) {
      const failure = explainAwsError(fault('CreateDBInstance', code, { message: `${CALL} ${reason}` }))
      expect(failure.title).toBe('Missing IAM permission')
      expect(failure.remedy).toMatch(remedy)
      expect(failure.remedy).not.toMatch(/whole policy/)
    }
  })

  test.each([
    'because no resource-based policy allows it',
    'with an explicit deny in a resource-based policy',
  ])('a key, %s: its own policy', (reason) => {
    const message = `User: x is not authorized to perform: kms:CreateGrant on resource: arn:aws:kms:x ${reason}`
    const failure = explainAwsError(fault('CreateDBInstance', 'AccessDenied', { message }))
    expect(failure.remedy).toMatch(/policy of the KMS key/)
  })

  test('no identity-based policy allows it: the policy of the role', () => {
    const message = `${CALL} because no identity-based policy allows the rds:CreateDBInstance action`
    expect(explainAwsError(fault('CreateDBInstance', 'AccessDenied', { message })).remedy).toBe(
      'Allow the role rds:CreateDBInstance on arn:aws:rds:eu-west-1:1:db:x: docs/permissions.md has the whole policy.',
    )
  })
})

describe('what only the text tells', () => {
  test.each<[string, string, string, RegExp]>([
    [
      'CreateDBInstance',
      'The Parameter Group shop-pg14 with DBParameterGroupFamily aurora-postgresql14 cannot be used for this instance.',
      'Parameter group rejected',
      /db-parameter-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'The Parameter Group shop with DBParameterGroupFamily aurora-postgresql14 cannot be used.',
      'Parameter group rejected',
      /db-cluster-parameter-group-name/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'The Serverless v2 scaling configuration is not supported by this engine version.',
      'Instance class not available',
      /Set instance-class to a provisioned class/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'The network type DUAL is not supported by the subnet group.',
      'Network configuration rejected',
      /network type/,
    ],
    [
      'RestoreDBClusterToPointInTime',
      'You cannot specify a KMS key: the source is not encrypted.',
      'AWS rejected the request',
      /kms-key-id/,
    ],
  ])('%s: %s', (operation, message, title, remedy) => {
    const failure = explainAwsError(fault(operation, 'InvalidParameterCombination', { message }))
    expect(failure).toMatchObject({ title, remedy: expect.stringMatching(remedy) })
  })
})

test.each([
  ['RestoreDBClusterToPointInTime', 'InvalidRestoreFault', 'Source cluster not usable'],
  [
    'RestoreDBClusterToPointInTime',
    'VpcEncryptionControlViolationException',
    'Network configuration rejected',
  ],
  ['RestoreDBClusterToPointInTime', 'NetworkTypeNotSupported', 'Network configuration rejected'],
  ['RestoreDBClusterToPointInTime', 'StorageTypeNotSupportedFault', 'AWS rejected the request'],
  ['RestoreDBClusterToPointInTime', 'DomainNotFoundFault', 'Source cluster not usable'],
  ['CreateDBInstance', 'InvalidDBCapacityReservationStateFault', 'No capacity'],
  ['DescribeDBClusters', 'OptInRequired', 'Rejected AWS credentials'],
])('%s, %s: %s, with a remedy of its own', (operation, code, title) => {
  const { title: told, remedy } = explainAwsError(fault(operation, code))
  expect(told).toBe(title)
  expect(remedy).not.toBe('Correct the input that the message names, then run again.')
})

test.each([
  ['TypeError', new TypeError('x is not a function')],
  ['Error', new Error('odd')],
])('%s of the SDK itself does not blame the network', (_, cause) => {
  expect(explainAwsError(new AwsCallError('X', cause)).title).not.toBe('AWS not reachable')
})

describe('a fault about the clone does not blame the source', () => {
  test.each([
    ['AddTagsToResource', 'DBClusterNotFoundFault', 'DBCluster clone-pr-42 not found', 404],
    ['StartDBCluster', 'DBClusterNotFoundFault', 'DBCluster clone-pr-42 not found', 404],
    [
      'CreateDBInstance',
      'InvalidDBClusterStateFault',
      'Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.',
      400,
    ],
    ['DeleteDBInstance', 'InvalidDBClusterStateFault', 'not now', 400],
  ])('%s: %s', (operation, code, message, httpStatus) => {
    const failure = explainAwsError(fault(operation, code, { message, httpStatus }))
    expect(failure.title).not.toMatch(/Source/)
    expect(failure.remedy).not.toMatch(/source-cluster/)
  })
})

test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'])(
  'a code that is a word of JavaScript is a code like any other: %s',
  (code) => {
    expect(explainAwsError(fault('X', code, { message: 'odd' }))).toMatchObject({
      title: 'AWS rejected the request',
      message: `X failed: ${code}: odd. Correct the input that the message names, then run again. (AWS request request-1)`,
    })
  },
)

describe('asFailure', () => {
  test('leaves a failure as it is', () => {
    const failure = new Cancelled('x')
    expect(asFailure(failure)).toBe(failure)
  })

  test('explains AWS', () => {
    expect(asFailure(fault('X', 'Throttling'))).toMatchObject({ title: 'AWS throttled the calls' })
  })

  test('a call that was broken off: cancelled', () => {
    const failure = asFailure(fault('DescribeDBClusters', 'AbortError', { httpStatus: undefined }))
    expect(failure).toBeInstanceOf(Cancelled)
    expect(failure).toMatchObject({
      title: 'Cancelled',
      what: 'The run was cancelled. The run was reading the state of AWS.',
    })
  })

  test.each([
    [new Error('boom'), 'boom.'],
    ['boom!', 'boom!'],
    [42, '42.'],
  ])('%s is unexpected', (thrown, what) => {
    const failure = asFailure(thrown)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ title: 'Unexpected error', what, cause: thrown })
  })
})
