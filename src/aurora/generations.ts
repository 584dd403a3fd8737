import { type OwnedClone, newestFirst } from './ownership.ts'
import { clusterPhase } from './statuses.ts'
import { TAG } from './tags.ts'

/**
 * The clones that `keep-latest` keeps, by identifier: of every key and clone-name the newest `count` generations that can be
 * used, and what is being made since then and may still become one of them. A failed one keeps nobody else away. Pure.
 */
export function latestGenerations(clones: readonly OwnedClone[], count: number): ReadonlySet<string> {
  const kept = new Set<string>()
  const counted = new Map<string, number>()
  if (count === 0) return kept
  for (const clone of newestFirst(clones)) {
    const { server, repositoryId, key, name, generation } = clone.identity
    if (generation === '') continue
    const series = [server, repositoryId, key, name].join('\n')
    const soFar = counted.get(series) ?? 0
    const phase = clusterPhase(clone.cluster.status)
    if (soFar >= count || phase === 'failed' || phase === 'deleting') continue
    kept.add(clone.cluster.identifier)
    const isUsable = phase !== 'transient' || clone.tags[TAG.readyAt] !== undefined
    counted.set(series, soFar + (isUsable ? 1 : 0))
  }
  return kept
}
