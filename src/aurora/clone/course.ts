import { isHeld } from '../../tag-value.ts'
import { clusterPhase } from '../api/statuses.ts'
import { leadingIncarnations, nextIncarnation } from './incarnations.ts'
import type { OwnedClone } from './ownership.ts'
import { type ResetRequests, unmetRequests, withRequests } from './reset-requests.ts'

/** Which incarnation a run brings to ready. */
export type Course =
  /** There is none that stays, so this one is made. */
  | { readonly kind: 'make'; readonly incarnation: number }
  /** `isRefused`: fresh data was asked for, and a hold refuses it. */
  | { readonly kind: 'go-on'; readonly clone: OwnedClone; readonly isRefused: boolean }
  /** Fresh data was asked for: the next one is made beside it, or the one that a run has begun is finished. */
  | {
      readonly kind: 'refresh'
      readonly former: OwnedClone
      readonly begun: OwnedClone | undefined
      readonly incarnation: number
      /** The last one whose place it takes. One that was handed out and has failed is above the one in use. */
      readonly replaces: number
    }

/**
 * The course of a run among all incarnations of one clone. A clone that was never handed out meets every request as it is: nobody has
 * changed its data. `nowMs`: AWS's time. Pure.
 */
export function courseOf(
  clones: readonly OwnedClone[],
  { asked, nowMs }: Readonly<{ asked: ResetRequests; nowMs: number }>,
): Course {
  const [leading] = leadingIncarnations(clones)
  const incarnation = nextIncarnation(clones)
  if (leading === undefined || clusterPhase(leading.cluster.status) === 'deleting')
    return { kind: 'make', incarnation }
  const begun = begunBeside(leading, clones)
  const isPossible = incarnation > leading.identity.incarnation
  const wanted = withRequests(leading.resetting, asked)
  const isAsked = begun !== undefined || (isPossible && unmetRequests(wanted, leading.resets).length > 0)
  if (!leading.isHandedOut || !isAsked) return { kind: 'go-on', clone: leading, isRefused: false }
  if (isHeld(leading.hold, nowMs)) return { kind: 'go-on', clone: leading, isRefused: true }
  const handedOut = clones
    .filter(({ isHandedOut }) => isHandedOut)
    .map(({ identity }) => identity.incarnation)
  return {
    kind: 'refresh',
    former: leading,
    begun,
    incarnation,
    replaces: begun?.replaces ?? Math.max(...handedOut),
  }
}

/** The one that a run has begun to make in the place of `leading`. */
export function begunBeside(leading: OwnedClone, clones: readonly OwnedClone[]): OwnedClone | undefined {
  const { incarnation } = leading.identity
  const begun = clones.filter(
    ({ cluster, identity, isHandedOut, replaces }) =>
      !isHandedOut &&
      clusterPhase(cluster.status) !== 'deleting' &&
      identity.incarnation > incarnation &&
      replaces >= incarnation,
  )
  return leadingIncarnations(begun)[0]
}

/** What the clone of this course meets, and what it replaces. */
export function resetsOf(
  course: Course,
  asked: ResetRequests,
): Readonly<{ resets: ResetRequests; replaces: number }> {
  switch (course.kind) {
    case 'make':
      return { resets: asked, replaces: 0 }
    case 'go-on': {
      // One that was handed out has in its tags what it has met.
      const { resets: met, replaces, isHandedOut } = course.clone
      return { resets: isHandedOut ? met : withRequests(met, asked), replaces }
    }
    case 'refresh': {
      const { former, begun } = course
      const met = withRequests(withRequests(former.resets, former.resetting), begun?.resets ?? {})
      return { resets: withRequests(met, asked), replaces: course.replaces }
    }
  }
}
