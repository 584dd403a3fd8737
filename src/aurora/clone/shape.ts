import { createHash } from 'node:crypto'
import type { Tags } from '../api/snapshot.ts'
import type { CloneTags } from './tags.ts'

/** The shape inputs of a clone. `undefined` means: as the source, or as AWS's default (see restore-request.ts). */
export interface CloneShape {
  readonly instanceClass: string
  readonly minAcu: number | undefined
  readonly maxAcu: number | undefined
  readonly autoPauseAfterSeconds: number | undefined
  readonly subnetGroup: string | undefined
  readonly securityGroupIds: readonly string[] | undefined
  readonly clusterParameterGroup: string | undefined
  readonly parameterGroup: string | undefined
  readonly kmsKeyId: string | undefined
  readonly iamAuthentication: boolean | undefined
  readonly backtrackWindowSeconds: number | undefined
  readonly restoreToTime: Date | undefined
  /** AWS makes a master password of the clone's own. */
  readonly ownCredentials: boolean
  /** Nobody gets the endpoint before it is prepared (see preparation.ts). */
  readonly isPrepared: boolean
  /** The security groups that it is restored into, and leaves when it is clean. */
  readonly quarantineGroupIds: readonly string[] | undefined
  readonly tags: Tags
}

export const SERVERLESS_CLASS = 'db.serverless'

/** Digest of the inputs that only a new cluster can change: other inputs give another digest. A writer's are no part of it. */
export function shapeDigest({ instanceClass, tags: _, parameterGroup: __, ...shape }: CloneShape): string {
  const { minAcu, maxAcu, autoPauseAfterSeconds, ownCredentials, isPrepared, ...others } = shape
  const range = instanceClass === SERVERLESS_CLASS ? { minAcu, maxAcu, autoPauseAfterSeconds } : undefined
  const asked = Object.entries({
    ...others,
    range,
    ownCredentials: ownCredentials || undefined,
    isPrepared: isPrepared || undefined,
  })
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 8)
}

/** Whether a clone was ordered with other shape inputs than these. */
export function isOfOtherShape({ shape }: Pick<CloneTags, 'shape'>, asked: CloneShape): boolean {
  return shape !== undefined && shape !== shapeDigest(asked)
}
