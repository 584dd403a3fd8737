import { Cancelled, Failure, type FailureTitle, messageOf } from '../failure.ts'
import { ownValue } from '../own-value.ts'
import { quote } from '../quotation.ts'
import {
  AwsCallError,
  EMPTY_ANSWER,
  UNCLEAR_ANSWER,
  hasCode,
  isCapacity,
  isThrottling,
  isUnreachable,
} from './aws-call.ts'

/**
 * What a refused call means to the user: what happened, and what to do about it.
 *
 * The codes are those of the RDS API reference (errors of each action and "Common errors") as the SDK names them.
 */
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

/** Anything that was thrown, as what the user is told. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  // The SDK gives up a call only when it is told to: by a cancellation.
  if (hasCode(error, 'AbortError')) return new Cancelled('AWS was being asked how things stand.')
  if (error instanceof AwsCallError) return explainAwsError(error)
  return new Failure({
    title: 'Unexpected error',
    what: sentence(quote(messageOf(error))),
    remedy: 'Run again with debug logging; if it comes back, please report it with the log.',
    cause: error,
  })
}

interface Explanation {
  readonly title: FailureTitle
  readonly remedy: string
}

function explanation(error: AwsCallError): Explanation {
  const exact = ownValue(BY_CODE, error.code)
  if (exact !== undefined) return exact(error)
  if ((error.httpStatus ?? 0) >= 500 && !isThrottling(error)) return AWS_FAULT
  if (isCapacity(error)) return NO_CAPACITY
  if (isThrottling(error)) return THROTTLED
  if (isUnreachable(error)) return UNREACHABLE
  return {
    title: 'AWS rejected the request',
    remedy: 'Correct the input that the message names, then run again.',
  }
}

const NO_CAPACITY: Explanation = {
  title: 'No capacity',
  remedy: 'Run again in a few minutes, or choose another instance-class.',
}
const THROTTLED: Explanation = {
  title: 'AWS throttled the calls',
  remedy:
    'Run again; if it comes back, raise poll-interval and look for other tools that call RDS in this account.',
}
const UNREACHABLE: Explanation = {
  title: 'AWS not reachable',
  remedy: 'Check aws-region, and HTTPS_PROXY and NO_PROXY where the runner needs a proxy; then run again.',
}
const NOT_AWS: Explanation = {
  title: 'AWS not reachable',
  remedy:
    'Run again. If it comes back, look at what answers in place of AWS: HTTPS_PROXY, NO_PROXY, or an endpoint of your own.',
}
const AWS_FAULT: Explanation = {
  title: 'AWS rejected the request',
  remedy: 'AWS had a fault of its own: run again.',
}
const MISSING_CREDENTIALS: Explanation = {
  title: 'Missing AWS credentials',
  remedy:
    'Run aws-actions/configure-aws-credentials before this step, and give the job `permissions: id-token: write`.',
}
const REJECTED_CREDENTIALS: Explanation = {
  title: 'Rejected AWS credentials',
  remedy:
    'Check role-to-assume and the trust policy of that role in the step that configures the credentials.',
}
const EXPIRED_CREDENTIALS: Explanation = {
  title: 'Expired AWS credentials',
  remedy:
    'AWS goes on with what was asked for: configure credentials again and run the job again, or raise role-duration-seconds above wait-timeout.',
}
const NETWORK: Explanation = {
  title: 'Network configuration rejected',
  remedy:
    'Correct db-subnet-group-name and vpc-security-group-ids: the group must exist and cover two Availability Zones of the source.',
}
const CLUSTER_PARAMETER_GROUP: Explanation = {
  title: 'Parameter group rejected',
  remedy: 'Correct db-cluster-parameter-group-name, or leave it out to use that of the source.',
}
const PARAMETER_GROUP: Explanation = {
  title: 'Parameter group rejected',
  remedy: 'Correct db-parameter-group-name, or leave it out to use that of the source’s writer.',
}
const KMS_KEY: Explanation = {
  title: 'KMS key not accessible',
  remedy:
    'Allow the role kms:DescribeKey, kms:CreateGrant, kms:Decrypt and kms:GenerateDataKey* on the key, or correct kms-key-id.',
}

/** AWS names the action and, mostly, the resource: "… is not authorized to perform: rds:X on resource: arn:… because …". */
function missingPermission({ operation, message }: AwsCallError): Explanation {
  const action = /not authorized to perform:? ([\w-]+:[\w*]+)/i.exec(message)?.[1] ?? `rds:${operation}`
  const resource = /on resource: (\S+)/.exec(message)?.[1]
  return {
    title: 'Missing IAM permission',
    remedy: `Allow the role ${action}${resource === undefined ? '' : ` on ${resource}`}: the README has the whole policy.`,
  }
}

