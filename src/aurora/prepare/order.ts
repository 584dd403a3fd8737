import type { SanitisingOrder } from '../../sanitise/order.ts'
import type { Pace } from '../pace.ts'

/** What a mode wants to happen between *ready at AWS* and *published*. It is data, except for one callback. */
export interface PreparationOrder {
  /** Random hexadecimal digits that name this run among those that prepare the clone. */
  readonly run: string
  /** `GITHUB_RUN_ID`: all jobs and attempts of one workflow run have the same. */
  readonly workflowRun: string
  readonly sanitising: SanitisingOrder | undefined
  /**
   * Who prepares and publishes the clone: this run; the user's own steps (`publish: manual`), after which this run takes it back; or
   * another run, for which this one waits.
   */
  readonly by: 'this-run' | 'steps' | 'this-run-after-steps' | 'another-run'
  /** Other clones are made of it by its key, so no backup that AWS restores may be older than its sanitised rows. */
  readonly isSource: boolean
  /** Those of the published clone; `undefined`: it stays where it is. */
  readonly securityGroupIds: readonly string[] | undefined
  readonly pace: Pace
  /** Asked once a minute: `false` ends the preparation. */
  readonly isStillWanted: () => Promise<boolean>
}
