import { messageOf } from '../../failure.ts'
import { quote } from '../../quotation.ts'
import { UNKNOWN_TIME_MS } from './aws-time.ts'

/** A call that AWS refused or did not answer. Decisions use `code`. AWS's raw message is quoted here, and no other code sees it. */
export class AwsCallError extends Error {
  /** Such as `RestoreDBClusterToPointInTime`. */
  readonly operation: string
  /** The SDK's name for a modelled fault (`InvalidDBClusterStateFault`), otherwise AWS's code (`AccessDenied`). */
  readonly code: string
  readonly httpStatus: number | undefined
  readonly requestId: string | undefined

  constructor(operation: string, cause: unknown) {
    const { name, $metadata: metadata } = (cause ?? {}) as Partial<{
      name: unknown
      $metadata: { httpStatusCode?: number; requestId?: unknown }
    }>
    const code = wordOf(name) ?? 'Unknown'
    super(says(code, quote(describe(cause))), { cause })
    this.name = 'AwsCallError'
    this.operation = operation
    this.httpStatus = metadata?.httpStatusCode
    const status = this.httpStatus ?? 0
    // The SDK could not read a success, so the result of the call is unknown.
    this.code = status >= 200 && status < 300 ? UNCLEAR_ANSWER : code
    this.requestId = wordOf(metadata?.requestId)
  }
}

/** A code or a request id in AWS's form. Other text is not repeated. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:=+/-]{1,128}$/.test(value) ? value : undefined
}

/** AWS repeats the signed text when it refuses a signature. Only the first sentence helps. */
function says(code: string, message: string): string {
  return /signature/i.test(code) ? (/^.*?[.!?](?=\s|$)/.exec(message)?.[0] ?? message) : message
}

/** A connection that failed on every address gives an AggregateError without a message. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ')
  return (cause as { readonly code?: string }).code ?? cause.name
}

/** AWS answered, but the list that should hold one item is empty. */
export const EMPTY_ANSWER = 'EmptyAnswer'
/** The answer is for another question, or does not come from AWS. */
export const UNCLEAR_ANSWER = 'UnclearAnswer'

export function hasCode(error: unknown, ...codes: readonly string[]): error is AwsCallError {
  return error instanceof AwsCallError && codes.includes(error.code)
}

export function isThrottling(error: AwsCallError): boolean {
  return (
    error.httpStatus === 429 ||
    /^(?:Throttling|ThrottlingException|RequestThrottled|RequestLimitExceeded)$/.test(error.code)
  )
}

/** A missing credentials file or an invalid address is not a connection error. */
const LOCAL_ERRORS = /^(?:ENOENT|EACCES|ERR_INVALID)/

/** The call got no complete answer: unknown host, refused or broken connection, or timeout. */
export function isUnreachable(error: AwsCallError): boolean {
  // A connection that breaks during the answer leaves a status below 300.
  if ((error.httpStatus ?? 200) >= 300) return false
  const { code } = (error.cause ?? {}) as { readonly code?: unknown }
  return error.code === 'TimeoutError' || (typeof code === 'string' && !LOCAL_ERRORS.test(code))
}

/** Transient: the same call may succeed later. The SDK has already retried it a few times. */
export function isTransient(error: unknown): error is AwsCallError {
  return (
    error instanceof AwsCallError &&
    (isThrottling(error) ||
      isUnreachable(error) ||
      [EMPTY_ANSWER, UNCLEAR_ANSWER].includes(error.code) ||
      (error.httpStatus ?? 0) >= 500)
  )
}

export function isDenied(error: unknown): error is AwsCallError {
  return hasCode(error, 'AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation')
}

/** AWS does not document how soon its access checks see a new cluster's tags; two minutes is generous. */
const TAGS_COUNT_AFTER_MS = 120_000

/** Policies of others than the role's owner. Waiting does not change what they deny. */
const DENIED_BY_OTHERS =
  /(?:service|resource) control polic|permissions boundar|session polic|VPC endpoint polic|resource-based polic/i

/** Whether AWS may deny a call because it does not see the new clone's tags yet, which the role's policy uses. Both times are AWS's. */
export function isDeniedToNew(
  error: unknown,
  { createdAtMs, nowMs }: Readonly<{ createdAtMs: number; nowMs: number }>,
): error is AwsCallError {
  if (!isDenied(error) || DENIED_BY_OTHERS.test(error.message)) return false
  return nowMs - createdAtMs < TAGS_COUNT_AFTER_MS && nowMs !== UNKNOWN_TIME_MS
}

/** The account has as many clusters or instances as it may have, or as much storage. */
export function isOverQuota(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && /Quota\w*Exceeded(?:Fault)?$/.test(error.code)
}

/** AWS has no capacity now, but may have it minutes later. */
export function isOutOfCapacity(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && /^Insufficient\w*Capacity(?:Fault)?$/.test(error.code)
}
