import { Cancelled, Failure, type FailureTitle, messageOf } from '../../failure.ts'
import { ownValue } from '../../own-value.ts'
import { quote } from '../../quotation.ts'
import {
  AwsCallError,
  EMPTY_ANSWER,
  UNCLEAR_ANSWER,
  hasCode,
  isOutOfCapacity,
  isThrottling,
  isUnreachable,
} from './aws-call.ts'

/** Explains a refusal to the user. Codes are from the RDS API reference (each action, "Common errors"), as the SDK names them. */
export function explainAwsError(error: AwsCallError): Failure {
  const { title, remedy } = explanation(error)
  return new Failure({
    title,
    what: `${error.operation} failed: ${error.code}: ${sentence(error.message)}`,
    remedy,
    requestId: error.requestId,
    cause: error,
  })
}

/** Turns anything that was thrown into the failure that the user sees. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  // The SDK aborts a call only after a cancellation.
  if (hasCode(error, 'AbortError')) return new Cancelled('The run was reading the state of AWS.')
  if (error instanceof AwsCallError) return explainAwsError(error)
  return new Failure({
    title: 'Unexpected error',
    what: sentence(quote(messageOf(error))),
    remedy: 'Run again with debug logging. If it happens again, please report it with the log.',
    cause: error,
  })
}

type Explanation = Pick<Failure, 'title' | 'remedy'>

function explained(title: FailureTitle, remedy: string): Explanation {
  return { title, remedy }
}

function explanation(error: AwsCallError): Explanation {
  const byCode = ownValue(BY_CODE, error.code)
  if (byCode !== undefined) return typeof byCode === 'function' ? byCode(error) : byCode
  if ((error.httpStatus ?? 0) >= 500 && !isThrottling(error)) return AWS_FAULT
  if (isOutOfCapacity(error)) return NO_CAPACITY
  if (isThrottling(error)) return THROTTLED
  return isUnreachable(error) ? UNREACHABLE : REJECTED
}

const NO_CAPACITY = explained('No capacity', 'Run again in a few minutes, or choose another instance-class.')
const THROTTLED = explained(
  'AWS throttled the calls',
  'Run again. If it happens again, raise poll-interval and look for other tools that call RDS in this account.',
)
const UNREACHABLE = explained(
  'AWS not reachable',
  'Check aws-region, and HTTPS_PROXY and NO_PROXY where the runner needs a proxy; then run again.',
)
const NOT_AWS = explained(
  'AWS not reachable',
  'Run again. If it happens again, check what answers instead of AWS: HTTPS_PROXY, NO_PROXY, or your own endpoint.',
)
const AWS_FAULT = explained('AWS rejected the request', 'This is a fault of AWS: run again.')
const REJECTED = explained(
  'AWS rejected the request',
  'Correct the input that the message names, then run again.',
)
const MISSING_CREDENTIALS = explained(
  'Missing AWS credentials',
  'Run aws-actions/configure-aws-credentials before this step, and give the job `permissions: id-token: write`.',
)
const REJECTED_CREDENTIALS = explained(
  'Rejected AWS credentials',
  'Check role-to-assume and the trust policy of that role in the step that configures the credentials.',
)
const EXPIRED_CREDENTIALS = explained(
  'Expired AWS credentials',
  'AWS continues with what was requested. Configure credentials again and run the job again, or raise role-duration-seconds above wait-timeout.',
)
const NETWORK = explained(
  'Network configuration rejected',
  'Correct db-subnet-group-name and vpc-security-group-ids: the group must exist and cover two Availability Zones of the source.',
)
const CLUSTER_PARAMETER_GROUP = explained(
  'Parameter group rejected',
  'Correct db-cluster-parameter-group-name, or leave it out to use that of the source.',
)
const PARAMETER_GROUP = explained(
  'Parameter group rejected',
  'Correct db-parameter-group-name, or leave it out to use that of the source’s writer.',
)
const KMS_KEY = explained(
  'KMS key not accessible',
  'Allow the role kms:DescribeKey, kms:CreateGrant, kms:Decrypt and kms:GenerateDataKey* on the key, or correct kms-key-id.',
)
const INSTANCE_CLASS = explained(
  'Instance class not available',
  'Choose an instance-class that this engine version offers in this Region: aws rds describe-orderable-db-instance-options.',
)

/** AWS names the action and usually the resource: "… is not authorized to perform: rds:X on resource: arn:… because …". */
function missingPermission({ operation, message }: AwsCallError): Explanation {
  const action = /not authorized to perform:? ([\w-]+:[\w*]+)/i.exec(message)?.[1] ?? `rds:${operation}`
  const resource = /on resource: (\S+)/.exec(message)?.[1]
  return explained(
    'Missing IAM permission',
    `Allow the role ${action}${resource === undefined ? '' : ` on ${resource}`}: the README has the whole policy.`,
  )
}

