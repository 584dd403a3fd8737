import { pullRequestNumber } from './identity.ts'
import { type OwnedClone, newestFirst } from './ownership.ts'
import type { ClusterSnapshot } from './snapshot.ts'
import { clusterPhase } from './statuses.ts'
import { TAG } from './tags.ts'

/**
 * The clones that `keep-latest` keeps, by identifier: of every key and clone-name the newest `count` generations that were ready
 * once. A night that failed counts for nothing, also where its cluster is available: the clone in use is an older one then. Only
 * where nobody ever waited for a generation, and so nobody knows, those that are available with a writer count. Pure.
 */
export function latestGenerations(clones: readonly OwnedClone[], count: number): ReadonlySet<string> {
  const series = Map.groupBy(
    newestFirst(clones).filter(({ identity }) => pullRequestNumber(identity.key) === undefined),
    ({ identity: { server, repositoryId, key, name } }) => [server, repositoryId, key, name].join('\n'),
  )
  const kept = [...series.values()].flatMap((generations) => {
    const usable = generations.filter(
      ({ cluster }) =>
        cluster.members.length > 0 &&
        ['available', 'stopped', 'transient'].includes(clusterPhase(cluster.status)),
    )
    const ready = usable.filter(({ tags }) => tags[TAG.readyAt] !== undefined)
    const counted =
      ready.length > 0 ? ready : usable.filter(({ cluster }) => clusterPhase(cluster.status) !== 'transient')
    return counted.slice(0, count)
  })
  return new Set(kept.map(({ cluster }) => cluster.identifier))
}

/** The same clones, one of them as it was seen a moment ago. */
export function seenAfresh(clones: readonly OwnedClone[], cluster: ClusterSnapshot): readonly OwnedClone[] {
  return clones.map((clone) =>
    clone.cluster.resourceId === cluster.resourceId ? { ...clone, cluster, tags: cluster.tags ?? {} } : clone,
  )
}
