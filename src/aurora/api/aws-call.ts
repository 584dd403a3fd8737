import { UNKNOWN_TIME_MS } from './aws-time.ts'
import { messageOf } from '../failure.ts'
import { quote } from '../quotation.ts'

/**
 * A call that AWS refused or that never got an answer. `code` is what decisions and messages are made on. This is the door for
 * what AWS says: its message is quoted here, and nothing behind it sees another.
 */
export class AwsCallError extends Error {
  /** Such as `RestoreDBClusterToPointInTime`. */
  readonly operation: string
  /** The SDK's name of a modelled fault (`InvalidDBClusterStateFault`), AWS's code of others (`AccessDenied`). */
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
    // A success that the SDK cannot read is no refusal: what became of the call is not known.
    this.code = isSuccess(this.httpStatus) ? UNCLEAR_ANSWER : code
    this.requestId = wordOf(metadata?.requestId)
  }
}

/** Codes and ids of requests as AWS has them; what looks otherwise is none, and is not repeated. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:=+/-]{1,128}$/.test(value) ? value : undefined
}

/** Refusing a signature, AWS repeats what it was made of. All that helps is in the first sentence. */
function says(code: string, message: string): string {
  return /signature/i.test(code) ? (/^.*?[.!?](?=\s|$)/.exec(message)?.[0] ?? message) : message
}

/** Connections that failed on every address give an AggregateError without a message of its own. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ')
  return (cause as { readonly code?: string }).code ?? cause.name
}

/** AWS answered, and the list that should hold one thing is empty. */
export const EMPTY_ANSWER = 'EmptyAnswer'
/** What came back is not an answer to the question, or none of AWS at all. */
export const UNCLEAR_ANSWER = 'UnclearAnswer'

function isSuccess(status = 0): boolean {
  return status >= 200 && status < 300
}

export function hasCode(error: unknown, ...codes: readonly string[]): error is AwsCallError {
  return error instanceof AwsCallError && codes.includes(error.code)
}

export function isThrottling(error: AwsCallError): boolean {
  return (
    error.httpStatus === 429 ||
    /^(?:Throttling|ThrottlingException|RequestThrottled|RequestLimitExceeded)$/.test(error.code)
  )
}

/** A file of credentials that is missing, or an address that is none, is no matter of connections. */
const LOCAL_ERRORS = /^(?:ENOENT|EACCES|ERR_INVALID)/

/** Not answered to the end: the name was not found, nobody listened, the connection broke, or it took too long. */
export function isUnreachable(error: AwsCallError): boolean {
  // A broken answer begins like any other.
  if ((error.httpStatus ?? 200) >= 300) return false
  const { code } = (error.cause ?? {}) as { readonly code?: unknown }
  return error.code === 'TimeoutError' || (typeof code === 'string' && !LOCAL_ERRORS.test(code))
}

/** Says nothing about the request itself: the same call may succeed later. The SDK has retried it a few times already. */
export function isPassing(error: unknown): error is AwsCallError {
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

/** How soon AWS's access checks see a new cluster's tags is not documented; two minutes is generous. */
const TAGS_COUNT_AFTER_MS = 120_000

/**
 * Whether AWS may deny a call only because it does not see the tags of a new clone yet, which the role's policy goes by. Both times
 * are AWS's.
 */
export function isDeniedToNew(
  error: unknown,
  { createdAtMs, nowMs }: { readonly createdAtMs: number; readonly nowMs: number },
): error is AwsCallError {
  return isDenied(error) && nowMs - createdAtMs < TAGS_COUNT_AFTER_MS && nowMs !== UNKNOWN_TIME_MS
}

/** No room for it now; minutes later there may be. */
export function isCapacity(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && /^Insufficient\w*Capacity(?:Fault)?$/.test(error.code)
}
