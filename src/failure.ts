import { shorten } from './quotation.ts'

interface FailureKind {
  /** This action refused, so AWS's events do not explain it. */
  readonly isRefusal?: true
  /** AWS, or a run with the same inputs, continues. After the others `create` would fail again or make another clone. */
  readonly continues?: true
}

/** Every way a run can fail, by the title of its annotation. A test compares them with docs/troubleshooting.md. */
export const FAILURES = {
  'Invalid input': { isRefusal: true },
  'No pull request in context': {},
  'Pull request cannot be read': { isRefusal: true, continues: true },
  'Repository cannot be read': { isRefusal: true, continues: true },
  'File not usable': { isRefusal: true },
  'Label unknown': { isRefusal: true },
  'Fork refused': { isRefusal: true },
  'Missing AWS credentials': { continues: true },
  'Rejected AWS credentials': { continues: true },
  'Expired AWS credentials': { continues: true },
  'Missing IAM permission': { continues: true },
  'Wrong AWS account': {},
  'AWS not reachable': { continues: true },
  'AWS throttled the calls': { continues: true },
  'AWS rejected the request': {},
  'Source cluster not found': { isRefusal: true },
  'Source cluster not usable': { isRefusal: true },
  'Clone limit reached': { isRefusal: true },
  'Quota exceeded': { continues: true },
  'No capacity': { continues: true },
  'Instance class not available': {},
  'Network configuration rejected': {},
  'Parameter group rejected': {},
  'KMS key not accessible': {},
  'No clone': {},
  'Clone of another source': { isRefusal: true },
  'Cluster not owned': { isRefusal: true },
  'Clone failed': {},
  'Clone without a writer': {},
  'Clone not published': { isRefusal: true },
  'Statement failed': { isRefusal: true },
  'Verification failed': { isRefusal: true },
  'Column without a decision': { isRefusal: true },
  'Logins not disabled': { isRefusal: true },
  'Automations not switched off': { isRefusal: true },
  'Clone is protected': { isRefusal: true },
  'Sweep stopped': {},
  'Sweep incomplete': {},
  'Timed out': { continues: true },
  Cancelled: { continues: true },
  'Unexpected error': { continues: true },
} as const satisfies Readonly<Record<string, FailureKind>>

export type FailureTitle = keyof typeof FAILURES

export function failureKind(title: FailureTitle): FailureKind {
  return FAILURES[title]
}

interface FailureParts {
  readonly title: FailureTitle
  /** Sentences that name the resource or input, what was found and what was expected. */
  readonly what: string
  /** What the reader should do. */
  readonly remedy: string
  /** AWS support asks for it. It stands at the end. */
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/** GitHub cuts the message of an annotation here (`_maxIssueMessageLength` in actions/runner, ExecutionContext.cs). */
export const MAX_MESSAGE_LENGTH = 4_096
const MAX_REMEDY_LENGTH = 1_500

/**
 * The only error that users see; every other error is wrapped in one. It always fits into an annotation. If it is too long,
 * `what` is cut, since only text from outside makes it long.
 */
export class Failure extends Error {
  readonly title: FailureTitle
  readonly what: string
  readonly remedy: string

  constructor({ title, what, remedy, requestId, cause }: FailureParts) {
    const advice = shorten(remedy, MAX_REMEDY_LENGTH)
    const rest = ` ${advice}${requestId === undefined ? '' : ` (AWS request ${requestId})`}`
    const happened = shorten(what, MAX_MESSAGE_LENGTH - rest.length)
    super(`${happened}${rest}`, cause === undefined ? undefined : { cause })
    this.name = 'Failure'
    this.title = title
    this.what = happened
    this.remedy = advice
  }
}

/** The runner sent SIGINT or SIGTERM. Nothing is wrong, but nothing new may be started. */
export class Cancelled extends Failure {
  constructor(standing: string) {
    super({
      title: 'Cancelled',
      what: `The run was cancelled. ${standing}`,
      remedy: 'Nothing is lost: the next run continues from what AWS has.',
    })
    this.name = 'Cancelled'
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
