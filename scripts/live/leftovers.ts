import type { DBCluster } from '@aws-sdk/client-rds'
import { deleteCluster, deleteInstance } from './clusters.ts'
import { type Script, ask, isAccepted } from './script.ts'
import { LIVE_TAG, MYSQL_SOURCES, PREFIX, SOURCE, type Stage } from './stage.ts'

const PAUSE_MS = 20_000
const LIMIT_MS = 75 * 60_000

/** Whether the test made it: by its name and by its tag. Nothing else is ever deleted. Pure. */
export function isOurs(
  { DBClusterIdentifier: name = '', TagList: tags = [] }: DBCluster,
  stage: Stage,
): boolean {
  const isNamed = [SOURCE, ...MYSQL_SOURCES].includes(name) || name.startsWith(`${PREFIX}-pr-`)
  return isNamed && tags.some(({ Key, Value }) => Key === LIVE_TAG && Value === stage.repositoryId)
}

/** `undefined` where AWS does not list all of them: then it is not known what is left. */
function* listOurs(stage: Stage): Script<readonly DBCluster[] | undefined> {
  const all: DBCluster[] = []
  for (let marker: string | undefined; ;) {
    const answer = yield* ask('set-up', 'DescribeDBClusters', {
      MaxRecords: 100,
      ...(marker === undefined ? {} : { Marker: marker }),
    })
    if (!isAccepted(answer)) return undefined
    all.push(...(answer.output?.DBClusters ?? []))
    marker = answer.output?.Marker
    if (marker === undefined || marker === '') return all.filter((cluster) => isOurs(cluster, stage))
  }
}

function* remove({
  DBClusterIdentifier: name = '',
  DBClusterMembers: members = [],
  Status,
}: DBCluster): Script<void> {
  // What stands still cannot be deleted.
  if (Status === 'stopped') yield* ask('set-up', 'StartDBCluster', { DBClusterIdentifier: name })
  for (const { DBInstanceIdentifier: member = '' } of members) yield* deleteInstance('set-up', member)
  yield* deleteCluster('set-up', name)
}

/** Deletes what the test made, again and again until nothing of it is left. Returns the names of what is left after all. */
export function* clearAway(
  stage: Stage,
  isMeant: (cluster: DBCluster) => boolean = () => true,
): Script<readonly string[]> {
  let isFirst = true
  let startedAtMs = 0
  for (;;) {
    const listed = yield* listOurs(stage)
    const left = listed?.filter(isMeant)
    if (left?.length === 0) return []
    for (const cluster of left ?? []) yield* remove(cluster)
    const { askedAtMs } = yield { pauseMs: PAUSE_MS }
    if (isFirst) startedAtMs = askedAtMs
    isFirst = false
    if (askedAtMs - startedAtMs > LIMIT_MS)
      return left?.map(({ DBClusterIdentifier: name = '' }) => name) ?? ['AWS does not say what is left']
  }
}

/** The clones alone: the sources are still needed. */
export function* clearClones(stage: Stage): Script<readonly string[]> {
  return yield* clearAway(stage, ({ DBClusterIdentifier: name = '' }) => name.startsWith(`${PREFIX}-pr-`))
}
