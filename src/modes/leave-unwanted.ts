import type { OwnedClone } from '../aurora/clone/ownership.ts'
import type { Pace } from '../aurora/pace.ts'
import { type DestroyScope, type UnwantedReason, isInScope, unwantedScope } from '../demand.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, removalPaceOf } from './context.ts'
import { doubtLostLabel } from './lost-label.ts'
import { removeInScope } from './removal.ts'

interface Leaving {
  readonly reason: UnwantedReason
  readonly clone: OwnedClone | undefined
  /** The label that this run was given. */
  readonly label: string | undefined
  /** The value to write to its hold tag first; `undefined` leaves it unchanged. */
  readonly hold: string | undefined
  readonly pace: Pace
  /** Do not wait until AWS accepts the deletion. */
  readonly inHaste: boolean
}

/**
 * Removes a clone that its pull request no longer wants, unless it was made for another label. `undefined`: it is wanted again
 * and nothing was done.
 */
export async function leaveUnwanted(
  run: CloneRun,
  { reason, clone, label: asked, hold, pace, inHaste }: Leaving,
): Promise<Outcome | undefined> {
  const skipped: Outcome = { outcome: 'skipped', skipReason: reason }
  if (clone === undefined) return skipped
  // If the pull request was closed, an open one stops the removal. The next turn then checks its label.
  const label = reason === 'label-missing' ? (asked ?? clone.label) : undefined
  const scope: DestroyScope = label === undefined ? { kind: 'all' } : { kind: 'label', label }
  if (!isInScope(clone.label, scope)) return skipped
  const { removals, failures } = await removeInScope(run, [clone], {
    scope,
    scopeOf: (reading) => unwantedScope(reading, label),
    reason,
    hold: hold === undefined ? undefined : { cloneName: clone.identity.name, value: hold },
    doubt: label === undefined ? undefined : () => doubtLostLabel(run, label),
    keepLatest: 0,
    source: undefined,
    wait: false,
    pace: removalPaceOf(pace, { inHaste, nowMs: run.aws.clock.now() }),
  })
  const [removal] = removals
  if (removal === undefined) throw failures[0] ?? new Error('a clone in scope was neither removed nor kept')
  const { result, clone: report, failure } = removal
  switch (result) {
    case 'kept':
      return undefined
    case 'held':
      return { outcome: 'skipped', skipReason: 'held', clone: report, failure }
    case 'deleting':
    case 'destroyed':
      return { outcome: result, skipReason: reason, clone: report }
    default:
      throw failure ?? new Error(`clone "${report.identifier}" was not removed`)
  }
}
