import type { Timeline } from '../../outcome.ts'
import type { InstanceSnapshot } from '../api/snapshot.ts'
import { clusterPhase, instancePhase } from '../api/statuses.ts'
import type { OwnedClone } from './ownership.ts'

/** What a run saw of the making of a clone. The clone's tags know the rest. */
export type Milestones = Omit<Timeline, 'asked' | 'ready'>

/** The clone and its writer as one look showed them. */
export interface Sighting {
  readonly clone: OwnedClone
  readonly writer: InstanceSnapshot | undefined
}

/**
 * The milestones after another look. Only a change between two looks at one clone that is being made is one: a run that finds it
 * available does not know since when. Pure.
 */
export function milestonesAfter(
  known: Milestones,
  {
    before,
    now,
    nowMs,
  }: Readonly<{ before: Sighting | undefined; now: Sighting; nowMs: number | undefined }>,
): Milestones {
  if (before?.clone.cluster.resourceId !== now.clone.cluster.resourceId) return {}
  if (nowMs === undefined || now.clone.hasBeenReady) return known
  const [was, is] = [before.clone.cluster.status, now.clone.cluster.status]
  const isRestored = was === 'creating' && clusterPhase(is) === 'available'
  const isWriterUp =
    before.writer?.status !== 'available' && instancePhase(now.writer?.status ?? '') === 'available'
  // A writer that was stopped with its cluster was up before.
  const isStart = was === 'starting' || clusterPhase(was) === 'stopped'
  return {
    ...known,
    ...(isRestored ? { restored: nowMs } : {}),
    ...(isWriterUp && !isStart ? { writer: nowMs } : {}),
  }
}
