import type {
  AddTagsToResourceMessage,
  BacktrackDBClusterMessage,
  CreateDBClusterMessage,
  CreateDBClusterResult,
  CreateDBInstanceMessage,
  CreateDBInstanceResult,
  DBClusterBacktrack,
  DBClusterBacktrackMessage,
  DBClusterMessage,
  DBInstanceMessage,
  DeleteDBClusterMessage,
  DeleteDBClusterResult,
  DeleteDBInstanceMessage,
  DeleteDBInstanceResult,
  DescribeDBClusterBacktracksMessage,
  DescribeDBClustersMessage,
  DescribeDBInstancesMessage,
  EnableHttpEndpointRequest,
  EnableHttpEndpointResponse,
  ModifyDBClusterMessage,
  ModifyDBClusterResult,
  RestoreDBClusterToPointInTimeMessage,
  RestoreDBClusterToPointInTimeResult,
  StartDBClusterMessage,
  StartDBClusterResult,
  StopDBClusterMessage,
  StopDBClusterResult,
} from '@aws-sdk/client-rds'
import type { ExecuteStatementRequest, ExecuteStatementResponse } from '@aws-sdk/client-rds-data'

/**
 * A script says what is asked of AWS and reads the answers. It asks nothing itself: it yields a request, and whoever plays it gives
 * the answer back. So the same script runs against AWS, against the local cloud, and against a table of answers.
 */
export type Script<Result> = Generator<Request | Pause, Result, Answer<object>>

/** Under which policies a request is sent. */
export type Role =
  /** Sets up and clears away. */
  | 'set-up'
  /** The generated role for pull requests, with what it needs to prepare clones. */
  | 'clones'
  /** The same, but a snapshot is out of its reach. */
  | 'clones-without-snapshots'
  /** The same, but it creates only instances that have the tags of clones already. */
  | 'clones-with-their-tags'

/** Every operation with its input and output. */
interface Operations {
  readonly AddTagsToResource: [AddTagsToResourceMessage, object]
  readonly BacktrackDBCluster: [BacktrackDBClusterMessage, DBClusterBacktrack]
  readonly CreateDBCluster: [CreateDBClusterMessage, CreateDBClusterResult]
  readonly CreateDBInstance: [CreateDBInstanceMessage, CreateDBInstanceResult]
  readonly DeleteDBCluster: [DeleteDBClusterMessage, DeleteDBClusterResult]
  readonly DeleteDBInstance: [DeleteDBInstanceMessage, DeleteDBInstanceResult]
  readonly DescribeDBClusterBacktracks: [DescribeDBClusterBacktracksMessage, DBClusterBacktrackMessage]
  readonly DescribeDBClusters: [DescribeDBClustersMessage, DBClusterMessage]
  readonly DescribeDBInstances: [DescribeDBInstancesMessage, DBInstanceMessage]
  readonly EnableHttpEndpoint: [EnableHttpEndpointRequest, EnableHttpEndpointResponse]
  readonly ExecuteStatement: [ExecuteStatementRequest, ExecuteStatementResponse]
  readonly ModifyDBCluster: [ModifyDBClusterMessage, ModifyDBClusterResult]
  readonly RestoreDBClusterToPointInTime: [
    RestoreDBClusterToPointInTimeMessage,
    RestoreDBClusterToPointInTimeResult,
  ]
  readonly StartDBCluster: [StartDBClusterMessage, StartDBClusterResult]
  readonly StopDBCluster: [StopDBClusterMessage, StopDBClusterResult]
}

export type Operation = keyof Operations

export interface Request {
  readonly role: Role
  readonly operation: Operation
  readonly input: object
}

export interface Pause {
  readonly pauseMs: number
}

export interface Fault {
  readonly code: string
  readonly message: string
}

export interface Answer<Output> {
  /** When it was asked, and when the answer was there. A pause has only these. */
  readonly askedAtMs: number
  readonly atMs: number
  readonly output?: Output | undefined
  readonly fault?: Fault | undefined
}

/** What the answers settle. */
export interface Finding {
  readonly question: string
  /** The switch of the local cloud that stands for the question; `null` where it has none. */
  readonly switch: string | null
  /** `null` where the answers do not settle it. */
  readonly value: string | number | boolean | readonly object[] | null
  /** In words. */
  readonly because: string
}

export function* ask<Name extends Operation>(
  role: Role,
  operation: Name,
  input: Operations[Name][0],
): Script<Answer<Operations[Name][1]>> {
  // Whoever plays the script answers with the output of the very operation that it was asked for.
  return yield { role, operation, input }
}

/** The longer something has taken, the less a look matters: a time that is found is at most a twentieth too long. Pure. */
export const pauseAfter = (elapsedMs: number, pauseMs: number): number =>
  Math.max(pauseMs, Math.min(Math.round(elapsedMs / 20), 60_000))

/** Asks again and again, with a pause after each answer, until one is good; the last one where none is. */
export function* askUntil<Output>(
  question: () => Script<Answer<Output>>,
  {
    isGood,
    pauseMs,
    limitMs,
  }: {
    readonly isGood: (answer: Answer<Output>) => boolean
    readonly pauseMs: number
    readonly limitMs: number
  },
): Script<Answer<Output>> {
  const first = yield* question()
  let answer = first
  while (!isGood(answer) && answer.atMs - first.askedAtMs < limitMs) {
    yield { pauseMs: pauseAfter(answer.atMs - first.askedAtMs, pauseMs) }
    answer = yield* question()
  }
  return answer
}

export const isAccepted = (answer: Answer<unknown>): boolean => answer.fault === undefined

export const hasCode = (answer: Answer<unknown>, ...codes: readonly string[]): boolean =>
  answer.fault !== undefined && codes.includes(answer.fault.code)

export const isDenied = (answer: Answer<unknown>): boolean =>
  hasCode(answer, 'AccessDenied', 'AccessDeniedException')

/** What was answered, in words. */
export const inWords = ({ fault }: Answer<unknown>): string =>
  fault === undefined ? 'accepted' : `${fault.code}: ${fault.message}`

/**
 * Accepted, or refused for what is asked about. Any other fault, such as a quota or a missing permission, says nothing about the
 * question.
 */
export function verdict(answer: Answer<unknown>, ...refusals: readonly string[]): 'accept' | 'refuse' | null {
  if (isAccepted(answer)) return 'accept'
  return hasCode(answer, ...refusals) ? 'refuse' : null
}
