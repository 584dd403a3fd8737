import type { AwsRun } from '../api/aws-run.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type GoneResult, convergeGone } from '../gone/converge.ts'
import { type CloneLook, HalfDeleted } from '../gone/delete-clone.ts'
import type { Pace } from '../pace.ts'

import { TAG } from '../clone/tags.ts'
import type { ReplaceReason } from './plan.ts'

/** Removes a clone that nobody can have used. Each look before a call asks again whether that is still true. */
export async function removeUnused(
  aws: AwsRun,
  clone: OwnedClone,
  { pace, reason }: Readonly<{ pace: Pace; reason: ReplaceReason }>,
): Promise<GoneResult> {
  const gone = convergeGone(aws, {
    clone,
    source: undefined,
    askIfUnwanted: () =>
      Promise.resolve(
        (look) =>
          look.clone.isHandedOut === clone.isHandedOut &&
          !look.clone.hasBeenReady &&
          STILL[reason](look, clone),
      ),
    isRequested: false,
    waitUntilGone: false,
    pace,
  })
  return await gone.catch((error: unknown) => {
    throw error instanceof HalfDeleted ? error.cause : error
  })
}

const STILL: Readonly<Record<ReplaceReason, (look: CloneLook, was: OwnedClone) => boolean>> = {
  // A clone without its writer is not healthy, so a removal that has begun continues.
  failed: ({ clone: { cluster, isHandedOut }, instances }) =>
    clusterPhase(cluster.status) !== 'available' ||
    (!isHandedOut && instances.every(({ status }) => instancePhase(status) !== 'available')),
  'other-inputs': ({ clone: { cluster }, instances }) =>
    cluster.members.length === 0 && instances.length === 0,
  // A run at work says so in this tag.
  'half-prepared': ({ clone }, was) =>
    clone.cluster.tags?.[TAG.sanitised] === was.cluster.tags?.[TAG.sanitised],
}
