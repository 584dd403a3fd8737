import { clusterPhase } from '../api/statuses.ts'
import { leadingIncarnations, seriesOf } from './incarnations.ts'
import { type OwnedClone, newestFirst, ownerOf } from './ownership.ts'

/**
 * The clones that `keep-latest` keeps, by identifier: the newest `count` generations of each key and clone-name that were
 * ready once. A generation counts once, by its leading incarnation, and is kept with every incarnation that was handed out. A
 * failed generation does not count, even if its cluster is available: an older clone is in use then. If no generation was ever
 * marked ready, because no run waited, available ones with a writer count. Pure.
 */
export function latestGenerations(clones: readonly OwnedClone[], count: number): ReadonlySet<string> {
  const series = Map.groupBy(
    newestFirst(leadingIncarnations(clones)).filter((clone) => ownerOf(clone).pullRequest === undefined),
    ({ identity: { server, repositoryId, key, name } }) => [server, repositoryId, key, name].join('\n'),
  )
  const kept = [...series.values()].flatMap((generations) => {
    const usable = generations.filter(
      ({ cluster }) =>
        cluster.members.length > 0 &&
        ['available', 'stopped', 'transient'].includes(clusterPhase(cluster.status)),
    )
    const ready = usable.filter(({ hasBeenReady }) => hasBeenReady)
    const counted =
      ready.length > 0 ? ready : usable.filter(({ cluster }) => clusterPhase(cluster.status) !== 'transient')
    return counted.slice(0, count)
  })
  const names = new Set(kept.map(({ identity }) => seriesOf(identity)))
  const inUse = clones.filter(({ identity, isHandedOut }) => isHandedOut && names.has(seriesOf(identity)))
  return new Set([...kept, ...inUse].map(({ cluster }) => cluster.identifier))
}

/** The same clones, with `fresh` in place of its older snapshot. */
export function seenAfresh(clones: readonly OwnedClone[], fresh: OwnedClone): readonly OwnedClone[] {
  return clones.map((clone) => (clone.cluster.resourceId === fresh.cluster.resourceId ? fresh : clone))
}
