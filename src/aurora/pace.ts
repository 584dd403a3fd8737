import { formatDuration } from '../duration.ts'
import type { AwsRun } from './api/aws-run.ts'

/** How long a run may take, and how often it asks AWS. Times are the runner's, in milliseconds. */
export interface Pace {
  readonly startedAtMs: number
  readonly limitMs: number
  readonly pollIntervalMs: number
}

/** How long AWS may hide what it has accepted: observed for new clusters and instances, and two minutes is generous. */
const VISIBILITY_DELAY_MS = 120_000

/** Whether AWS may still hide what it accepted at `sinceMs`. */
export function mayBeHidden(sinceMs: number | undefined, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs < VISIBILITY_DELAY_MS
}

const HEARTBEAT_MS = 60_000
const JITTER = 0.1

/** The pauses of a run. The log gets a line when the run waits for something else, otherwise one per minute. */
export class Pauses {
  readonly #aws: Pick<AwsRun, 'clock' | 'log' | 'signal'>
  readonly #pace: Pace
  #last = ''
  #saidAtMs = 0

  constructor(aws: Pick<AwsRun, 'clock' | 'log' | 'signal'>, pace: Pace) {
    this.#aws = aws
    this.#pace = pace
  }

  /**
   * Waits for `restMs`, or for a share of the poll interval less a random tenth, so that concurrent runs do not poll together.
   * A cancellation ends the wait early. `false`: the run's time has expired, so it did not wait.
   */
  async rest(waitingFor: string, restMs?: number, pollShare = 1): Promise<boolean> {
    const { clock, signal } = this.#aws
    const { startedAtMs, limitMs, pollIntervalMs } = this.#pace
    this.#say(waitingFor)
    const leftMs = startedAtMs + limitMs - clock.now()
    if (leftMs <= 0) return false
    const wantedMs = restMs ?? Math.round(pollIntervalMs * pollShare * (1 - JITTER * Math.random()))
    await clock.sleep(Math.min(wantedMs, leftMs), signal)
    return true
  }

  #say(waitingFor: string): void {
    const { clock, log } = this.#aws
    const { startedAtMs, limitMs } = this.#pace
    const nowMs = clock.now()
    const changed = waitingFor !== this.#last
    if (!changed && nowMs - this.#saidAtMs < HEARTBEAT_MS) return
    const line = changed ? waitingFor : `still: ${waitingFor} (at most ${formatDuration(limitMs)})`
    log.info(`${formatDuration(nowMs - startedAtMs)}  ${line}`)
    this.#last = waitingFor
    this.#saidAtMs = nowMs
  }
}
