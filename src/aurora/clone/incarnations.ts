import { clusterPhase } from '../api/statuses.ts'
import { type CloneIdentity, FIRST_INCARNATION, LAST_INCARNATION } from './identity.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import { type OwnedClone, ownedClones } from './ownership.ts'

/**
 * The leading incarnation of each clone: the one that runs bring to ready, report and keep. One that is not being deleted leads.
 * Of several, it is the one that was handed out, so that nobody loses a database; otherwise one that has not failed, and of
 * these the oldest, so that all runs choose the same. A clone under another prefix is an incarnation, too. Pure.
 */
export function leadingIncarnations(clones: readonly OwnedClone[]): readonly OwnedClone[] {
  return [...Map.groupBy(clones, ({ identity }) => seriesOf(identity)).values()].flatMap(
    (incarnations) => incarnations.toSorted(leadingFirst)[0] ?? [],
  )
}

/** The identifiers of the leading incarnations. */
export function leadersAmong(clones: readonly OwnedClone[]): ReadonlySet<string> {
  return new Set(leadingIncarnations(clones).map(({ cluster }) => cluster.identifier))
}

/**
 * The identifiers of those that were never handed out, beside one that was, and of those that the leading one was made to replace,
 * once it has been ready.
 */
export function supersededAmong(clones: readonly OwnedClone[]): ReadonlySet<string> {
  const leading = new Map(
    leadingIncarnations(clones)
      .filter(({ cluster, isHandedOut }) => isHandedOut && clusterPhase(cluster.status) !== 'deleting')
      .map((clone) => [seriesOf(clone.identity), clone]),
  )
  const superseded = clones.filter((clone) => {
    const leader = leading.get(seriesOf(clone.identity))
    return leader !== undefined && (!clone.isHandedOut || isReplacedBy(leader, clone))
  })
  return new Set(superseded.map(({ cluster }) => cluster.identifier))
}

function isReplacedBy({ identity, hasBeenReady, replaces }: OwnedClone, former: OwnedClone): boolean {
  const { incarnation } = former.identity
  return hasBeenReady && incarnation <= replaces && incarnation < identity.incarnation
}

/** All incarnations of a clone in a listing, under every prefix. */
export function incarnationsOf(
  clusters: readonly ClusterSnapshot[],
  { prefix: _, incarnation: __, ...asked }: CloneIdentity,
): readonly OwnedClone[] {
  return ownedClones(clusters, asked)
}

/** All incarnations of a clone have the same series. */
export function seriesOf({ server, repositoryId, key, name, generation }: CloneIdentity): string {
  return [server, repositoryId, key, name, generation].join('\n')
}

/**
 * The number for a new cluster beside these: above all of them, those being deleted included, so concurrent runs collide on one name.
 * Above the last number, which only a forged tag reaches, it is the lowest that is free.
 */
export function nextIncarnation(clones: readonly Pick<OwnedClone, 'identity'>[]): number {
  const taken = clones.map(({ identity }) => identity.incarnation)
  const next = Math.max(FIRST_INCARNATION - 1, ...taken) + 1
  if (next <= LAST_INCARNATION) return next
  const free = taken.findIndex((_, index) => !taken.includes(FIRST_INCARNATION + index))
  return FIRST_INCARNATION + (free === -1 ? taken.length : free)
}

function leadingFirst(a: OwnedClone, b: OwnedClone): number {
  const [first, second] = [rank(a), rank(b)]
  const differing = first.findIndex((value, index) => value !== second[index])
  if (differing !== -1) return (first[differing] ?? 0) - (second[differing] ?? 0)
  return a.cluster.identifier < b.cluster.identifier ? -1 : 1
}

/** Compared from left to right; the smaller one leads. */
function rank({ cluster, identity, isHandedOut, createdAtMs }: OwnedClone): readonly number[] {
  const phase = clusterPhase(cluster.status)
  const isDeleting = phase === 'deleting'
  return [
    Number(isDeleting),
    Number(!isHandedOut),
    Number(phase === 'failed'),
    isDeleting || isHandedOut ? -identity.incarnation : createdAtMs,
    -createdAtMs,
  ]
}
