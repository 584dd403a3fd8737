import {
  GONE,
  NOT_FOUND,
  type Sight,
  askWhenTagged,
  createWriter,
  createWriterSometime,
  deleteCluster,
  deleteInstance,
  restoreSometime,
  sightOfInstance,
  waitForCluster,
  waitForInstance,
  watch,
} from './clusters.ts'
import {
  type Answer,
  type Finding,
  type Script,
  ask,
  hasCode,
  inWords,
  isAccepted,
  isDenied,
} from './script.ts'
import { type Clone, type Stage, cloneOf } from './stage.ts'

// Step 11: from when on tags count, and for what. Then the same clone shows what a new name and a deletion need.

const SECOND_MS = 1_000
const clone = (stage: Stage): Clone => cloneOf(stage, 3)
/** As IAM evaluates the request first, its state does not matter. */
const isAllowed = (answer: Answer<object>): boolean =>
  isAccepted(answer) || hasCode(answer, 'InvalidDBClusterStateFault', 'InvalidDBInstanceStateFault')

export function* tagsCount(stage: Stage): Script<readonly Finding[]> {
  const { arn, tags, ...rest } = clone(stage)
  const restored = yield* restoreSometime({ role: 'clones', clone: { arn, tags, ...rest } })
  // Allowed only where the tags of the clone count already.
  const tagged = yield* askWhenTagged(() =>
    ask('clones', 'AddTagsToResource', {
      ResourceName: arn,
      Tags: [{ Key: 'aurora-clone:expires-at', Value: new Date(restored.atMs + 86_400_000).toISOString() }],
    }),
  )
  return [
    {
      question: 'How long is it until the tags of a new resource count for access control?',
      switch: 'tagsCountForAccessAfterMs',
      value:
        isAccepted(restored) && isAccepted(tagged) ? Math.max(0, tagged.askedAtMs - restored.atMs) : null,
      because: `restore: ${inWords(restored)}; tags: ${inWords(tagged)}`,
    },
    ...(yield* ownTags(stage)),
  ]
}

/** What only creates instances that have the tags already, against what creates instances with these tags. */
function* ownTags(stage: Stage): Script<readonly Finding[]> {
  const bound = yield* createWriter('clones-with-their-tags', clone(stage))
  const free = isDenied(bound) ? yield* createWriter('clones', clone(stage)) : bound
  return [
    {
      question: 'Does a create call count the tags that it sets as those of what it makes?',
      switch: 'createSeesItsOwnTags',
      value: isAllowed(bound) ? true : isDenied(bound) && isAllowed(free) ? false : null,
      because: `only with its tags: ${inWords(bound)}; without that condition: ${inWords(free)}`,
    },
  ]
}

/** The name of the clone afterwards. */
const renamed = (stage: Stage): string => `${clone(stage).identifier}-r`

export function* rename(stage: Stage): Script<readonly Finding[]> {
  const { identifier, writer } = clone(stage)
  yield* waitForCluster(identifier)
  if ((yield* sightOfInstance(writer)).status === NOT_FOUND)
    yield* createWriterSometime('clones', clone(stage))
  yield* waitForInstance(writer)
  yield* waitForCluster(identifier)
  const changed = yield* ask('set-up', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    NewDBClusterIdentifier: renamed(stage),
    ApplyImmediately: true,
  })
  const look = function* (): Script<Sight> {
    const { output, atMs } = yield* ask('set-up', 'DescribeDBInstances', { DBInstanceIdentifier: writer })
    return { status: output?.DBInstances?.[0]?.DBClusterIdentifier ?? NOT_FOUND, atMs }
  }
  const sights = isAccepted(changed) ? yield* watch(look, [renamed(stage)], { pauseMs: SECOND_MS }) : []
  const last = sights.at(-1)
  const isAtOnce = sights.length === 1
  return [
    {
      question: 'How long do instances name their cluster as it was called before it was renamed?',
      switch: 'renamedClusterInstancesLagMs',
      value: last?.status !== renamed(stage) ? null : isAtOnce ? 0 : last.atMs - changed.atMs,
      because: inWords(changed),
    },
  ]
}

/** A snapshot is out of reach of one role and not of the other. */
export function* deleteWithoutSnapshots(stage: Stage): Script<readonly Finding[]> {
  const { writer } = clone(stage)
  yield* waitForCluster(renamed(stage))
  const instance = yield* deleteInstance('clones', writer)
  yield* watch(() => sightOfInstance(writer), GONE)
  const bound = yield* deleteCluster('clones-without-snapshots', renamed(stage))
  const free = isDenied(bound) ? yield* deleteCluster('clones', renamed(stage)) : bound
  return [
    {
      question: 'Does DeleteDBCluster need a right to a snapshot where none is to be made?',
      switch: 'deleteChecksClusterSnapshot',
      value: isAllowed(bound) ? false : isDenied(bound) && isAllowed(free) ? true : null,
      because: `instance: ${inWords(instance)}; without that right: ${inWords(bound)}; with it: ${inWords(free)}`,
    },
  ]
}