/** InvalidParameterCombination and InvalidParameterValue have no finer code than their text. */
function invalidParameter({ message }: AwsCallError): Explanation {
  if (/DBInstanceClass|DB instance class|instance class/i.test(message))
    return {
      title: 'Instance class not available',
      remedy:
        'Choose an instance-class that this engine version offers in this Region: aws rds describe-orderable-db-instance-options.',
    }
  if (/kms/i.test(message)) return KMS_KEY
  if (/subnet|security group|vpc/i.test(message)) return NETWORK
  return {
    title: 'AWS rejected the request',
    remedy: 'Correct the input that the message names, then run again.',
  }
}

/** Of a restore it is the source that is missing; of every other call, the clone, which was there a moment ago. */
function clusterNotFound({ operation }: AwsCallError): Explanation {
  return operation === 'RestoreDBClusterToPointInTime'
    ? { title: 'Source cluster not found', remedy: 'Check source-cluster and aws-region.' }
    : {
        title: 'No clone',
        remedy: 'Somebody deleted it while this run was working on it: run mode create again.',
      }
}

function quota(what: string, code: string): Explanation {
  return {
    title: 'Quota exceeded',
    remedy: `Remove ${what} that nobody needs in this Region, or ask for more in Service Quotas (${code}).`,
  }
}

const always = (explained: Explanation) => (): Explanation => explained

const BY_CODE: Readonly<Record<string, (error: AwsCallError) => Explanation>> = {
  CredentialsProviderError: always(MISSING_CREDENTIALS),
  MissingAuthenticationToken: always(MISSING_CREDENTIALS),
  ExpiredToken: always(EXPIRED_CREDENTIALS),
  ExpiredTokenException: always(EXPIRED_CREDENTIALS),
  RequestExpired: always(EXPIRED_CREDENTIALS),
  InvalidClientTokenId: always(REJECTED_CREDENTIALS),
  UnrecognizedClientException: always(REJECTED_CREDENTIALS),
  SignatureDoesNotMatch: always(REJECTED_CREDENTIALS),
  IncompleteSignature: always(REJECTED_CREDENTIALS),
  InvalidSignatureException: always(REJECTED_CREDENTIALS),
  AccessDenied: missingPermission,
  AccessDeniedException: missingPermission,
  UnauthorizedOperation: missingPermission,
  InvalidParameterCombination: invalidParameter,
  InvalidParameterValue: invalidParameter,
  DBClusterNotFoundFault: clusterNotFound,
  [EMPTY_ANSWER]: always(NOT_AWS),
  [UNCLEAR_ANSWER]: always(NOT_AWS),
  InvalidDBClusterStateFault: ({ operation }) => ({
    title:
      operation === 'RestoreDBClusterToPointInTime'
        ? 'Source cluster not usable'
        : 'AWS rejected the request',
    remedy: 'Wait until the cluster that the message names is available, then run again.',
  }),
  DBClusterQuotaExceededFault: always(quota('clusters', 'L-952B80B8, DB clusters')),
  InstanceQuotaExceededFault: always(quota('instances', 'L-7B6409FD, DB instances')),
  StorageQuotaExceededFault: always(quota('storage', 'total storage for all DB instances')),
  DBSubnetGroupNotFoundFault: always(NETWORK),
  DBSubnetGroupDoesNotCoverEnoughAZs: always(NETWORK),
  InvalidDBSubnetGroupStateFault: always(NETWORK),
  InvalidSubnet: always(NETWORK),
  InvalidVPCNetworkStateFault: always(NETWORK),
  DBClusterParameterGroupNotFoundFault: always(CLUSTER_PARAMETER_GROUP),
  DBParameterGroupNotFoundFault: always(PARAMETER_GROUP),
  KMSKeyNotAccessibleFault: always(KMS_KEY),
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
