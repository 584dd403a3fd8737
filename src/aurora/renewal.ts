import { AddTagsToResourceCommand, type RDSClient } from '@aws-sdk/client-rds'
import { canonicalLabel } from '../tag-value.ts'
import { hasCode } from './aws-call.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'
import { type Tags, TAG, WITHOUT_LABEL, labelOf } from './tags.ts'

/**
 * The tags to write on a clone that is asked for again: its time is extended to the later of the old one and now + TTL, the
 * label is the one it is asked for with now, a hold is put on or taken off where that is asked for, and `ready-at` is written once, when it is ready for the first time.
 */
export function renewedTags(
  tags: Tags,
  {
    nowMs,
    ttlMs,
    label,
    hold,
    isReady,
  }: {
    readonly nowMs: number
    readonly ttlMs: number | undefined
    /** `none`: wanted without a label from now on; `undefined` leaves it as it is. */
    readonly label: { readonly name: string } | 'none' | undefined
    readonly hold: string | undefined
    readonly isReady: boolean
  },
): Tags {
  const renewed: Record<string, string> = {}
  if (ttlMs !== undefined) {
    const expiresAtMs = Date.parse(tags[TAG.expiresAt] ?? '') || 0
    if (nowMs + ttlMs > expiresAtMs) renewed[TAG.expiresAt] = new Date(nowMs + ttlMs).toISOString()
  }
  if (label === 'none') {
    if (labelOf(tags) !== undefined) Object.assign(renewed, WITHOUT_LABEL)
  } else if (label !== undefined && tags[TAG.label] !== canonicalLabel(label.name)) {
    renewed[TAG.label] = canonicalLabel(label.name)
  }
  if (hold !== undefined && (tags[TAG.hold] ?? 'false') !== hold) renewed[TAG.hold] = hold
  if (isReady && tags[TAG.readyAt] === undefined) renewed[TAG.readyAt] = new Date(nowMs).toISOString()
  return renewed
}

/** A person's word on a clone that is about to be removed: it is written before the deletion, which then sees it. */
export async function writeHold(
  rds: RDSClient,
  cluster: ClusterSnapshot,
  hold: string | undefined,
): Promise<ClusterSnapshot> {
  const isNews = hold !== undefined && (cluster.tags?.[TAG.hold] ?? 'false') !== hold
  if (!isNews || clusterPhase(cluster.status) === 'deleting') return cluster
  try {
    return await writeTags(rds, cluster, { [TAG.hold]: hold })
  } catch (error) {
    // Gone since it was listed: nobody needs the tag any more.
    if (hasCode(error, 'DBClusterNotFoundFault')) return cluster
    throw error
  }
}

/** Writes tags on a clone that was just proven to be ours, and returns the cluster with them. */
export async function writeTags(
  rds: RDSClient,
  cluster: ClusterSnapshot,
  tags: Tags,
): Promise<ClusterSnapshot> {
  if (Object.keys(tags).length === 0) return cluster
  await rds.send(
    new AddTagsToResourceCommand({
      ResourceName: cluster.arn,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  )
  return { ...cluster, tags: { ...cluster.tags, ...tags } }
}
