import type { RDSClient } from '@aws-sdk/client-rds'
import type { Clock } from '../../clock.ts'

/** Before all other times: nothing has expired or is old, and every hold is in force, so comparing with it deletes nothing. */
export const UNKNOWN_TIME_MS = Number.NEGATIVE_INFINITY

const TOLERATED_SKEW_MS = 120_000
/** The one form that servers send, in whole seconds (RFC 9110, section 5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const DATE_STEP_MS = 1_000

/** AWS's clock, from the `Date` of its answers. A runner's may be hours off, so deletions by time and tags use AWS's. */
export class AwsTime {
  readonly #clock: Clock
  readonly #onSkew: (aheadMs: number) => void
  /** How far AWS's clock is ahead of the runner's; `undefined` until an answer has a date. */
  #aheadMs: number | undefined

  /** `onSkew` is called once, at the first date, if the runner's clock is more than two minutes off. */
  constructor(clock: Clock, onSkew: (aheadMs: number) => void) {
    this.#clock = clock
    this.#onSkew = onSkew
  }

  now = (): number | undefined =>
    this.#aheadMs === undefined ? undefined : this.#clock.now() + this.#aheadMs

  /** A date between question and answer means that the clocks agree, however long the answer took. */
  note(date: string | undefined, askedAtMs: number): void {
    const atMs = HTTP_DATE.test(date ?? '') ? Date.parse(date ?? '') : Number.NaN
    if (Number.isNaN(atMs)) return
    const earliestMs = askedAtMs - DATE_STEP_MS
    const aheadMs = atMs < earliestMs ? atMs - askedAtMs : Math.max(0, atMs - this.#clock.now())
    const isFirst = this.#aheadMs === undefined
    this.#aheadMs = aheadMs
    if (isFirst && Math.abs(aheadMs) > TOLERATED_SKEW_MS) this.#onSkew(aheadMs)
  }

  /** Reads the date of every answer of this client, including refusals. */
  readFrom(rds: RDSClient): void {
    rds.middlewareStack.add(
      (next) => async (args) => {
        const askedAtMs = this.#clock.now()
        const result = await next(args)
        const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> }
        this.note(headers?.['date'], askedAtMs)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'readAwsTime' },
    )
  }
}
