import type { CreateDBClusterMessage, RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import {
  COPY_LIMIT_MS,
  GONE,
  type Sight,
  createWriterSometime,
  deleteInstance,
  restoreSometime,
  sightOfCluster,
  sightOfInstance,
  waitForCluster,
  waitForInstance,
  watch,
  restore,
} from './clusters.ts'
import {
  type Answer,
  type Finding,
  type Role,
  type Script,
  ask,
  hasCode,
  inWords,
  isAccepted,
  verdict,
} from './script.ts'
import {
  type Clone,
  MYSQL_SOURCE,
  MYSQL_SOURCES,
  SOURCE,
  type Source,
  type Stage,
  cloneOf,
  liveTag,
  sourceOf,
} from './stage.ts'

// The sources: step 0 makes them, steps 7 and 9 ask for unusual clones of them, and step 6 takes away what a clone needs.

export const COMBINATION = [
  'InvalidParameterCombination',
  'InvalidParameterCombinationException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'InvalidRestoreFault',
]

const DAY_SECONDS = 86_400
type Create = Partial<CreateDBClusterMessage>

/** What a clone may have from its source, or not. */
function inheritable({ identifier }: Clone): Create {
  if (identifier === SOURCE) return { EnableHttpEndpoint: true, Port: 5433, StorageType: 'aurora-iopt1' }
  return identifier === MYSQL_SOURCE ? { BacktrackWindow: DAY_SECONDS } : {}
}

function createCluster(stage: Stage, source: Clone, more: Create): Script<Answer<object>> {
  return ask('set-up', 'CreateDBCluster', {
    DBClusterIdentifier: source.identifier,
    Engine: source.engine,
    DatabaseName: 'live',
    MasterUsername: 'live',
    ManageMasterUserPassword: true,
    BackupRetentionPeriod: 1,
    DeletionProtection: false,
    Tags: [liveTag(stage)],
    ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 1 },
    ...(stage.subnetGroup === '' ? {} : { DBSubnetGroupName: stage.subnetGroup }),
    ...more,
  })
}

function* createSource(stage: Stage, source: Clone): Script<void> {
  const more = inheritable(source)
  const asked = yield* createCluster(stage, source, more)
  // Not every Region has Backtrack. The other questions need the source all the same.
  const isWithout = more.BacktrackWindow !== undefined && hasCode(asked, ...COMBINATION)
  const created = isWithout ? yield* createCluster(stage, source, {}) : asked
  if (!isAccepted(created)) throw new Error(`The source was not made. ${inWords(created)}`)
  const writer = yield* createWriterSometime('set-up', source)
  if (!isAccepted(writer)) throw new Error(`The source has no writer. ${inWords(writer)}`)
}

export function* setUp(stage: Stage): Script<readonly Finding[]> {
  const identifiers: readonly Source[] = stage.withMysql ? [SOURCE, ...MYSQL_SOURCES] : [SOURCE]
  const sources = identifiers.map((identifier) => sourceOf(stage, identifier))
  for (const source of sources) yield* createSource(stage, source)
  for (const { identifier, writer } of sources) {
    if (!(yield* waitForInstance(writer)) || !(yield* waitForCluster(identifier)))
      throw new Error(`The source ${identifier} is not available.`)
  }
  return []
}

// Unusual clones.

export function* foreignKey(stage: Stage): Script<readonly Finding[]> {
  const answer = yield* restoreSometime(
    { role: 'clones', clone: cloneOf(stage, 4) },
    { KmsKeyId: stage.kmsKeyId },
  )
  const { KmsKeyId, StorageEncrypted } = answer.output?.DBCluster ?? {}
  return [
    {
      question: 'May a clone have a key of its own if its source is encrypted with a key that AWS owns?',
      switch: null,
      value: verdict(answer, 'KMSKeyNotAccessibleFault', ...COMBINATION),
      because: `${inWords(answer)}; encrypted: ${String(StorageEncrypted)}, with a key that is shown: ${String(KmsKeyId !== undefined)}. The local cloud does not have such sources`,
    },
  ]
}

