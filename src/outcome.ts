import type { OutcomeWord, SkipReason } from './contract.ts'
import type { UnwantedReason } from './demand.ts'
import type { Failure } from './failure.ts'

export type CloneState = 'creating' | 'ready' | 'failed' | 'deleting' | 'undeleted' | 'destroyed' | 'held'

/** One clone as users see it: in outputs, comment and summary. */
export interface CloneReport {
  readonly state: CloneState
  /** AWS's own words on a clone that is not ready, such as `cluster creating, writer creating`. */
  readonly standing: string
  readonly identifier: string
  /** Whose comment it has: the hash of its identity. */
  readonly identityHash: string
  readonly key: string
  /** The pull request that it belongs to, unless it has a key of its own. */
  readonly pullRequest: number | undefined
  /** A run has handed it out before. */
  readonly hasBeenReady: boolean
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
  /** Value of its hold tag while that protects it from every deletion. */
  readonly hold: string | undefined
  /** Why it was removed, where nobody asked for that. */
  readonly removedBecause: RemovalReason | undefined
  /** Why it could not be deleted. */
  readonly undeleted: Undeleted | undefined
  readonly dataAsOf: string | undefined
}

export interface Undeleted {
  /** In a sentence, without its full stop; may quote AWS. */
  readonly because: string
  /** By its deletion protection. */
  readonly isProtected: boolean
}

/** Why a clone that nobody asked to remove was removed. */
export type RemovalReason = UnwantedReason | 'expired'

/** What `destroy` did with one clone. */
export interface Removal {
  readonly clone: CloneReport
  readonly result: 'destroyed' | 'deleting' | 'held' | 'refused' | 'failed' | 'kept' | 'cancelled'
  readonly because: string | undefined
}

/** One clone in the table of a sweep. */
export interface SweepRow {
  readonly clone: CloneReport
  /** `owner/name` as it was when the clone was made. */
  readonly repository: string | undefined
  readonly generation: string
  /** `undefined` where neither AWS nor its tag tells. */
  readonly ageMs: number | undefined
  readonly action: 'delete' | 'keep'
  readonly reason: string
  readonly detail: string | undefined
  /** What became of it, if that was tried. */
  readonly result: Removal['result'] | undefined
}

export interface SweepReport {
  readonly scope: 'repository' | 'account'
  readonly dryRun: boolean
  /** More clones were due than `max-deletions` allows, so nothing was done. */
  readonly isStopped: boolean
  readonly rows: readonly SweepRow[]
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
  /** The clone's connection becomes variables of this prefix for later steps. */
  readonly envPrefix?: string
  readonly removals?: readonly Removal[]
  readonly sweep?: SweepReport
  /** What somebody should know although nothing has failed. */
  readonly warnings?: readonly string[]
  /** Everything that could be done was, and is reported; then the step fails all the same. */
  readonly failure?: Failure
}
