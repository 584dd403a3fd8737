import type { RDSClient } from '@aws-sdk/client-rds'
import type { Clock } from '../clock.ts'

/**
 * A time that is not known: before all others. Nothing has expired then, nothing is old, and every hold still holds, so whoever
 * compares with it deletes nothing.
 */
export const UNKNOWN_TIME_MS = Number.NEGATIVE_INFINITY

const TOLERATED_SKEW_MS = 120_000
/** The one form that servers send, in whole seconds (RFC 9110, section 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const DATE_STEP_MS = 1_000

/**
 * AWS's clock, as the `Date` of its answers tells it. The clock of a runner may be hours off; what is deleted by time goes by
 * AWS's, and so do the times in tags.
 */
export class AwsTime {
  readonly #clock: Clock
  readonly #onSkew: (aheadMs: number) => void
  /** How far AWS's clock is ahead of the runner's; `undefined` while no answer had a date. */
  #aheadMs: number | undefined

  /** `onSkew` hears once, at the first date, of a runner's clock that is more than two minutes off. */
  constructor(clock: Clock, onSkew: (aheadMs: number) => void) {
    this.#clock = clock
    this.#onSkew = onSkew
  }

  /** Milliseconds since the epoch; `undefined` while no answer had a date. */
  now = (): number | undefined =>
    this.#aheadMs === undefined ? undefined : this.#clock.now() + this.#aheadMs

  /** A date between question and answer says that the clocks agree, however long the answer took. */
  note(date: string | undefined, askedAtMs: number): void {
    const atMs = HTTP_DATE.test(date ?? '') ? Date.parse(date ?? '') : Number.NaN
    if (Number.isNaN(atMs)) return
    const earliestMs = askedAtMs - DATE_STEP_MS
    const aheadMs = atMs < earliestMs ? atMs - askedAtMs : Math.max(0, atMs - this.#clock.now())
    const isFirst = this.#aheadMs === undefined
    this.#aheadMs = aheadMs
    if (isFirst && Math.abs(aheadMs) > TOLERATED_SKEW_MS) this.#onSkew(aheadMs)
  }

  /** Reads the date of every answer of this client, refusals too. */
  readFrom(rds: RDSClient): void {
    rds.middlewareStack.add(
      (next) => async (args) => {
        const askedAtMs = this.#clock.now()
        const result = await next(args)
        this.note(dateOf(result.response), askedAtMs)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'readAwsTime' },
    )
  }
}

function dateOf(response: unknown): string | undefined {
  const { headers = {} } = response as { readonly headers?: Readonly<Record<string, string>> }
  return headers['date']
}
