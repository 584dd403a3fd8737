import type { AwsRun } from '../api/aws-run.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type GoneResult, convergeGone } from '../gone/converge.ts'
import type { CloneLook } from '../gone/delete-clone.ts'
import { deletionRefused } from '../gone/refusal.ts'
import type { Pace } from '../pace.ts'

/** Removes a clone that failed before it was ever ready. `false`: it healed or was handed out. Throws if held or protected. */
export async function removeFailed(aws: AwsRun, clone: OwnedClone, pace: Pace): Promise<boolean> {
  const result = await removeUnready(aws, clone, { pace, isUsable: isHealthy })
  if (result.kind === 'refused') throw deletionRefused(clone.cluster.identifier, result.verdict)
  return result.kind !== 'wanted'
}

/** Removes a clone that was begun with other inputs. `false`: it may be in use by now, or is held or protected. */
export async function removeBegun(aws: AwsRun, clone: OwnedClone, pace: Pace): Promise<boolean> {
  const { kind } = await removeUnready(aws, clone, {
    pace,
    isUsable: ({ clone: { cluster }, instances }) => cluster.members.length > 0 || instances.length > 0,
  })
  return kind === 'gone' || kind === 'deleting'
}

/** A clone without its writer is not healthy, so a removal that has begun continues. */
function isHealthy({ clone: { cluster }, instances }: CloneLook): boolean {
  return (
    clusterPhase(cluster.status) === 'available' &&
    instances.some(({ status }) => instancePhase(status) === 'available')
  )
}

/** Removes a clone that was never handed out, unless it is usable by then. */
async function removeUnready(
  aws: AwsRun,
  clone: OwnedClone,
  { pace, isUsable }: Readonly<{ pace: Pace; isUsable: (look: CloneLook) => boolean }>,
): Promise<GoneResult> {
  return await convergeGone(aws, {
    clone,
    source: undefined,
    askIfUnwanted: () => Promise.resolve((look) => !look.clone.hasBeenReady && !isUsable(look)),
    isRequested: false,
    waitUntilGone: false,
    pace,
  })
}
