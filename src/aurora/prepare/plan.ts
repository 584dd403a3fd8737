import { hasBacktrack } from '../api/snapshot.ts'
import { clusterPhase } from '../api/statuses.ts'
import type { OwnedClone } from '../clone/ownership.ts'
import { type Preparation, type UnderPreparation, leftBy } from '../clone/preparation.ts'
import type { SanitisingOrder } from '../../sanitise/order.ts'
import { mayBeHidden } from '../pace.ts'
import type { Change } from './change-clone.ts'
import type { PreparationOrder } from './order.ts'

/** What this run did itself. */
export interface PreparationMemory {
  /** When AWS accepted a change; it may show the old state for a while after that. */
  readonly changedAtMs: Readonly<Partial<Record<Change['kind'], number>>>
  /** A login with the new secret worked. */
  readonly isProven: boolean
  /** What can be done before the user's own steps, or everything, has been done. */
  readonly isWorkDone: boolean
  /** This run has handed it over. */
  readonly isHandedOver: boolean
  /** AWS's time when this run first saw the clone clean. */
  readonly cleanAtMs: number | undefined
}

export const FRESH_PREPARATION: PreparationMemory = {
  changedAtMs: {},
  isProven: false,
  isWorkDone: false,
  isHandedOver: false,
  cleanAtMs: undefined,
}

/** What is done in the clone's database. */
export type Work =
  /** Logins and automations are switched off. */
  | 'isolate'
  /** The same, then all statements and checks. */
  | 'sanitise'
  /** The same as `isolate`, then all checks: the user's own steps have sanitised it. */
  | 'verify'

export type PreparationStep =
  | { readonly kind: 'change'; readonly change: Change }
  /** A login with the secret: the cluster's status says nothing about the password (antifailure, live test of September 2026). */
  | { readonly kind: 'prove'; readonly secretArn: string }
  | { readonly kind: 'work'; readonly work: Work }
  | { readonly kind: 'tag'; readonly preparation: UnderPreparation }
  | { readonly kind: 'done' | 'handed-over' }
  /** Another run has left it half prepared. */
  | { readonly kind: 'begin-anew' }
  | { readonly kind: 'fail'; readonly why: PreparationFailure }
  | { readonly kind: 'wait'; readonly waitingFor: string }

export type PreparationFailure =
  /** This run does not have what the clone needs. */
  | 'no-order'
  /** It is not in the hands of this workflow run's steps. */
  | 'not-handed-over'
  /** It has no password of its own, and this run is to look into its database. */
  | 'no-login'
  | 'left-half-prepared'

export interface PreparationView {
  readonly clone: OwnedClone
  readonly order: PreparationOrder
  readonly memory: PreparationMemory
  /** By the runner's clock. */
  readonly nowMs: number
  readonly awsNowMs: number
}

/** What a login needs: also that of a clone that was taken back. */
export type LoginView = Pick<PreparationView, 'clone' | 'nowMs'> & {
  readonly memory: Pick<PreparationMemory, 'changedAtMs' | 'isProven'>
}

export type LoginStep = Extract<PreparationStep, { readonly kind: 'change' | 'prove' | 'wait' }>

/** The next step between *ready at AWS* and *published*. Pure. */
export function planPreparation(view: PreparationView): PreparationStep {
  const { clone, order, awsNowMs } = view
  const { preparation, hasBeenReady } = clone
  if (hasBeenReady) return { kind: 'done' }
  switch (preparation.kind) {
    case 'none':
      return planCredentials(view) ?? { kind: 'done' }
    case 'clean':
      return planClean(view, preparation.digest)
    case 'handed-over':
      return planHandedOver(view, preparation.to)
    case 'failed':
      return leftHalf(order)
    case 'pending':
    case 'begun':
      if (order.by === 'this-run-after-steps') return { kind: 'fail', why: 'not-handed-over' }
      switch (leftBy(preparation, { run: order.run, nowMs: awsNowMs })) {
        case 'a-run-at-work':
          return wait('another run to prepare it')
        case 'a-run-that-ended':
          return leftHalf(order)
        case 'nobody':
          return planOwnWork(view, preparation)
      }
  }
}

/** What was done by other files or inputs than this run's was never published, so it is done again. */
function planClean(view: PreparationView, done: string): PreparationStep {
  const { by, sanitising } = view.order
  if (by === 'another-run') return wait('another run to publish it')
  return sanitising === undefined || sanitising.digest === done ? planRelease(view) : leftHalf(view.order)
}

function planHandedOver({ order, memory, ...view }: PreparationView, to: string): PreparationStep {
  switch (order.by) {
    case 'this-run-after-steps':
      return to === order.workflowRun
        ? planWork({ order, memory, ...view }, 'verify')
        : { kind: 'fail', why: 'not-handed-over' }
    case 'another-run':
      return wait('the steps that sanitise it')
    default:
      return memory.isHandedOver ? { kind: 'handed-over' } : leftHalf(order)
  }
}

