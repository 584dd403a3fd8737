import { cloneIdentifier } from '../aurora/clone/identity.ts'
import { newestAlive, ownedClones } from '../aurora/clone/ownership.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, identityOf, paceOf, underEveryPrefix } from './context.ts'
import { type CurrentState, currentState } from './current-state.ts'
import { bringToReady } from './reach-ready.ts'

/** Makes the clone, or finds the existing one, and brings it to ready. Without `wait`, it only starts that. */
export async function create(run: CloneRun, inputs: CreateInputs): Promise<Outcome> {
  const { source } = inputs
  const state = await currentState(run, { source: source.kind === 'cluster' ? source.name : undefined })
  return await createFrom(state, run, inputs)
}

export async function createFrom(
  listing: CurrentState,
  run: CloneRun,
  inputs: CreateInputs,
): Promise<Outcome> {
  const { clusters } = listing
  const asked = identityOf(run.owner, inputs)
  const deterministic = cloneIdentifier({ repository: run.repositoryName, identity: asked })
  // Tags first, so that a renamed repository still finds its clone. A foreign cluster with this name is reported, never changed.
  // A clone that is being deleted under its former name is ignored.
  const own = newestAlive(ownedClones(clusters, underEveryPrefix(asked)))
  const found = own?.cluster ?? clusters.find(({ identifier }) => identifier === deterministic)
  const { region, repositoryFullName: repository } = run
  const { source, maxClones, label, hold, shape, ttlMs, allowForks, probe, envPrefix } = inputs
  return await bringToReady(run, {
    identity: own?.identity ?? asked,
    identifier: found?.identifier ?? deterministic,
    found,
    making: { source, listing, maxClones, region, repository, label, hold, shape, ttlMs },
    waitUntilReady: inputs.wait,
    pace: paceOf(run, inputs),
    label,
    allowForks,
    probe,
    envPrefix,
  })
}
