import type { SkipReason } from './contract.ts'
import type { UnwantedReason } from './demand.ts'
import type { Failure } from './failure.ts'
import type { SanitisingReport } from './sanitise/order.ts'

/** One clone as outputs, comment and summary show it. Only the name of a deleted clone is known. */
export type CloneReport = CloneName & Fate & (CloneDetails | Nothing<CloneDetails>)

/** The state of a clone as users see it. */
export type Fate =
  | { readonly state: 'creating' | 'quarantined' | 'ready' | 'resetting' | 'failed' | 'held' }
  /** `removalReason`: `undefined` if a user asked for the removal. */
  | { readonly state: 'deleting' | 'destroyed'; readonly removalReason: RemovalReason | undefined }
  | { readonly state: 'undeleted'; readonly undeleted: Undeleted }

export type CloneState = Fate['state']

/** The range of a serverless clone, in ACUs. */
export interface Capacity {
  readonly min: number
  readonly max: number
}

/** Whether an idle clone pauses. */
export type Pausing =
  | { readonly kind: 'pauses'; readonly afterSeconds: number | undefined }
  /** The parameter that keeps it awake. */
  | { readonly kind: 'kept-awake'; readonly by: string }

export interface CloneName {
  readonly identifier: string
  /** The hash of its identity, which names its comment. Empty: it gets no comment. */
  readonly identityHash: string
  readonly key: string
  /** `clone-name`, or empty. */
  readonly name: string
  /** `undefined`: it has a key of its own. */
  readonly pullRequest: number | undefined
  readonly region: string
  readonly instanceIdentifier: string
}

export interface CloneDetails {
  /** AWS's own words on a clone that is not ready, such as `cluster creating, writer creating`. */
  readonly standing: string
  /** A run has published it before. */
  readonly hasBeenReady: boolean
  /** Nobody but its sanitiser may have its endpoint yet. */
  readonly isQuarantined: boolean
  /** The digest of what was done to it before it was published; `undefined`: nothing. */
  readonly sanitised: string | undefined
  /** What this run did to it. */
  readonly sanitising: SanitisingReport | undefined
  /** The clone that stays in use until this one is ready. */
  readonly former: Readonly<{ identifier: string; endpoint: string | undefined }> | undefined
  /** The label that asks for fresh data; `undefined` also if this run was not told of one. */
  readonly resetLabel: string | undefined
  /** It has a backtrack window, so a reset takes the clone itself back. */
  readonly canGoBack: boolean
  /** Why fresh data was asked for and could not be had. It may quote AWS. */
  readonly resetProblem: string | undefined
  /** A label asked for it, and removing the label removes it. */
  readonly hasLabel: boolean
  readonly arn: string
  readonly resourceId: string
  readonly endpoint: string | undefined
  readonly readerEndpoint: string | undefined
  readonly port: number | undefined
  readonly engine: string
  readonly engineVersion: string
  /** `EngineLifecycleSupport` of AWS. */
  readonly lifecycleSupport: string | undefined
  readonly instanceClass: string | undefined
  readonly capacity: Capacity | undefined
  /** `undefined`: it has no automatic pause, or nobody can tell. */
  readonly pausing: Pausing | undefined
  /** `StorageType` of AWS, such as `aurora` or `aurora-iopt1`. */
  readonly storageType: string
  /** `encrypted`: AWS does not say how. */
  readonly encryption: string | undefined
  readonly databaseName: string | undefined
  readonly masterUsername: string | undefined
  readonly secretArn: string | undefined
  readonly source: string | undefined
  /** ISO 8601, UTC. */
  readonly expiresAt: string | undefined
  /** Set while its hold tag prevents deletion; `Infinity`: until the tag is changed. */
  readonly heldUntilMs: number | undefined
  /** ISO 8601, UTC. */
  readonly dataAsOf: string | undefined
  readonly timeline: Timeline
}

