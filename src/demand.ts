import type { SkipReason } from './contract.ts'
import { canonicalLabel } from './tag-value.ts'

/** What one look at the pull request gave. `unreadable` is no answer at all: nothing may be created or deleted on it. */
export type PullRequestReading =
  | { readonly kind: 'open' | 'closed'; readonly labels: readonly string[]; readonly fromFork: boolean }
  | Unreadable

export interface Unreadable {
  readonly kind: 'unreadable'
  readonly because: string
}

/** Whether the pull request, as it is now, wants a clone. */
export type Demand =
  | { readonly kind: 'wanted' }
  | { readonly kind: 'unwanted'; readonly because: UnwantedReason }
  | { readonly kind: 'unknown'; readonly because: string }

export type UnwantedReason = Extract<SkipReason, 'pull-request-closed' | 'label-missing'>

/**
 * The rule of the whole product: the pull request as it is now decides, not the event that started the run. Labels survive
 * a merge and late runs happen, so a label on a closed pull request asks for nothing.
 */
export function demandOf(reading: PullRequestReading, label: string | undefined): Demand {
  if (reading.kind === 'unreadable') return { kind: 'unknown', because: reading.because }
  if (reading.kind === 'closed') return { kind: 'unwanted', because: 'pull-request-closed' }
  if (label !== undefined && !hasLabel(reading.labels, label))
    return { kind: 'unwanted', because: 'label-missing' }
  return { kind: 'wanted' }
}

/** Whether a label, as it is on GitHub or as it was kept in a tag, is among those of the pull request. */
export function hasLabel(labels: readonly string[], label: string): boolean {
  const wanted = canonicalLabel(label)
  return labels.some((name) => canonicalLabel(name) === wanted)
}

/** What `auto` works towards, by the live pull request. */
export type AutoGoal =
  | { readonly kind: 'ready' }
  | { readonly kind: 'gone'; readonly because: UnwantedReason }
  | { readonly kind: 'unknown'; readonly because: string }

/**
 * A pull request that cannot be read may still have its clone: then that one is published and nothing else happens. But a run
 * that was started by a closing or an unlabelling publishes nothing.
 */
export function autoGoal({
  reading,
  label,
  eventAction,
}: {
  readonly reading: PullRequestReading
  readonly label: string | undefined
  readonly eventAction: string
}): AutoGoal {
  const demand = demandOf(reading, label)
  if (demand.kind === 'unwanted') return { kind: 'gone', because: demand.because }
  if (demand.kind === 'unknown' && (eventAction === 'closed' || eventAction === 'unlabeled')) return demand
  return { kind: 'ready' }
}

/** What is there for no reason any more: of a closed pull request everything, else what was made for a label that it lost. */
export function abandonedScope(reading: PullRequestReading): DestroyScope {
  switch (reading.kind) {
    case 'unreadable':
      return { kind: 'unknown', because: reading.because }
    case 'closed':
      return { kind: 'all' }
    case 'open':
      return { kind: 'labels-lost', labels: reading.labels }
  }
}

/** What `destroy` may take away, by the live pull request. */
export type DestroyScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'label'; readonly label: string }
  /** Those made for a label that is not among these. */
  | { readonly kind: 'labels-lost'; readonly labels: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly because: string }

/**
 * Closing removes every clone that the pull request owns; taking a label away, those made for it. A run that was started by a
 * close or an unlabelling that has been taken back since then removes nothing. Any other event is somebody's explicit wish, and
 * an unlabelling speaks of its own label alone: removing `docs` is no reason to delete a database.
 */
export function destroyScope({
  reading,
  label,
  eventAction,
  eventLabel,
}: {
  readonly reading: PullRequestReading
  readonly label: string | undefined
  readonly eventAction: string
  readonly eventLabel: string | undefined
}): DestroyScope {
  if (reading.kind === 'unreadable') return { kind: 'unknown', because: reading.because }
  if (reading.kind === 'closed') return { kind: 'all' }
  const asked = label ?? (eventAction === 'unlabeled' ? eventLabel : undefined)
  const isBack = asked !== undefined && hasLabel(reading.labels, asked)
  if (eventAction === 'closed' && (asked === undefined || isBack)) return { kind: 'nothing' }
  if (eventAction === 'unlabeled' && isBack) return { kind: 'nothing' }
  return asked === undefined ? { kind: 'all' } : { kind: 'label', label: asked }
}

/** Whether a clone that was made for this label (as it stands in its tag) is to go. */
export function isInScope(madeFor: string | undefined, scope: DestroyScope): boolean {
  switch (scope.kind) {
    case 'all':
      return true
    case 'label':
      return madeFor === canonicalLabel(scope.label)
    case 'labels-lost':
      return madeFor !== undefined && !hasLabel(scope.labels, madeFor)
    case 'nothing':
    case 'unknown':
      return false
  }
}
