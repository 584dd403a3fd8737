import { ALLOW_LIST_REMEDY, isAllowList } from './github/reason.ts'
import type { SkipReason } from './contract.ts'
import { Failure } from './failure.ts'
import { canonicalLabel } from './tag-value.ts'

/** A reading of the pull request may be this old when a call to AWS relies on it. */
export const FRESH_DEMAND_MS = 5_000

/** The pull request at one moment. Nothing may be created or deleted after an `unreadable` one. */
export type PullRequestReading =
  | {
      readonly kind: 'open' | 'closed'
      readonly labels: readonly string[]
      readonly fromFork: boolean
      /** Its last commit; a key has none. */
      readonly headSha?: string
    }
  | Unreadable

export interface Unreadable {
  readonly kind: 'unreadable'
  readonly because: string
}

/** Whether the pull request wants a clone now. */
export type Demand =
  | { readonly kind: 'wanted' }
  | { readonly kind: 'unwanted'; readonly reason: UnwantedReason }
  | { readonly kind: 'unknown'; readonly because: string }

export type UnwantedReason = Extract<SkipReason, 'pull-request-closed' | 'label-missing'>

/**
 * The central rule: the current pull request decides, not the event that started the run. A run may start late, and labels
 * stay after a merge. So a label on a closed pull request asks for nothing.
 */
export function demandOf(reading: PullRequestReading, label: string | undefined): Demand {
  if (reading.kind === 'unreadable') return { kind: 'unknown', because: reading.because }
  if (reading.kind === 'closed') return { kind: 'unwanted', reason: 'pull-request-closed' }
  if (label !== undefined && !hasLabel(reading.labels, label))
    return { kind: 'unwanted', reason: 'label-missing' }
  return { kind: 'wanted' }
}

/** Whether the list has this label, spelled as on GitHub or as in a tag. */
export function hasLabel(labels: readonly string[], label: string): boolean {
  const wanted = canonicalLabel(label)
  return labels.some((name) => canonicalLabel(name) === wanted)
}

type AutoGoal =
  | { readonly kind: 'ready' }
  | { readonly kind: 'gone'; readonly reason: UnwantedReason }
  | { readonly kind: 'unknown'; readonly because: string }

interface Trigger {
  readonly reading: PullRequestReading
  readonly label: string | undefined
  readonly eventAction: string
  readonly eventLabel: string | undefined
}

/**
 * What `auto` works towards. If the pull request cannot be read, its existing clone is published and nothing else happens. But
 * a run that a close or an unlabelling started publishes nothing.
 */
export function autoGoal({ reading, label, eventAction }: Omit<Trigger, 'eventLabel'>): AutoGoal {
  const demand = demandOf(reading, label)
  if (demand.kind === 'unwanted') return { kind: 'gone', reason: demand.reason }
  if (demand.kind === 'unknown' && (eventAction === 'closed' || eventAction === 'unlabeled')) return demand
  return { kind: 'ready' }
}

/** A closed pull request loses all its clones. An open one loses those made for a label it no longer has. */
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

/** What a run that asks with this label removes once its clone is unwanted. */
export function unwantedScope(reading: PullRequestReading, label: string | undefined): DestroyScope {
  const demand = demandOf(reading, label)
  if (demand.kind === 'unknown') return demand
  if (demand.kind === 'wanted') return { kind: 'nothing' }
  return demand.reason === 'label-missing' && label !== undefined ? { kind: 'label', label } : { kind: 'all' }
}

/** Which clones may be removed. */
export type DestroyScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'label'; readonly label: string }
  /** Those made for a label that is not in this list. */
  | { readonly kind: 'labels-lost'; readonly labels: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly because: string }

/**
 * A closed pull request loses all its clones. An unlabelling removes only the clones made for that label. If the close or the
 * unlabelling has been undone since, the run removes nothing. Any other event is an explicit request.
 */
export function destroyScope({ reading, label, eventAction, eventLabel }: Trigger): DestroyScope {
  if (reading.kind === 'unreadable') return { kind: 'unknown', because: reading.because }
  if (reading.kind === 'closed') return { kind: 'all' }
  const asked = label ?? (eventAction === 'unlabeled' ? eventLabel : undefined)
  const isBack = asked !== undefined && hasLabel(reading.labels, asked)
  if (eventAction === 'closed' && (asked === undefined || isBack)) return { kind: 'nothing' }
  if (eventAction === 'unlabeled' && isBack) return { kind: 'nothing' }
  return asked === undefined ? { kind: 'all' } : { kind: 'label', label: asked }
}

/** `madeFor`: the label in the clone's tag. */
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

export function unreadablePullRequest(number: number, because: string): Failure {
  return new Failure({
    title: 'Pull request cannot be read',
    what: `Pull request #${number} could not be read (${because}), so nothing more was created or deleted for it.`,
    remedy: isAllowList(because)
      ? ALLOW_LIST_REMEDY
      : 'Check its number, give the job `permissions: pull-requests: write` (or `read`) and pass a valid github-token; after an outage of GitHub or a rate limit, run the job again.',
  })
}