/** When a clone reached each step of its making, by AWS's clock, in milliseconds; only what this run or the clone's tags know. */
export interface Timeline {
  readonly asked?: number | undefined
  readonly restored?: number | undefined
  readonly writer?: number | undefined
  readonly credentials?: number | undefined
  /** Sanitised, or what else had to be done before it was published. */
  readonly prepared?: number | undefined
  readonly ready?: number | undefined
}

type Nothing<T> = { readonly [Key in keyof T]?: undefined }

/** How much comments and summaries may say. */
export type Details = 'full' | 'minimal'

export interface Undeleted {
  /** A clause without a full stop. It may quote AWS. */
  readonly because: string
  /** Its deletion protection is on. */
  readonly isProtected: boolean
}

/** Why a clone was removed although no user asked for it. `superseded`: another cluster serves its pull request or key. */
export type RemovalReason = UnwantedReason | 'expired' | 'superseded'

/** The result for one clone. */
export interface Removal {
  readonly clone: CloneReport
  readonly result: 'destroyed' | 'deleting' | 'held' | 'refused' | 'failed' | 'kept' | 'cancelled'
  readonly because: string | undefined
}

/** Why a sweep leaves a clone alone. */
export type KeepReason =
  /** It has not expired, and its pull request, if any, wants it. */
  | 'in-use'
  | 'deleting'
  | 'held'
  | 'protected'
  /** The guard refused the deletion: see ownership.ts. */
  | 'not-owned'
  /** Younger than an hour, and its pull request is not known to be closed. */
  | 'young'
  /** One of the newest generations of its key. */
  | 'latest'
  | 'pull-request-unreadable'
  /** The repository no longer has the label (renamed or deleted), so its absence on the pull request proves nothing. */
  | 'label-unknown'
  | 'expiry-unreadable'
  /** AWS's answers did not tell the time, and no other clock decides a deletion. */
  | 'time-unknown'

/** One clone in the table of a sweep. */
export interface SweepRow {
  readonly clone: CloneReport
  /** `owner/name` at the time when the clone was made. */
  readonly repository: string | undefined
  readonly generation: string
  /** `undefined` if neither AWS nor its tag says it. */
  readonly ageMs: number | undefined
  readonly action: 'delete' | 'keep'
  readonly reason: KeepReason | RemovalReason
  readonly detail: string | undefined
  /** `undefined`: no deletion was tried. */
  readonly result: Removal['result'] | undefined
}

export interface SweepReport {
  readonly scope: 'repository' | 'account'
  readonly dryRun: boolean
  /** More clones are due than `max-deletions` allows, so none was deleted. */
  readonly isStopped: boolean
  readonly rows: readonly SweepRow[]
}

/** What a mode returns. A `failure` fails the step after everything else was done and reported. */
export type Outcome = (ReadyOutcome | RemovalOutcome | AbsentOutcome | SkippedOutcome | SweptOutcome) & {
  readonly failure?: Failure | undefined
}

export interface ReadyOutcome {
  readonly outcome: 'ready' | 'creating' | 'quarantined'
  readonly clone: CloneReport
  /** This run made the clone. */
  readonly created: boolean
  /** Later steps get the clone's connection in variables with this prefix. */
  readonly envPrefix: string | undefined
}

interface RemovalOutcome {
  /** `undefined`: nothing was removed, and the failure says why. */
  readonly outcome: 'deleting' | 'destroyed' | undefined
  readonly skipReason?: SkipReason
  /** Set if there was only one. */
  readonly clone?: CloneReport | undefined
  readonly removals?: readonly Removal[]
}

interface AbsentOutcome {
  readonly outcome: 'absent'
  readonly skipReason?: SkipReason
}

interface SkippedOutcome {
  readonly outcome: 'skipped'
  readonly skipReason: SkipReason
  readonly clone?: CloneReport | undefined
  readonly removals?: readonly Removal[]
}

interface SweptOutcome {
  readonly outcome: 'swept'
  readonly sweep: SweepReport
  /** Problems of a run that did not fail. */
  readonly warnings?: readonly string[]
}
