import type { DBCluster } from '@aws-sdk/client-rds'
import {
  GONE,
  NOT_FOUND,
  type Sight,
  createUntagged,
  createWriter,
  createWriterSometime,
  askWhenTagged,
  clusterNamed,
  deleteCluster,
  deleteInstance,
  phases,
  restore,
  restoreSometime,
  sightOfCluster,
  sightOfInstance,
  waitForCluster,
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
  verdict,
} from './script.ts'
import { type Clone, SOURCE, type Stage, cloneOf, clusterArn } from './stage.ts'

// Steps 1 to 5: what the first answers say, and what is possible while a clone is created.

/** What one step leaves for the next ones: time does not stand still between them. */
export interface Memory {
  restoredAtMs?: number
  writerAskedAtMs?: number
  /** The first clone was shown right after it was made. */
  isShownAtOnce?: boolean
  hasWriter?: boolean
  hasReader?: boolean
  hasSecond?: boolean
}

export const firstClone = (stage: Stage): Clone => cloneOf(stage, 1)
const secondClone = (stage: Stage): Clone => cloneOf(stage, 2)
/** The suffix of the instance that is deleted while it is created. */
const READER = '2'
const WHILE_CREATING = 'InvalidDBClusterStateFault'
const INSTANCE_STATE = ['InvalidDBInstanceStateFault', 'InvalidDBInstanceState']

export function* unknownCluster(): Script<readonly Finding[]> {
  const answer = yield* ask('clones', 'DescribeDBInstances', {
    Filters: [{ Name: 'db-cluster-id', Values: ['live-pr-0-nothing'] }],
  })
  const isNone = isAccepted(answer) && (answer.output?.DBInstances ?? []).length === 0
  return [
    {
      question: 'What does DescribeDBInstances say to the filter of a cluster that is not there?',
      switch: 'instancesOfUnknownCluster',
      value: isNone ? 'none' : hasCode(answer, 'DBClusterNotFoundFault') ? 'refuse' : null,
      because: inWords(answer),
    },
  ]
}

/** In the source, before it is cloned: a table with the time. */
function* writeRow(stage: Stage): Script<boolean> {
  const source = yield* clusterNamed(SOURCE)
  const secretArn = source?.MasterUserSecret?.SecretArn
  if (secretArn === undefined) return false
  const run = (sql: string): Script<Answer<object>> =>
    ask('set-up', 'ExecuteStatement', {
      resourceArn: clusterArn(stage, SOURCE),
      secretArn,
      database: 'live',
      sql,
    })
  yield* run('CREATE TABLE IF NOT EXISTS live_test (id integer)')
  return isAccepted(yield* run('INSERT INTO live_test VALUES (1)'))
}

/** What stands in the first answer, and how far LatestRestorableTime is behind. Pure. */
export function inheritance(clone: DBCluster): readonly Finding[] {
  const { DBClusterMembers: members, HttpEndpointEnabled, StorageType } = clone
  const isHttp = HttpEndpointEnabled === true
  return [
    {
      question: 'Does a clone have the RDS Data API if its source has it?',
      switch: 'dataApiOnClones',
      value: isHttp ? 'inherited' : 'off',
      because: `HttpEndpointEnabled is ${String(isHttp)} in the first answer`,
    },
    {
      question: 'Does a clone have the storage type aurora-iopt1 if its source has it?',
      switch: 'storageTypeOnClones',
      value: StorageType === 'aurora-iopt1' ? 'inherited' : 'standard',
      because: `StorageType is ${StorageType ?? 'left out'} in the first answer`,
    },
    {
      question: 'Is a list without members left out of an answer?',
      switch: 'emptyLists',
      value: members === undefined ? 'absent' : members.length === 0 ? 'present' : null,
      because: `DBClusterMembers is ${members === undefined ? 'left out' : `a list of ${members.length}`}`,
    },
    {
      question: 'Which mode of Database Insights does a clone have?',
      switch: null,
      value: clone.DatabaseInsightsMode ?? null,
      because: 'the local cloud does not have Database Insights',
    },
  ]
}

export function* firstAnswer(stage: Stage, memory: Memory): Script<readonly Finding[]> {
  yield* writeRow(stage)
  const source = yield* ask('clones', 'DescribeDBClusters', { DBClusterIdentifier: SOURCE })
  const restorable = source.output?.DBClusters?.[0]?.LatestRestorableTime?.getTime()
  const clone = firstClone(stage)
  const restored = yield* restore({ role: 'clones', clone })
  if (restored.output?.DBCluster === undefined)
    throw new Error(`The first clone was not made. ${inWords(restored)}`)
  memory.restoredAtMs = restored.atMs
  memory.isShownAtOnce = (yield* clusterNamed(clone.identifier)) !== undefined
  return [
    {
      question: 'How far is LatestRestorableTime behind?',
      switch: 'latestRestorableLagMs',
      value: restorable === undefined ? null : Math.max(0, source.atMs - restorable),
      because: 'of the source, right before it was cloned; AWS’s clock and this one may differ by a second',
    },
    ...inheritance(restored.output.DBCluster),
  ]
}

