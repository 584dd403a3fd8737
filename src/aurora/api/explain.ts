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
  'Check role-to-assume and the trust policy of that role in the step that configures the credentials. The Region must be switched on for the account, and no AWS_SESSION_TOKEN of an earlier step may be left.',
)
const EXPIRED_CREDENTIALS = explained(
  'Expired AWS credentials',
  'AWS continues with what it has accepted. Configure credentials again and run the job again, or raise role-duration-seconds above wait-timeout.',
)
const NETWORK = explained(
  'Network configuration rejected',
  'Correct db-subnet-group-name and vpc-security-group-ids: the group must exist and cover two Availability Zones of the source.',
)
const CLUSTER_PARAMETER_GROUP = explained(
  'Parameter group rejected',
  'Set db-cluster-parameter-group-name to a group of this account and of the engine version of the source. Without it, the clone gets that of the source.',
)
const PARAMETER_GROUP = explained(
  'Parameter group rejected',
  'Set db-parameter-group-name to a group of this account and of the engine version of the source. Without it, the writer gets that of the source’s writer.',
)
const KMS_KEY = explained(
  'KMS key not accessible',
  'Allow the role kms:DescribeKey, kms:CreateGrant, kms:Decrypt and kms:GenerateDataKey* on the key, or correct kms-key-id.',
)
const KMS_KEY_REFUSED = explained(
  'AWS rejected the request',
  'Correct kms-key-id, or leave it out: AWS does not take this key for a clone of this source.',
)
const INSTANCE_CLASS = explained(
  'Instance class not available',
  'Choose an instance-class that this engine version offers in this Region: aws rds describe-orderable-db-instance-options.',
)
const SERVERLESS = explained(
  'Instance class not available',
  'Set instance-class to a provisioned class such as db.r6g.large: this engine version does not offer db.serverless here.',
)
const REGION_OFF = explained(
  'Rejected AWS credentials',
  'Check aws-region: the Region must be switched on for this account (AWS Account Management, "AWS Regions").',
)
const ENCRYPTION_IN_TRANSIT = explained(
  'Network configuration rejected',
  'The VPC allows only encrypted traffic, which this instance class does not offer. Choose another instance-class or db-subnet-group-name.',
)
const NETWORK_TYPE = explained(
  'Network configuration rejected',
  'Set db-subnet-group-name to a group whose subnets have the network type of the source (IPv4, or dual-stack with IPv6).',
)
const STORAGE_TYPE = explained(
  'AWS rejected the request',
  'The storage type of the source is not available for this clone. Set instance-class to one that supports it.',
)
const DOMAIN = explained(
  'Source cluster not usable',
  'The source belongs to an Active Directory domain that this account or Region does not have. Choose another source-cluster.',
)
const UNRESTORABLE = explained(
  'Source cluster not usable',
  'The source cannot be restored yet. Run again when aws rds describe-db-clusters shows its LatestRestorableTime.',
)
const CAPACITY_RESERVATION = explained(
  'No capacity',
  'A capacity reservation is not in a usable state. Run again later, or choose another instance-class.',
)

/**
 * The kinds of policies that deny a call, each by AWS's own words and with whom to ask (IAM user guide, "Troubleshoot access denied error
 * messages"). Only a missing allow of the role itself sends people to the role's policy.
 */
const DENIED_BY: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /kms:.*resource-based polic/is,
    'The policy of the KMS key does not allow this call. Allow the role there, too.',
  ],
  [
    /resource-based polic/i,
    'The share of the source (AWS Resource Access Manager) does not allow this call. Ask the owner of the source.',
  ],
  [
    /service control polic/i,
    'A service control policy of your AWS organization denies this call. Set what the policy asks for (such as tags, instance-class, kms-key-id or another aws-region), or ask the people who manage the organization.',
  ],
  [
    /resource control polic/i,
    'A resource control policy of your AWS organization denies this call. Ask the people who manage the organization.',
  ],
  [
    /permissions boundar/i,
    'The permissions boundary of the role does not allow this call. Ask the people who manage the boundary.',
  ],
  [
    /session polic/i,
    'A session policy does not allow this call. Check inline-session-policy and managed-session-policies in the step that configures the credentials.',
  ],
  [
    /VPC endpoint polic/i,
    'The policy of a VPC endpoint does not allow this call. Allow it there, or use a runner without that endpoint.',
  ],
  [
    /explicit deny in an? identity-based polic/i,
    'A policy of the role denies this call explicitly; another allow does not help. The policies of this action deny what they do not name: name the resource there. Change any other deny statement.',
  ],
]

/** AWS names the action and usually the resource: "… is not authorized to perform: rds:X on resource: arn:… because …". */
function missingPermission({ operation, message }: AwsCallError): Explanation {
  const denial = DENIED_BY.find(([pattern]) => pattern.test(message))
  if (denial !== undefined) return explained('Missing IAM permission', denial[1])
  const action = /not authorized to perform:? ([\w-]+:[\w*]+)/i.exec(message)?.[1] ?? `rds:${operation}`
  const resource = /on resource: (\S+)/.exec(message)?.[1]
  return explained(
    'Missing IAM permission',
    `Allow the role ${action}${resource === undefined ? '' : ` on ${resource}`}: docs/permissions.md has the whole policy.`,
  )
}

/** For InvalidParameterCombination and InvalidParameterValue, only the text is specific. The first that matches counts. */
const BY_TEXT: readonly (readonly [pattern: RegExp, explain: Explain])[] = [
  [/parameter group/i, parameterGroup],
  [/serverless ?v2|ServerlessV2|Serverless v2/i, SERVERLESS],
  [/DBInstanceClass|DB instance class|instance class/i, INSTANCE_CLASS],
  [/kms/i, KMS_KEY_REFUSED],
  [/network ?type|dual-?stack|ipv6/i, NETWORK_TYPE],
  [/subnet|security group|vpc/i, NETWORK],
]

function invalidParameter(error: AwsCallError): Explanation {
  const explain = BY_TEXT.find(([pattern]) => pattern.test(error.message))?.[1] ?? REJECTED
  return typeof explain === 'function' ? explain(error) : explain
}

/** A restore takes the group of the cluster, and the writer that of the instance. */
function parameterGroup(error: AwsCallError): Explanation {
  return isRestore(error) ? CLUSTER_PARAMETER_GROUP : PARAMETER_GROUP
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
  OptInRequired: REGION_OFF,
  InvalidRestoreFault: UNRESTORABLE,
  VpcEncryptionControlViolationException: ENCRYPTION_IN_TRANSIT,
  NetworkTypeNotSupported: NETWORK_TYPE,
  StorageTypeNotSupportedFault: STORAGE_TYPE,
  DomainNotFoundFault: DOMAIN,
  InvalidDBCapacityReservationStateFault: CAPACITY_RESERVATION,
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
