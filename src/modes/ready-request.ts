import type { ClusterSnapshot } from '../aurora/api/snapshot.ts'
import { type Course, resetsOf } from '../aurora/clone/course.ts'
import { cloneIdentifier } from '../aurora/clone/identity.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import type { ResetRequests } from '../aurora/clone/reset-requests.ts'
import type { CloneShape } from '../aurora/clone/shape.ts'
import { findSource } from '../aurora/clone/source.ts'
import { Failure, messageOf } from '../failure.ts'
import type { CreateInputs, ResetInputs } from '../inputs.ts'
import type { SanitisingOrder } from '../sanitise/order.ts'
import { type CloneRun, identityOf, paceOf } from './context.ts'
import type { CurrentState } from './current-state.ts'
import { publishedNetwork } from './publish.ts'
import type { ReadyRequest } from './reach-ready.ts'

/** Of the modes that make a clone. */
export type MakingInputs = CreateInputs | ResetInputs

export interface Making {
  readonly state: CurrentState
  readonly course: Course
  readonly asked: ResetRequests
}

/** The order for the clone of this course. */
export async function requestOf(run: CloneRun, inputs: MakingInputs, { state, course, asked }: Making) {
  const { clusters } = state
  const existing =
    course.kind === 'go-on' ? course.clone : course.kind === 'refresh' ? course.begun : undefined
  const next =
    course.kind === 'go-on'
      ? course.clone.identity
      : { ...identityOf(run.owner, inputs), incarnation: course.incarnation }
  const identity = existing?.identity ?? next
  const deterministic = cloneIdentifier({ repository: run.repositoryName, identity })
  const found = existing?.cluster ?? clusters.find(({ identifier }) => identifier === deterministic)
  const { region, repositoryFullName: repository, repositoryName } = run
  const { source, maxClones, label, hold, shape, ttlMs, allowForks, probe, envPrefix } = inputs
  const original = findSource(clusters, source, identity)?.cluster
  return {
    identity,
    identifier: found?.identifier ?? deterministic,
    found,
    making: {
      ...{ source, listing: state, maxClones, region, repository, repositoryName, label, hold, shape, ttlMs },
      ...resetsOf(course, asked),
    },
    waitUntilReady: inputs.wait,
    pace: paceOf(run, inputs),
    label,
    allowForks,
    probe,
    envPrefix,
    resetLabel: inputs.resetLabel,
    preparation: {
      by: inputs.isPublishedBySteps ? 'steps' : 'this-run',
      sanitising: await readSanitising(run, inputs, { existing, original }),
      securityGroupIds: networkOf(shape, { existing, original }),
    },
  } as const satisfies ReadyRequest
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
export async function readSanitising(
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
