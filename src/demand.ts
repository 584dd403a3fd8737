import type { SkipReason } from './contract.ts'
import { canonicalLabel } from './tag-value.ts'

/** What one look at the pull request gave. `unreadable` is no answer at all: nothing may be created or deleted on it. */
export type PullRequestReading =
  | { readonly kind: 'open' | 'closed'; readonly labels: readonly string[]; readonly fromFork: boolean }
  | { readonly kind: 'unreadable'; readonly because: string }

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

/** What `destroy` may take away, by the live pull request. */
export type DestroyScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'label'; readonly label: string }
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
