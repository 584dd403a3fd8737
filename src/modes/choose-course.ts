import { timeAtAws } from '../aurora/api/aws-run.ts'
import { hasBacktrack } from '../aurora/api/snapshot.ts'
import { type Course, courseOf } from '../aurora/clone/course.ts'
import { leadingIncarnations } from '../aurora/clone/incarnations.ts'
import type { OwnedClone } from '../aurora/clone/ownership.ts'
import { type ResetRequests, withRequests } from '../aurora/clone/reset-requests.ts'
import { isOfOtherShape } from '../aurora/clone/shape.ts'
import { findSource, isMadeFrom } from '../aurora/clone/source.ts'
import { demandOf } from '../demand.ts'
import type { CloneRun } from './context.ts'
import type { CurrentState } from './current-state.ts'
import type { ReadyRequest } from './reach-ready.ts'
import { type Making, type MakingInputs, readSanitising } from './ready-request.ts'
import { noWayBack, rewindIfPossible } from './rewind.ts'

/** Which incarnation of the clone the run brings to ready. A clone that can go back has done so afterwards. */
export async function chooseCourse(
  run: CloneRun,
  inputs: MakingInputs,
  { state, asked, clones }: Omit<Making, 'course'> & Readonly<{ clones: readonly OwnedClone[] }>,
): Promise<Course> {
  const course = courseOf(clones, { asked, nowMs: timeAtAws(run.aws) })
  return await withRewind(run, inputs, { asked, course: unlessFutile(state, inputs, course) })
}

/** What follows removes a clone that its pull request no longer wants, and refuses one of another source. A reset of it changes nothing. */
function unlessFutile(
  { clusters, reading }: CurrentState,
  { source, label }: MakingInputs,
  course: Course,
): Course {
  if (course.kind !== 'refresh') return course
  const { former } = course
  const isOfSource = isMadeFrom(former.source, source, findSource(clusters, source, former.identity))
  return isOfSource && demandOf(reading, label).kind !== 'unwanted'
    ? course
    : { kind: 'go-on', clone: former, isRefused: false }
}

/** On Aurora MySQL with a backtrack window, the clone itself goes back instead. */
async function withRewind(
  run: CloneRun,
  inputs: MakingInputs,
  { course, asked }: Omit<Making, 'state'>,
): Promise<Course> {
  if (
    course.kind === 'refresh' &&
    course.begun === undefined &&
    // Without a window it makes no difference, and no file is read for it.
    !(hasBacktrack(course.former.cluster) && (await isMadeOtherwise(run, course.former, inputs)))
  ) {
    const { former } = course
    const requests = withRequests(former.resetting, asked)
    return (await rewindIfPossible(run, inputs, { former, requests })) ?? course
  }
  if (inputs.mode === 'reset' && inputs.backtrackTo !== undefined && course.kind !== 'go-on')
    throw noWayBack('no clone in use was made with the inputs of this run')
  return course
}

/** Then only a new one is what this run asks for. */
async function isMadeOtherwise(run: CloneRun, former: OwnedClone, inputs: MakingInputs): Promise<boolean> {
  if (isOfOtherShape(former, inputs.shape)) return true
  const { preparation } = former
  if (preparation.kind !== 'clean') return false
  const order = await readSanitising(run, inputs, { existing: former, original: undefined })
  return order?.digest !== preparation.digest
}

export interface Told {
  readonly course: Course
  readonly clones: readonly OwnedClone[]
  readonly own: ResetRequests
  readonly request: Pick<ReadyRequest, 'identifier'>
}

export function tellCourse(
  { aws: { log } }: CloneRun,
  { course, clones, own, request: { identifier } }: Told,
): void {
  const [leading] = leadingIncarnations(clones)
  if (course.kind === 'make' && leading !== undefined)
    log.info(`"${leading.cluster.identifier}" is being deleted; the next one is "${identifier}"`)
  if (course.kind === 'refresh')
    log.info(`"${identifier}" with fresh data takes the place of "${course.former.cluster.identifier}"`)
  if (course.kind === 'go-on' && !course.isRefused && Object.keys(own).length > 0)
    log.info(
      course.clone.isHandedOut
        ? `"${identifier}" has met this request`
        : `"${identifier}" has never been in use, so its data is fresh`,
    )
}
