import { createWriterSometime, restoreSometime, waitForCluster, waitForInstance } from './clusters.ts'
import { type Finding, type Script, ask, hasCode, inWords } from './script.ts'
import { type Stage, cloneOf } from './stage.ts'

// Step 13: a clone with logical replication, left alone for longer than it takes to pause.

const IDLE_MS = 15 * 60_000

export function* replication(stage: Stage): Script<readonly Finding[]> {
  const clone = cloneOf(stage, 11)
  const { identifier, arn, writer } = clone
  yield* restoreSometime({ role: 'clones', clone }, { DBClusterParameterGroupName: stage.replicationGroup })
  yield* createWriterSometime('clones', clone)
  yield* waitForInstance(writer)
  yield* waitForCluster(identifier)
  yield* ask('clones', 'EnableHttpEndpoint', { ResourceArn: arn })
  const managed = yield* ask('clones', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    ManageMasterUserPassword: true,
    ApplyImmediately: true,
  })
  yield { pauseMs: IDLE_MS }
  const shown = yield* ask('set-up', 'DescribeDBClusters', { DBClusterIdentifier: identifier })
  const secretArn = shown.output?.DBClusters?.[0]?.MasterUserSecret?.SecretArn ?? ''
  const answer = yield* ask('clones', 'ExecuteStatement', {
    resourceArn: arn,
    secretArn,
    database: 'live',
    sql: 'SELECT 1',
  })
  return [
    {
      question: 'Does a clone with logical replication pause?',
      switch: null,
      value: hasCode(answer, 'DatabaseResumingException') ? true : answer.fault === undefined ? false : null,
      because: `${inWords(managed)}; ${inWords(answer)}. In the local cloud a test pauses a cluster`,
    },
  ]
}
