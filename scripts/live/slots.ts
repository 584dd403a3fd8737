import {
  COPY_LIMIT_MS,
  type Sight,
  createWriterSometime,
  deleteCluster,
  restoreSometime,
  sightOfCluster,
  waitForCluster,
  waitForInstance,
  watch,
} from './clusters.ts'
import { clearClones } from './leftovers.ts'
import { type Finding, type Script, isAccepted } from './script.ts'
import { type Clone, SOURCE, type Stage, cloneOf } from './stage.ts'

// Step 12: AWS makes fifteen clones by copy-on-write, and the next one silently as a full copy. Only its time tells.

/** One of the fifteen is a clone of a clone. */
const DIRECT = 14
/** A full copy takes so many times as long as the slowest clone. */
const FACTOR = 3

interface Made {
  readonly number: number
  /** `undefined` where it was not made. */
  readonly tookMs: number | undefined
}

const slot = (stage: Stage, number: number): Clone => cloneOf(stage, 100 + number)

/** One after the other, so that each has its own time. Only the set-up role may clone clones. */
function* makeTimed(stage: Stage, number: number, source = SOURCE): Script<Made> {
  const clone = slot(stage, number)
  const answer = yield* restoreSometime({ role: 'set-up', clone }, { SourceDBClusterIdentifier: source })
  if (!isAccepted(answer)) return { number, tookMs: undefined }
  const look = (): Script<Sight> => sightOfCluster(clone.identifier)
  const last = (yield* watch(look, ['available'], { limitMs: COPY_LIMIT_MS })).at(-1)
  return { number, tookMs: last?.status === 'available' ? last.atMs - answer.atMs : undefined }
}

/** Whether it took so long that it must be a full copy; `undefined` where that is not known. Pure. */
export function isFull({ tookMs }: Made, clones: readonly Made[]): boolean | undefined {
  const times = clones.map((clone) => clone.tookMs)
  if (tookMs === undefined || times.includes(undefined)) return undefined
  return tookMs > FACTOR * Math.max(...times.map((time) => time ?? 0))
}

interface Slots {
  /** Fourteen of the source, and one of a clone. */
  readonly clones: readonly Made[]
  /** The next one of the source, and one more if that was no full copy. */
  readonly next: readonly Made[]
  /** Made while a clone was being deleted. */
  readonly afterwards: Made
}

/** Pure. */
export function slotFindings({ clones, next, afterwards }: Slots): readonly Finding[] {
  const kinds = next.map((made) => isFull(made, clones))
  const isFound = kinds.includes(true)
  const full = next.find((_, index) => kinds[index] === true)
  const then = isFull(afterwards, clones)
  const because = [...clones, ...next, afterwards]
    .map(({ number, tookMs }) => `${number}: ${tookMs ?? 'not made'} ms`)
    .join(', ')
  return [
    {
      question: 'Does a clone of a clone count among the fifteen?',
      switch: 'clonesOfClonesCount',
      value: isFound ? kinds[0] === true : null,
      because,
    },
    {
      question: 'When does a deleted clone free its place?',
      switch: 'deletedCloneFreesItsSlot',
      value: !isFound || then === undefined ? null : then ? 'when-gone' : 'when-deletion-starts',
      because,
    },
    {
      question: 'How many clones does AWS make by copy-on-write?',
      switch: 'copyOnWriteLimit',
      value: isFound ? clones.length + (kinds[0] === true ? 0 : next.length - 2) : null,
      because,
    },
    {
      question: 'How long does a full copy take, where a clone was asked for?',
      switch: 'fullCopyCreatingMs',
      value: full?.tookMs ?? null,
      because,
    },
  ]
}

export function* slots(stage: Stage): Script<readonly Finding[]> {
  yield* clearClones(stage)
  const clones: Made[] = []
  for (let number = 1; number <= DIRECT; number += 1) clones.push(yield* makeTimed(stage, number))
  const first = slot(stage, 1)
  yield* createWriterSometime('set-up', first)
  yield* waitForInstance(first.writer)
  yield* waitForCluster(first.identifier)
  clones.push(yield* makeTimed(stage, DIRECT + 1, first.identifier))
  const sixteenth = yield* makeTimed(stage, DIRECT + 2)
  const isNotYet = isFull(sixteenth, clones) === false
  const next = isNotYet ? [sixteenth, yield* makeTimed(stage, DIRECT + 3)] : [sixteenth]
  yield* deleteCluster('set-up', slot(stage, 2).identifier)
  const afterwards = yield* makeTimed(stage, DIRECT + 4)
  return slotFindings({ clones, next, afterwards })
}
