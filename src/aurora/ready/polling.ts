import { clusterPhase, instancePhase } from '../api/statuses.ts'
import { writerOf } from '../clone/writer.ts'
import type { Observation } from './plan.ts'

const MINUTE_MS = 60_000
/**
 * How old a cluster is when its writer becomes available: 5.5 minutes (AWS News Blog, "Amazon Aurora Fast Database Cloning"), 6.5
 * (terraform-provider-aws #50115), rarely up to 15 (code-dot-org's clones of production).
 */
const LIKELY_FROM_MS = 3.5 * MINUTE_MS
const LIKELY_UNTIL_MS = 10 * MINUTE_MS
const LIKELY_SHARE = 0.4
/** While AWS makes the writer, what a look showed of the cluster holds for so long. */
const CLUSTER_HOLDS_MS = 60_000

/** The part of the poll interval to rest: looks are closer together while the clone is likely to become ready. */
export function pollShare(clusterAgeMs: number): number {
  return clusterAgeMs >= LIKELY_FROM_MS && clusterAgeMs < LIKELY_UNTIL_MS ? LIKELY_SHARE : 1
}

/** Whether the clone only waits for its writer: then a look at its instances is enough, one request instead of two. */
export function waitsForWriter({ cluster, instances }: Observation): boolean {
  if (cluster === undefined) return false
  const writer = writerOf(cluster, instances)
  const phase = clusterPhase(cluster.status)
  return (
    (phase === 'transient' || phase === 'available') &&
    writer !== undefined &&
    instancePhase(writer.status) === 'transient'
  )
}

export function clusterHolds(seenAtMs: number, nowMs: number): boolean {
  return nowMs - seenAtMs < CLUSTER_HOLDS_MS
}