function leftHalf({ by }: PreparationOrder): PreparationStep {
  return by === 'this-run' || by === 'steps'
    ? { kind: 'begin-anew' }
    : { kind: 'fail', why: 'left-half-prepared' }
}

function planOwnWork(view: PreparationView, preparation: Preparation): PreparationStep {
  const { order, awsNowMs } = view
  const { run, by, sanitising } = order
  if (by === 'another-run') return wait('another run to prepare it')
  if (sanitising === undefined) return { kind: 'fail', why: 'no-order' }
  if (preparation.kind === 'pending') return tag({ kind: 'begun', run, atMs: awsNowMs })
  return planWork(view, by === 'steps' ? 'isolate' : 'sanitise')
}

function planWork(view: PreparationView, work: Work): PreparationStep {
  const { clone, order, memory } = view
  const { digest = '', sanitises = false } = order.sanitising ?? {}
  if (clone.hasOwnCredentials && !memory.isWorkDone) return planLogin(view) ?? { kind: 'work', work }
  // Without a password of its own, the user's own steps do all of it.
  if (!clone.hasOwnCredentials && looksInside(order.sanitising)) return { kind: 'fail', why: 'no-login' }
  if (work === 'isolate') return planDataApiOff(view) ?? tag({ kind: 'handed-over', to: order.workflowRun })
  return tag({ kind: 'clean', digest, isSanitised: sanitises })
}

function looksInside(order: SanitisingOrder | undefined): boolean {
  if (order === undefined) return false
  const { disablesLogins, statements, checks, decisions } = order
  return disablesLogins || statements.length + checks.length > 0 || decisions !== undefined
}

function planCredentials(view: PreparationView): PreparationStep | undefined {
  if (!view.clone.hasOwnCredentials) return undefined
  return planLogin(view) ?? planDataApiOff(view)
}

/** Up to a login that works. */
export function planLogin(view: LoginView): LoginStep | undefined {
  const { memory, clone } = view
  const { secretArn, secretStatus, hasDataApi } = clone.cluster
  if (memory.isProven) return undefined
  if (secretArn === undefined)
    return change(view, { kind: 'manage-password' }, 'AWS to show the secret of the clone')
  if (!hasDataApi) return change(view, { kind: 'enable-data-api' }, 'the Data API of the clone')
  if (secretStatus === 'creating') return wait('AWS to make the secret of the clone')
  return { kind: 'prove', secretArn }
}

/** A clone has no Data API of its own, unless its source has one; it is on only while it is used here. */
export function planDataApiOff(view: LoginView): LoginStep | undefined {
  if (!view.clone.cluster.hasDataApi) return undefined
  return change(view, { kind: 'disable-data-api' }, 'AWS to switch the Data API off')
}

const BACKTRACK_MARGIN_MS = 60_000

/** A clean clone moves from its quarantine to the network that it is for. */
function planRelease(view: PreparationView): PreparationStep {
  const { clone, order, memory, awsNowMs } = view
  const { cluster } = clone
  const { securityGroupIds: current } = cluster
  const off = clone.hasOwnCredentials ? planDataApiOff(view) : undefined
  if (off !== undefined) return off
  // What a clone of a clone starts with is not documented: it may be the latest restorable time, which is minutes earlier.
  const cleanAtMs = memory.cleanAtMs ?? awsNowMs
  // AWS goes back to the nearest consistent time, which may be an earlier one (Aurora user guide, "Backtracking").
  if (hasBacktrack(cluster) && !(awsNowMs - cleanAtMs >= BACKTRACK_MARGIN_MS))
    return wait('a minute between its sanitising and the time that it can go back to')
  const isCovered = Number.isFinite(cleanAtMs) && (cluster.latestRestorableAtMs ?? -Infinity) > cleanAtMs
  if (order.isSource && !isCovered)
    return wait('its latest restorable time to pass the end of its sanitising')
  const { securityGroupIds: wanted } = order
  if (wanted === undefined) return { kind: 'done' }
  if (isSame(current, wanted))
    return cluster.isMoving ? wait('its security groups to be in force') : { kind: 'done' }
  return change(
    view,
    { kind: 'move', securityGroupIds: wanted },
    'AWS to move the clone to its security groups',
  )
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join() === others.toSorted().join()
}

/** AWS changes a cluster only while it is available. */
export function change(
  { clone: { cluster }, memory, nowMs }: LoginView,
  what: Change,
  hidden: string,
): LoginStep {
  if (mayBeHidden(memory.changedAtMs[what.kind], nowMs)) return wait(hidden)
  return clusterPhase(cluster.status) === 'available'
    ? { kind: 'change', change: what }
    : { kind: 'wait', waitingFor: `cluster ${cluster.status}` }
}

function tag(preparation: UnderPreparation): PreparationStep {
  return { kind: 'tag', preparation }
}

function wait(what: string): LoginStep {
  return { kind: 'wait', waitingFor: `waiting for ${what}` }
}
