import { cloneIdentifier } from '../aurora/clone/identity.ts'
import { begunBeside } from '../aurora/clone/course.ts'
import { incarnationsOf, leadingIncarnations } from '../aurora/clone/incarnations.ts'
import { newestAlive, newestFirst, ownedClones } from '../aurora/clone/ownership.ts'
import type { PublishInputs, WaitInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
import { currentState } from './current-state.ts'
import { bringToReady } from './reach-ready.ts'
import { removeReplaced } from './refresh.ts'

/**
 * Finishes a `create` without `wait`: makes the writer if it is missing, and waits until the clone is ready. Source and shape
 * come from the clone's tags. Without a generation it takes the newest.
 */
export async function wait(run: CloneRun, inputs: WaitInputs): Promise<Outcome> {
  const { request, newest, incarnations } = await findExisting(run, inputs)
  const outcome = await bringToReady(run, {
    ...request,
    preparation: { by: 'another-run', sanitising: undefined, securityGroupIds: undefined },
  })
  await removeReplaced(run, incarnations, { outcome, replaces: newest?.replaces ?? 0, pace: request.pace })
  return outcome
}

/** The request for a clone that must exist, and the listing that it was found in. */
export async function findExisting(run: CloneRun, inputs: WaitInputs | PublishInputs) {
  const { owner } = run
  const { clusters } = await currentState(run, { source: undefined })
  const { server, repositoryId, key, generation } = owner
  const asked = { server, repositoryId, key, name: inputs.cloneName }
  const clones = ownedClones(clusters, { ...asked, ...(generation === undefined ? {} : { generation }) })
  const leading = leadingIncarnations(clones)
  const inUse = newestAlive(leading) ?? newestFirst(leading)[0]
  const incarnations = inUse === undefined ? [] : incarnationsOf(clusters, inUse.identity)
  // What the steps have sanitised may be the one that is to replace it.
  const newest =
    inputs.mode === 'publish' && inUse !== undefined ? (begunBeside(inUse, incarnations) ?? inUse) : inUse
  const identity = newest?.identity ?? identityOf(owner, inputs)
  const deterministic = cloneIdentifier({ repository: run.repositoryName, identity })
  const { allowForks, probe, envPrefix } = inputs
  const request = {
    identity,
    identifier: newest?.cluster.identifier ?? deterministic,
    found: newest?.cluster ?? clusters.find(({ identifier }) => identifier === deterministic),
    making: undefined,
    waitUntilReady: true,
    pace: paceOf(run, inputs),
    // Without the input, the label that the clone was made for must still be there.
    label: inputs.label ?? newest?.label,
    allowForks,
    probe,
    envPrefix,
  }
  return { request, clusters, newest, incarnations }
}
