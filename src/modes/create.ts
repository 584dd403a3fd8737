import { cloneIdentifier } from '../aurora/clone/identity.ts'
import { incarnationsOf, leadingIncarnations, nextIncarnation } from '../aurora/clone/incarnations.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
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
  // Tags first, so that a renamed repository still finds its clone. A foreign cluster with the next name is reported, never changed.
  const clones = incarnationsOf(clusters, identityOf(run.owner, inputs))
  const [leading] = leadingIncarnations(clones)
  const isAlive = leading !== undefined && clusterPhase(leading.cluster.status) !== 'deleting'
  const next = { ...identityOf(run.owner, inputs), incarnation: nextIncarnation(clones) }
  const deterministic = cloneIdentifier({ repository: run.repositoryName, identity: next })
  if (leading !== undefined && !isAlive)
    run.aws.log.info(`"${leading.cluster.identifier}" is being deleted; the next one is "${deterministic}"`)
  const found = isAlive ? leading.cluster : clusters.find(({ identifier }) => identifier === deterministic)
  const { region, repositoryFullName: repository, repositoryName } = run
  const { source, maxClones, label, hold, shape, ttlMs, allowForks, probe, envPrefix } = inputs
  return await bringToReady(run, {
    identity: isAlive ? leading.identity : next,
    identifier: found?.identifier ?? deterministic,
    found,
    making: { source, listing, maxClones, region, repository, repositoryName, label, hold, shape, ttlMs },
    waitUntilReady: inputs.wait,
    pace: paceOf(run, inputs),
    label,
    allowForks,
    probe,
    envPrefix,
  })
}