/** For InvalidParameterCombination and InvalidParameterValue, only the text is specific. */
function invalidParameter({ message }: AwsCallError): Explanation {
  if (/DBInstanceClass|DB instance class|instance class/i.test(message)) return INSTANCE_CLASS
  if (/kms/i.test(message)) return KMS_KEY
  return /subnet|security group|vpc/i.test(message) ? NETWORK : REJECTED
}

function isRestore({ operation }: AwsCallError): boolean {
  return operation === 'RestoreDBClusterToPointInTime'
}

/** A restore did not find its source; any other call did not find the clone, which existed a moment ago. */
function clusterNotFound(error: AwsCallError): Explanation {
  return isRestore(error)
    ? explained('Source cluster not found', 'Check source-cluster and aws-region.')
    : explained('No clone', 'It was deleted while this run was working on it: run mode create again.')
}

function invalidState(error: AwsCallError): Explanation {
  return explained(
    isRestore(error) ? 'Source cluster not usable' : 'AWS rejected the request',
    'Wait until the cluster that the message names is available, then run again.',
  )
}

function quota(what: string, code: string): Explanation {
  return explained(
    'Quota exceeded',
    `Remove ${what} that are not needed in this Region, or ask for more in Service Quotas (${code}).`,
  )
}

type Explain = Explanation | ((error: AwsCallError) => Explanation)

function alike(explain: Explain, ...codes: readonly string[]): Readonly<Record<string, Explain>> {
  return Object.fromEntries(codes.map((code) => [code, explain]))
}

const BY_CODE: Readonly<Record<string, Explain>> = {
  ...alike(MISSING_CREDENTIALS, 'CredentialsProviderError', 'MissingAuthenticationToken'),
  ...alike(EXPIRED_CREDENTIALS, 'ExpiredToken', 'ExpiredTokenException', 'RequestExpired'),
  ...alike(REJECTED_CREDENTIALS, 'InvalidClientTokenId', 'UnrecognizedClientException'),
  ...alike(REJECTED_CREDENTIALS, 'SignatureDoesNotMatch', 'IncompleteSignature', 'InvalidSignatureException'),
  ...alike(missingPermission, 'AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'),
  ...alike(invalidParameter, 'InvalidParameterCombination', 'InvalidParameterValue'),
  DBClusterNotFoundFault: clusterNotFound,
  ...alike(NOT_AWS, EMPTY_ANSWER, UNCLEAR_ANSWER),
  InvalidDBClusterStateFault: invalidState,
  DBClusterQuotaExceededFault: quota('clusters', 'L-952B80B8, DB clusters'),
  InstanceQuotaExceededFault: quota('instances', 'L-7B6409FD, DB instances'),
  StorageQuotaExceededFault: quota('storage', 'total storage for all DB instances'),
  ...alike(NETWORK, 'DBSubnetGroupNotFoundFault', 'DBSubnetGroupDoesNotCoverEnoughAZs'),
  ...alike(NETWORK, 'InvalidDBSubnetGroupStateFault', 'InvalidSubnet', 'InvalidVPCNetworkStateFault'),
  DBClusterParameterGroupNotFoundFault: CLUSTER_PARAMETER_GROUP,
  DBParameterGroupNotFoundFault: PARAMETER_GROUP,
  KMSKeyNotAccessibleFault: KMS_KEY,
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
