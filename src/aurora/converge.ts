import { Cancelled, type Failure } from '../failure.ts'
import { type AwsCallError, isTransient } from './api/aws-call.ts'
import type { AwsRun } from './api/aws-run.ts'
import { type Pace, Pauses } from './pace.ts'

export type Turn<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** AWS's answer shows the new state, so no look is needed. */
  | { readonly kind: 'answered' }
  | { readonly kind: 'look' }
  | Wait

export interface Wait {
  readonly kind: 'wait'
  /** For the log: `waiting for …`. */
  readonly waitingFor: string
  /** In milliseconds; `undefined` means the poll interval, or the share of it. */
  readonly restMs?: number
  readonly pollShare?: number
  /** The refusal of AWS that makes the run wait. */
  readonly refusal?: AwsCallError
}

/** The rest before a call is repeated that AWS may accept soon. */
export const BRIEF_REST_MS = 2_000

/** Brings one clone to a goal: *ready* or *gone*. */
export interface Reconciler<Result> {
  /** Begins each log line about waiting. */
  readonly logPrefix: string
  /** Plans the next step and takes it. */
  readonly turn: () => Promise<Turn<Result>>
  /** Looks at AWS. After a transient error, the last known state stays. */
  readonly look: () => Promise<void>
  /** The state of the clone in a sentence, for a cancelled run. */
  readonly standing: () => string
  readonly timedOut: (wait: Wait) => Failure
}

/**
 * The one loop of this action: plan a step from what AWS shows, take it, look again. It ends when the goal is reached, the
 * time has expired or the run is cancelled. It starts from the state at AWS, so an earlier run may have stopped anywhere.
 */
export async function converge<Result>(aws: AwsRun, pace: Pace, run: Reconciler<Result>): Promise<Result> {
  const pauses = new Pauses(aws, pace)
  for (;;) {
    const turn = await run.turn().catch(unansweredLook)
    if (turn.kind === 'done') return turn.result
    if (turn.kind === 'wait') {
      const { waitingFor, restMs, pollShare } = turn
      if (!(await pauses.rest(`${run.logPrefix}${waitingFor}`, restMs, pollShare))) throw run.timedOut(turn)
      throwIfCancelled(aws, run)
    }
    if (turn.kind === 'answered') continue
    try {
      await run.look()
    } catch (error) {
      throwIfCancelled(aws, run)
      if (!isTransient(error)) throw error
      aws.log.warning(`AWS did not answer this time (${error.operation}: ${error.message}); trying again.`)
    }
  }
}

/** A turn begins with what AWS shows, so one that could not look is taken again. */
function unansweredLook(error: unknown): Wait {
  if (!isTransient(error) || !error.operation.startsWith('Describe')) throw error
  return {
    kind: 'wait',
    waitingFor: `waiting for AWS: ${error.message}`,
    restMs: BRIEF_REST_MS,
    refusal: error,
  }
}

export function throwIfCancelled(aws: AwsRun, run: Pick<Reconciler<unknown>, 'standing'>): void {
  if (aws.signal.aborted) throw new Cancelled(run.standing())
}

export function done<Result>(result: Result): Turn<Result> {
  return { kind: 'done', result }
}
