import type { Demand } from '../../demand.ts'
import type { ClusterSnapshot, InstanceSnapshot } from '../api/snapshot.ts'
import type { CloneIdentity } from '../clone/identity.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type Wishes, labelWish } from '../clone/renewal.ts'
import type { ResetRequests } from '../clone/reset-requests.ts'
import type { CloneShape } from '../clone/shape.ts'
import type { SourceRequest } from '../clone/source.ts'
import type { Pace } from '../pace.ts'

/** A mode's order for one ready clone. It is data, except for two callbacks. */
export interface ReadyOrder {
  readonly identity: CloneIdentity
  readonly identifier: string
  /** The cluster of this name in the mode's listing. */
  readonly found: ClusterSnapshot | undefined
  /** How to make the clone; `undefined` if the mode only finishes an existing one. */
  readonly making: Making | undefined
  /** In messages: `pull request #42`. */
  readonly ownerName: string
  readonly pullRequest: number | undefined
  /** Names this run among those that prepare the clone. */
  readonly preparer: string
  /** Of what is done to the clone before it is published; `undefined`: nothing. */
  readonly sanitisingDigest: string | undefined
  /** Wait until the clone is ready; otherwise only until all calls are sent. */
  readonly waitUntilReady: boolean
  readonly pace: Pace
  /** What the pull request wants now, from a reading that is at most `maxAgeMs` old. */
  readonly demand: (maxAgeMs: number) => Promise<Demand>
  /** Called after every look that shows the clone. */
  readonly announce: (clone: OwnedClone, writer: InstanceSnapshot | undefined) => void
}

export interface Making {
  readonly source: SourceRequest
  readonly listing: Listing
  readonly maxClones: number
  readonly region: string
  /** `owner/name`, for people who read the tags. */
  readonly repository: string
  /** The name alone, for identifiers. */
  readonly repositoryName: string
  readonly label: string | undefined
  readonly hold: string | undefined
  readonly shape: CloneShape
  readonly ttlMs: number
  /** The requests for fresh data that the clone meets: no one has changed its data yet. */
  readonly resets: ResetRequests
  /** The clone takes the place of all incarnations up to this number; 0 for none. */
  readonly replaces: number
}

/** The clusters of the Region at one moment of the runner's clock. */
export interface Listing {
  readonly atMs: number
  readonly clusters: readonly ClusterSnapshot[]
}

/** The tags that the order wants on an existing clone. `extend`: its lifetime begins again. */
export function wishesOf(
  { making }: Pick<ReadyOrder, 'making'>,
  { extend }: Readonly<{ extend: boolean }>,
): Wishes {
  if (making === undefined) return {}
  const { ttlMs, label, hold, resets } = making
  return {
    ttlMs: extend ? ttlMs : undefined,
    label: labelWish(label),
    hold,
    resets,
  }
}
