// A resource's life as a list of phases. Nothing ticks: what the resource is at a moment is looked up for that moment.

/** What DescribeEvents tells about a phase. */
export interface PhaseEvent {
  readonly message: string
  readonly categories: readonly string[]
}

export interface Phase {
  readonly from: number
  readonly status: string
  readonly event?: PhaseEvent
}

/** Phases in the order of their beginnings. The first begins with the resource. */
export type Timeline = readonly Phase[]

/** A status that is passed through. */
export interface StatusStep {
  readonly status: string
  readonly forMs: number
}

/** The end of every timeline: the resource has left AWS's listings and its name is free. No status of AWS's own. */
export const GONE = 'gone'

export function statusAt(timeline: Timeline, at: number): string {
  return timeline.findLast((phase) => phase.from <= at)?.status ?? GONE
}

interface Sought {
  readonly status: string
  readonly since: number
}

/** When `status` is first seen at or after `since`; never is Infinity. */
export function firstTimeOf(timeline: Timeline, { status, since }: Sought): number {
  if (statusAt(timeline, since) === status) return since
  return timeline.find((phase) => phase.from > since && phase.status === status)?.from ?? Infinity
}

/** The timeline with `phases` instead of everything that was still to come when they begin. */
export function rewritten(timeline: Timeline, phases: Timeline): Timeline {
  const from = phases[0]?.from ?? Infinity
  return [...timeline.filter((phase) => phase.from < from), ...phases]
}

/** One step after the other from `from` on, ending in `last`. */
export function steps(path: {
  from: number
  through: readonly StatusStep[]
  last: Omit<Phase, 'from'>
}): Timeline {
  let from = path.from
  const phases: Phase[] = []
  for (const { status, forMs } of path.through) {
    phases.push({ from, status })
    from += forMs
  }
  return [...phases, { from, ...path.last }]
}
