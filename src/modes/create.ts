import { cloneIdentifier } from '../aurora/clone/identity.ts'
import { incarnationsOf, leadingIncarnations, nextIncarnation } from '../aurora/clone/incarnations.ts'
import { clusterPhase } from '../aurora/api/statuses.ts'
import type { CreateInputs } from '../inputs.ts'
import type { Outcome } from '../outcome.ts'
import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import type { CloneShape } from '../aurora/clone/shape.ts'
import { findSource } from '../aurora/clone/source.ts'
import { Failure, messageOf } from '../failure.ts'
import { type SanitisingOrder } from '../sanitise/order.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
import { type CurrentState, currentState } from './current-state.ts'
import { publishedNetwork } from './publish.ts'
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
  const existing = isAlive ? leading : undefined
  const original = findSource(clusters, source, next)?.cluster
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
    preparation: {
      by: inputs.isPublishedBySteps ? 'steps' : 'this-run',
      sanitising: await readSanitising(run, inputs, { existing, original }),
      securityGroupIds: networkOf(shape, { existing, original }),
    },
  })
}

/** The clone that there is, and the source. */
interface Found {
  readonly existing: OwnedClone | undefined
  readonly original: ClusterSnapshot | undefined
}

/** The groups of the published clone. Without a quarantine it is in them from the beginning. */
function networkOf(
  { quarantineGroupIds, securityGroupIds }: CloneShape,
  { existing, original }: Found,
): readonly string[] | undefined {
  if (quarantineGroupIds === undefined) return undefined
  return existing === undefined
    ? (securityGroupIds ?? original?.securityGroupIds)
    : publishedNetwork(existing, securityGroupIds ?? original?.securityGroupIds)
}

/** All files are read and checked before anything is created. */
async function readSanitising(
  run: CloneRun,
  { sanitising }: Pick<CreateInputs, 'sanitising'>,
  { existing, original }: Found,
): Promise<SanitisingOrder | undefined> {
  const { engine } = existing?.cluster ?? original ?? {}
  // Without a source there is no clone either, and the next look says so.
  if (sanitising === undefined || engine === undefined) return undefined
  const { readSanitisingOrder } = await import('../sanitise/read-order.ts')
  try {
    return await readSanitisingOrder(sanitising, engine, run.readFiles)
  } catch (error) {
    // They never run on a clone that is in use.
    if (existing?.hasBeenReady !== true || !(error instanceof Failure)) throw error
    run.aws.log.warning(`The files that sanitise the next clone are not usable: ${messageOf(error)}`)
    return undefined
  }
}
