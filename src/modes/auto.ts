import { abandonedScope, autoGoal } from '../demand.ts'
import { unreadablePullRequest } from '../github/pull-request.ts'
import type { AutoInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { createFrom } from './create.ts'
import { destroyFrom } from './destroy.ts'
import { lookAround } from './look.ts'
import { doubtLostLabel } from './lost-label.ts'
import type { ModeContext } from './mode-context.ts'

/**
 * What a workflow wants that listens to everything: the pull request as it is now decides, whatever event started the run. Open
 * and with the label, its clone is made ready as `create` does. Otherwise what it owns for no reason any more is removed.
 */
export async function auto(context: ModeContext, inputs: AutoInputs): Promise<Outcome> {
  const outcome = await actOnce(context, inputs)
  const { removals = [] } = outcome
  // Wanted again while it was to be removed: then this run is the one that makes it ready.
  const isOverruled = removals.length > 0 && removals.every(({ result }) => result === 'kept')
  return isOverruled ? await actOnce(context, inputs) : outcome
}

async function actOnce(context: ModeContext, inputs: AutoInputs): Promise<Outcome> {
  const look = await lookAround(context, { source: inputs.gone.source })
  const goal = autoGoal({
    reading: look.reading,
    label: inputs.label,
    eventAction: context.event.action,
  })
  switch (goal.kind) {
    case 'ready':
      return await createFrom(look, context, inputs.ready())
    case 'unknown':
      throw unreadablePullRequest(context.owner.number ?? 0, goal.because)
    case 'gone': {
      const gone = await destroyFrom(look, context, {
        inputs: inputs.gone,
        // All that the pull request owns, whatever name today's inputs have for one of its clones.
        cloneName: undefined,
        scopeOf: abandonedScope,
        because: goal.because,
        hold:
          inputs.hold === undefined ? undefined : { cloneName: inputs.gone.cloneName, value: inputs.hold },
        doubt: goal.because === 'label-missing' ? (label) => doubtLostLabel(context, label) : undefined,
      })
      if (gone.skipReason !== undefined || gone.outcome === undefined) return gone
      // Most pull requests never ask for a clone.
      const isNews = gone.outcome !== 'absent' || goal.because === 'pull-request-closed'
      return { ...gone, outcome: isNews ? gone.outcome : 'skipped', skipReason: goal.because }
    }
  }
}