const takesInstances = (answer: Answer<object>): Finding => ({
  question: 'Does a cluster take an instance while it is created?',
  switch: 'createInstanceWhileCreating',
  value: verdict(answer, WHILE_CREATING),
  because: inWords(answer),
})

/** Another instance, which is deleted while it is created; the tags that it has without asking for any. */
function* deleteWhileCreating(stage: Stage, memory: Memory): Script<readonly Finding[]> {
  const clone = firstClone(stage)
  const created = yield* createUntagged(clone, READER)
  if (created.output?.DBInstance === undefined) return []
  memory.hasReader = true
  const deleted = yield* deleteInstance('set-up', `${clone.identifier}-${READER}`)
  const tags = created.output.DBInstance.TagList ?? []
  return [
    {
      question: 'Does an instance that is made without tags get those of its cluster?',
      switch: 'instancesInheritClusterTags',
      value: tags.some(({ Key }) => Key === clone.tags[0]?.Key),
      because: `its TagList has ${tags.length} tags in the first answer`,
    },
    {
      question: 'Can an instance be deleted while it is created?',
      switch: 'deleteInstanceWhileCreating',
      value: verdict(deleted, ...INSTANCE_STATE),
      because: inWords(deleted),
    },
  ]
}

export function* writerAtOnce(stage: Stage, memory: Memory): Script<readonly Finding[]> {
  const created = yield* askWhenTagged(() => createWriter('clones', firstClone(stage)))
  memory.hasWriter = isAccepted(created)
  memory.writerAskedAtMs = created.atMs
  const findings = [takesInstances(created)]
  return memory.hasWriter ? [...findings, ...(yield* deleteWhileCreating(stage, memory))] : findings
}

/** The second clone exists only to be deleted while it is created. */
function* deleteSecond(stage: Stage, restored: Answer<object>, memory: Memory): Script<readonly Finding[]> {
  memory.hasSecond = isAccepted(restored)
  if (!memory.hasSecond) return []
  const deleted = yield* deleteCluster('set-up', secondClone(stage).identifier)
  return [
    {
      question: 'Can a cluster be deleted while it is created?',
      switch: 'deleteClusterWhileCreating',
      value: verdict(deleted, WHILE_CREATING),
      because: inWords(deleted),
    },
  ]
}

export function* secondAtOnce(stage: Stage, memory: Memory): Script<readonly Finding[]> {
  const restored = yield* restore({ role: 'clones', clone: secondClone(stage) })
  return [
    {
      question: 'Does a source take a second clone while the first is created?',
      switch: 'cloneWhileAnotherIsBeingMade',
      value: verdict(restored, WHILE_CREATING),
      because: inWords(restored),
    },
    ...(yield* deleteSecond(stage, restored, memory)),
  ]
}

/** The first clone and its writer, both looked at in each turn until the writer is available. Adds to what was seen before. */
function* watchBoth(clone: Clone, cluster: Sight[]): Script<readonly Sight[]> {
  return yield* watch(
    function* () {
      const sight = yield* sightOfCluster(clone.identifier)
      if (sight.status !== cluster.at(-1)?.status) cluster.push(sight)
      return yield* sightOfInstance(clone.writer)
    },
    ['available'],
    { isSteady: true },
  )
}

interface Seen {
  readonly restoredAtMs: number
  readonly writerAskedAtMs: number
  readonly cluster: readonly Sight[]
  readonly writer: readonly Sight[]
}

/** The times of a clone and its writer. AWS begins with a writer when its cluster is available. Pure. */
export function timeline({ restoredAtMs, writerAskedAtMs, cluster, writer }: Seen): readonly Finding[] {
  const shown = cluster.filter(({ status }) => status !== NOT_FOUND)
  const availableAtMs = shown.find(({ status }) => status === 'available')?.atMs
  const isComplete = shown[0]?.status === 'creating' && shown.at(-1)?.status === 'available'
  const [, ...path] = phases(writer.filter(({ status }) => status !== NOT_FOUND))
  const createdAtMs = writer.find(({ status }) => !['creating', NOT_FOUND].includes(status))?.atMs
  const beganAtMs = Math.max(writerAskedAtMs, availableAtMs ?? Infinity)
  return [
    {
      question: 'How long is a clone being created?',
      switch: 'clusterCreatingMs',
      value: availableAtMs === undefined ? null : availableAtMs - restoredAtMs,
      because: 'from the restore to the first look that showed it available',
    },
    {
      question: 'What does a cluster pass through before it is available for good?',
      switch: 'flapping',
      value: isComplete ? phases(shown).slice(1) : null,
      because: cluster.map(({ status }) => status).join(', '),
    },
    {
      question: 'How long is a writer being created, from the moment when its cluster is available?',
      switch: 'instanceCreatingMs',
      value: createdAtMs === undefined ? null : createdAtMs - beganAtMs,
      because: writer.map(({ status }) => status).join(', '),
    },
    {
      question: 'What does an instance pass through between creating and available?',
      switch: 'instanceStatusPath',
      value: writer.at(-1)?.status === 'available' ? path : null,
      because: writer.map(({ status }) => status).join(', '),
    },
  ]
}

