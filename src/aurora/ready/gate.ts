import { type Demand, FRESH_DEMAND_MS, type UnwantedReason } from '../../demand.ts'
import { type OwnedClone, ownershipOf } from '../clone/ownership.ts'
import { TAG } from '../clone/tags.ts'
import { writerOf } from '../clone/writer.ts'
import { mayBeHidden } from '../pace.ts'
import type { ReadyMemory, ReadyStep, ReadyView } from './plan.ts'

/** Maximum age of a reading of the pull request while this run only waits. */
const WAITING_DEMAND_MS = 60_000

/** Whether a step of the plan may be taken. */
export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'unwanted'; readonly reason: UnwantedReason }
  /** Unwanted, but AWS does not show this run's clone yet, so it cannot be found or removed. */
  | { readonly kind: 'unwanted-hidden' }
  /** The pull request cannot be read, so nothing may be changed. */
  | { readonly kind: 'undecided'; readonly because: string }
  /** A concurrent sweep sees only tags, so they are renewed before this run waits. */
  | { readonly kind: 'renew'; readonly clone: OwnedClone }

/** The pull request decides before every step: read afresh before each change and at the end, otherwise once a minute. */
export function demandAgeMs({ kind }: ReadyStep): number {
  return kind === 'wait' || kind === 'look-again' ? WAITING_DEMAND_MS : FRESH_DEMAND_MS
}

/** Whether the pull request allows the step. Pure. */
export function gateOf(step: ReadyStep, demand: Demand, view: ReadyView): Gate {
  const { memory, nowMs } = view
  if (demand.kind === 'unwanted')
    return !memory.shown && mayBeHidden(memory.restoredAtMs ?? memory.maybeRestoredAtMs, nowMs)
      ? { kind: 'unwanted-hidden' }
      : { kind: 'unwanted', reason: demand.reason }
  const isEnd = step.kind === 'settled' || step.kind === 'fail'
  if (demand.kind === 'unknown')
    return isEnd || onlyLooks(step.kind) ? { kind: 'open' } : { kind: 'undecided', because: demand.because }
  const clone = cloneToRenew(step, view)
  return clone === undefined ? { kind: 'open' } : { kind: 'renew', clone }
}

function onlyLooks(kind: ReadyStep['kind']): boolean {
  return kind === 'wait' || kind === 'look-again' || kind === 'move-on'
}

function cloneToRenew(step: ReadyStep, view: ReadyView): OwnedClone | undefined {
  const { cluster, memory } = view
  const isToStay = ['start', 'create-writer', 'wait'].includes(step.kind)
  if (cluster === undefined || !isToStay || !view.waitUntilReady) return undefined
  if (memory.renewedResourceId === cluster.resourceId) return undefined
  const ownership = ownershipOf(cluster, view.identity)
  // A clone that this run has just made has its whole lifetime ahead.
  return ownership.owned && !isMadeBy(memory, ownership.clone) ? ownership.clone : undefined
}

/** Whether this run made the clone: the time of one of its restores is in the tags. */
export function isMadeBy(
  { restoreTimes }: Pick<ReadyMemory, 'restoreTimes'>,
  { cluster }: OwnedClone,
): boolean {
  return restoreTimes.includes(cluster.tags?.[TAG.createdAt] ?? '')
}

/** Whether all calls are sent, so that AWS finishes by itself. Not while a former writer has the name. */
export function isUnderWay({ cluster, instances }: ReadyView): boolean {
  return cluster !== undefined && writerOf(cluster, instances)?.status !== 'deleting'
}

/** The reading must be newer than our restore: a `destroy` before it found no clone to remove. */
export function leavingDemandAgeMs({ memory: { restoredAtMs }, nowMs }: ReadyView): number {
  return restoredAtMs === undefined ? WAITING_DEMAND_MS : nowMs - restoredAtMs
}