export function* gateway(stage: Stage): Script<readonly Finding[]> {
  const answer = yield* restoreSometime(
    { role: 'set-up', clone: cloneOf(stage, 6) },
    { EnableInternetAccessGateway: true, EnableVPCNetworking: false, EnableIAMDatabaseAuthentication: true },
  )
  return [
    {
      question: 'May a clone of an ordinary source be reached through an internet access gateway?',
      switch: 'internetAccessGatewayOnClones',
      value: verdict(answer, ...COMBINATION),
      because: inWords(answer),
    },
  ]
}

// What a clone needs of its source.

type Kind = Pick<RestoreDBClusterToPointInTimeMessage, 'RestoreType' | 'SourceDBClusterIdentifier'>
const FULL_COPY: Kind = { RestoreType: 'full-copy' }

const full = (what: string, answer: Answer<object>): Finding => ({
  question: `Can a full copy be made of a source that ${what}?`,
  switch: null,
  value: verdict(answer, 'InvalidDBClusterStateFault', ...COMBINATION),
  because: `${inWords(answer)}. The local cloud allows it, as AWS documents it for stopped clusters`,
})

const faultName = (answer: Answer<object>): string | null =>
  hasCode(answer, 'InvalidDBClusterStateFault', 'InvalidParameterCombination')
    ? (answer.fault?.code ?? null)
    : null

const refused = (what: string, answer: Answer<object>): Finding => ({
  question: `How is a clone of a source refused that ${what}?`,
  switch: 'unusableSourceFault',
  value: faultName(answer),
  because: inWords(answer),
})

const durationOf = (sights: readonly Sight[], since: Answer<object>, status: string): number | null => {
  const last = sights.at(-1)
  return isAccepted(since) && last?.status === status ? last.atMs - since.atMs : null
}

export function* stoppedSource(stage: Stage): Script<readonly Finding[]> {
  const role: Role = 'clones'
  yield* waitForCluster(SOURCE)
  const stopped = yield* ask('set-up', 'StopDBCluster', { DBClusterIdentifier: SOURCE })
  const stopping = yield* watch(() => sightOfCluster(SOURCE), ['stopped'])
  const cow = yield* restore({ role, clone: cloneOf(stage, 7) })
  const copy = yield* restore({ role, clone: cloneOf(stage, 8) }, FULL_COPY)
  const copied = isAccepted(copy)
    ? yield* watch(() => sightOfCluster(cloneOf(stage, 8).identifier), ['available'], {
        limitMs: COPY_LIMIT_MS,
      })
    : []
  const started = yield* ask('set-up', 'StartDBCluster', { DBClusterIdentifier: SOURCE })
  const starting = yield* watch(() => sightOfCluster(SOURCE), ['available'])
  return [
    refused('is stopped', cow),
    full('is stopped', copy),
    {
      question: 'How long does a full copy take?',
      switch: 'fullCopyCreatingMs',
      value: durationOf(copied, copy, 'available'),
      because: 'of a source with almost no data',
    },
    {
      question: 'How long does a cluster take to stop?',
      switch: 'stoppingMs',
      value: durationOf(stopping, stopped, 'stopped'),
      because: inWords(stopped),
    },
    {
      question: 'How long does a cluster take to start?',
      switch: 'startingMs',
      value: durationOf(starting, started, 'available'),
      because: inWords(started),
    },
  ]
}

/** The last one: it leaves no source to clone. */
export function* emptySource(stage: Stage): Script<readonly Finding[]> {
  const { writer } = sourceOf(stage, SOURCE)
  yield* waitForInstance(writer)
  yield* deleteInstance('set-up', writer)
  yield* watch(() => sightOfInstance(writer), GONE)
  const cow = yield* restore({ role: 'clones', clone: cloneOf(stage, 9) })
  const copy = yield* restore({ role: 'clones', clone: cloneOf(stage, 10) }, FULL_COPY)
  return [refused('has no instance', cow), full('has no instance', copy)]
}
