import type { OutcomeWord, SkipReason } from './contract.ts'
import type { Failure } from './failure.ts'

export type CloneState = 'creating' | 'ready' | 'failed' | 'deleting' | 'destroyed' | 'held'

/** One clone as users see it: in outputs, comment and summary. */
export interface CloneReport {
  readonly state: CloneState
  /** AWS's own words on a clone that is not ready, such as `cluster creating, writer creating`. */
  readonly standing: string
  readonly identifier: string
  /** Whose comment it has: the hash of its identity. */
  readonly identityHash: string
  readonly key: string
  readonly isOfPullRequest: boolean
  /** A label asked for it, and takes it away again. */
  readonly hasLabel: boolean
  /** `clone-name`, empty for none. */
  readonly name: string
  readonly arn: string
  readonly resourceId: string
  readonly instanceIdentifier: string
  readonly region: string
  readonly endpoint: string | undefined
  readonly readerEndpoint: string | undefined
  readonly port: number | undefined
  readonly engine: string
  readonly engineVersion: string
  readonly instanceClass: string
  readonly databaseName: string | undefined
  readonly masterUsername: string | undefined
  readonly secretArn: string | undefined
  readonly source: string | undefined
  readonly expiresAt: string | undefined
  readonly dataAsOf: string | undefined
}

/** What `destroy` did with one clone. */
export interface Removal {
  readonly clone: CloneReport
  readonly result: 'destroyed' | 'deleting' | 'held' | 'refused' | 'failed' | 'kept' | 'cancelled'
  readonly because: string | undefined
}

/** What a mode returns, once. */
export interface Outcome {
  /** `undefined` when nothing of what was asked for came about: the failure says why. */
  readonly outcome: OutcomeWord | undefined
  readonly skipReason?: SkipReason
  /** The clone whose connection is handed out; for a removal, the one that was removed if there was just one. */
  readonly clone?: CloneReport
  /** This run made the clone. */
  readonly created?: boolean
  readonly removals?: readonly Removal[]
  /** Everything that could be done was, and is reported; then the step fails all the same. */
  readonly failure?: Failure
}