/** From when on a new cluster is shown. */
function* shown(clone: Clone, { isShownAtOnce = false, restoredAtMs = 0 }: Memory): Script<Finding> {
  const question = 'For how long is a new resource not shown?'
  const found = { question, switch: 'notFoundAfterCreateMs' }
  if (isShownAtOnce) return { ...found, value: 0, because: 'the first look showed it' }
  const look = function* (): Script<Sight> {
    const { status, atMs } = yield* sightOfCluster(clone.identifier)
    return { status: status === NOT_FOUND ? status : 'shown', atMs }
  }
  const last = (yield* watch(look, ['shown'], { pauseMs: 1_000 })).at(-1)
  const value = last?.status === 'shown' ? last.atMs - restoredAtMs : null
  return { ...found, value, because: 'looked at every second' }
}

/** Until the writer is available, and what was refused while the first clone was created. */
export function* untilAvailable(stage: Stage, memory: Memory): Script<readonly Finding[]> {
  const clone = firstClone(stage)
  const findings = [yield* shown(clone, memory)]
  const cluster: Sight[] = []
  if (memory.hasWriter !== true) {
    cluster.push(...(yield* watch(() => sightOfCluster(clone.identifier), ['available'])))
    const created = yield* createWriterSometime('clones', clone)
    memory.writerAskedAtMs = created.atMs
  }
  const writer = yield* watchBoth(clone, cluster)
  const { restoredAtMs = 0, writerAskedAtMs = 0 } = memory
  findings.push(...timeline({ restoredAtMs, writerAskedAtMs, cluster, writer }))
  if (memory.hasReader !== true) findings.push(...(yield* deleteWhileCreating(stage, memory)))
  if (memory.hasSecond !== true) {
    const restored = yield* restoreSometime({ role: 'clones', clone: secondClone(stage) })
    findings.push(...(yield* deleteSecond(stage, restored, memory)))
  }
  return findings
}

/** An instance without the tags of clones is out of the role's reach. */
function* deleteOthers(clone: Clone): Script<void> {
  const cluster = yield* clusterNamed(clone.identifier)
  const members = (cluster?.DBClusterMembers ?? []).map(({ DBInstanceIdentifier: name = '' }) => name)
  for (const member of members.filter((name) => name !== clone.writer)) {
    yield* watch(() => sightOfInstance(member), ['available', ...GONE])
    yield* deleteInstance('set-up', member)
    yield* watch(() => sightOfInstance(member), GONE)
  }
  yield* waitForCluster(clone.identifier)
}

/** Under the generated policies: the instances, and right behind them the cluster. */
export function* deleteFirst(stage: Stage): Script<readonly Finding[]> {
  const clone = firstClone(stage)
  yield* deleteOthers(clone)
  const writer = yield* deleteInstance('clones', clone.writer)
  const together = yield* deleteCluster('clones', clone.identifier)
  const look = function* (): Script<Sight> {
    const { status, atMs } = yield* sightOfInstance(clone.writer)
    return { status: ['deleting', ...GONE].includes(status) ? 'leaving' : 'staying', atMs }
  }
  const shown = yield* watch(look, ['leaving'], { pauseMs: 1_000 })
  const gone = yield* watch(() => sightOfInstance(clone.writer), GONE)
  if (!isAccepted(together)) yield* deleteCluster('clones', clone.identifier)
  const wasShownAtOnce = shown.length === 1
  return [
    {
      question: 'Can a cluster be deleted when all of its instances are being deleted?',
      switch: 'deleteClusterWithInstances',
      value: isAccepted(writer) ? verdict(together, WHILE_CREATING) : null,
      because: `instance: ${inWords(writer)}; cluster: ${inWords(together)}`,
    },
    {
      question: 'How long does a resource show its old status after its deletion was accepted?',
      switch: 'availableAfterDeleteMs',
      value: !isAccepted(writer) ? null : wasShownAtOnce ? 0 : (shown.at(-1)?.atMs ?? 0) - writer.atMs,
      because: 'looked at every second',
    },
    {
      question: 'How long does a deletion take?',
      switch: 'deletingMs',
      value: isAccepted(writer) ? (gone.at(-1)?.atMs ?? 0) - writer.atMs : null,
      because: 'of the writer, until it was no longer shown',
    },
  ]
}
