import { abandonedScope, autoGoal, unreadablePullRequest } from '../demand.ts'
import type { AutoInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { createFrom } from './create.ts'
import { destroyFrom } from './destroy.ts'
import { currentState } from './current-state.ts'
import { doubtLostLabel } from './lost-label.ts'
import type { CloneRun } from './context.ts'

/**
 * The current pull request decides, whatever event started the run. If it is open and has the label, its clone is made ready as
 * in `create`. Otherwise its clones that are no longer wanted are removed.
 */
export async function auto(run: CloneRun, inputs: AutoInputs): Promise<Outcome> {
  const outcome = await actOnce(run, inputs)
  // The clone became wanted again before its removal, so this run makes it ready.
  const removals = 'removals' in outcome ? (outcome.removals ?? []) : []
  const isOverruled = removals.length > 0 && removals.every(({ result }) => result === 'kept')
  return isOverruled ? await actOnce(run, inputs) : outcome
}

async function actOnce(run: CloneRun, inputs: AutoInputs): Promise<Outcome> {
  const state = await currentState(run, { source: inputs.gone.source })
  const goal = autoGoal({ reading: state.reading, label: inputs.label, eventAction: run.event.action })
  switch (goal.kind) {
    case 'ready':
      return await createFrom(state, run, inputs.readCreate())
    case 'unknown':
      throw unreadablePullRequest(run.owner.number ?? 0, goal.because)
    case 'gone': {
      const gone = await destroyFrom(state, run, {
        inputs: inputs.gone,
        // All clones of the pull request, whatever `clone-name` is today.
        cloneName: undefined,
        scopeOf: abandonedScope,
        reason: goal.reason,
        hold:
          inputs.hold === undefined ? undefined : { cloneName: inputs.gone.cloneName, value: inputs.hold },
        doubt: goal.reason === 'label-missing' ? (label) => doubtLostLabel(run, label) : undefined,
      })
      if (gone.outcome === 'deleting' || gone.outcome === 'destroyed')
        return { ...gone, skipReason: goal.reason }
      if (gone.outcome !== 'absent') return gone
      // Most pull requests never ask for a clone.
      return goal.reason === 'pull-request-closed'
        ? { ...gone, skipReason: goal.reason }
        : { outcome: 'skipped', skipReason: goal.reason }
    }
  }
}
