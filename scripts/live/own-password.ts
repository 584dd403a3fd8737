import type { DBCluster } from '@aws-sdk/client-rds'
import type { ExecuteStatementResponse } from '@aws-sdk/client-rds-data'
import {
  RANGE,
  type Sight,
  clusterNamed,
  createUntagged,
  phases,
  sightOfCluster,
  waitForCluster,
  watch,
} from './clusters.ts'
import { firstClone } from './first-clone.ts'
import {
  type Answer,
  type Finding,
  type Script,
  ask,
  askUntil,
  hasCode,
  inWords,
  isAccepted,
  verdict,
} from './script.ts'
import type { Stage } from './stage.ts'

// Step 10: the RDS Data API, a password of the clone's own, pausing, and what a change passes through.

const SECOND_MS = 1_000
const POLL_MS = 2 * SECOND_MS
const LOGIN_LIMIT_MS = 20 * 60 * SECOND_MS
/** A new password may count later than the status says; so long the login is tried in any case. */
const AT_LEAST_MS = 2 * 60 * SECOND_MS
/** It pauses after five minutes; the Data API may keep a connection for a while. */
const IDLE_MS = 12 * 60 * SECOND_MS
const LOGIN_REFUSED = 'DatabaseErrorException'
const RESUMING = 'DatabaseResumingException'
const RESETTING = 'resetting-master-credentials'

function logIn(stage: Stage, secretArn: string, sql = 'SELECT 1'): Script<Answer<ExecuteStatementResponse>> {
  const { arn: resourceArn } = firstClone(stage)
  return ask('clones', 'ExecuteStatement', { resourceArn, secretArn, database: 'live', sql })
}

function* secretOf(stage: Stage): Script<DBCluster['MasterUserSecret']> {
  return (yield* clusterNamed(firstClone(stage).identifier))?.MasterUserSecret
}

/** How long RDS takes to make the secret of a cluster that has an instance. */
export function* makeSecret(stage: Stage): Script<readonly Finding[]> {
  const { arn, identifier } = firstClone(stage)
  yield* ask('clones', 'EnableHttpEndpoint', { ResourceArn: arn })
  const managed = yield* ask('clones', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    ManageMasterUserPassword: true,
    ApplyImmediately: true,
  })
  const look = function* (): Script<Sight> {
    const { output, atMs } = yield* ask('set-up', 'DescribeDBClusters', { DBClusterIdentifier: identifier })
    return { status: output?.DBClusters?.[0]?.MasterUserSecret?.SecretStatus ?? 'none', atMs }
  }
  const sights = yield* watch(look, ['active'], { pauseMs: POLL_MS, limitMs: LOGIN_LIMIT_MS })
  yield* waitForCluster(identifier)
  const last = sights.at(-1)
  return [
    {
      question: 'How long does RDS take to make a secret?',
      switch: 'secretCreatingMs',
      value: isAccepted(managed) && last?.status === 'active' ? last.atMs - managed.atMs : null,
      because: `${inWords(managed)}; ${sights.map(({ status }) => status).join(', ')}`,
    },
  ]
}

/** One try to log in with the secret, and the status beside it. */
export interface Try {
  readonly atMs: number
  readonly status: string
  readonly login: 'in' | 'refused' | 'other'
}

/** How a new master password shows. Pure. */
export function passwordFindings(rotated: Answer<object>, tries: readonly Try[]): readonly Finding[] {
  const sights = tries.filter(({ status }, index) => status !== tries[index - 1]?.status)
  const shown = phases(sights).find(({ status }) => status === RESETTING)
  const refused = tries.findLastIndex(({ login }) => login === 'refused')
  const isIn = tries.at(-1)?.login === 'in'
  const lateMs = refused === -1 || !isIn ? undefined : (tries[refused + 1]?.atMs ?? 0) - rotated.atMs
  const because = `${inWords(rotated)}; statuses: ${sights.map(({ status }) => status).join(', ')}; refused logins: ${
    tries.filter(({ login }) => login === 'refused').length
  }`
  return [
    {
      question: 'How does a new master password show?',
      switch: 'newPassword',
      value: shown !== undefined ? 'shown-in-status' : lateMs !== undefined ? 'silently-late' : null,
      because,
    },
    {
      question: 'How long does it take until a new master password counts?',
      switch: 'resettingMasterCredentialsMs',
      value: lateMs ?? shown?.forMs ?? null,
      because,
    },
  ]
}

export function* rotatePassword(stage: Stage): Script<readonly Finding[]> {
  const { identifier } = firstClone(stage)
  const secretArn = (yield* secretOf(stage))?.SecretArn ?? ''
  const rotated = yield* ask('clones', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    RotateMasterUserPassword: true,
    ApplyImmediately: true,
  })
  const tries: Try[] = []
  for (;;) {
    const { status } = yield* sightOfCluster(identifier)
    const answer = yield* logIn(stage, secretArn)
    const login = isAccepted(answer) ? 'in' : hasCode(answer, LOGIN_REFUSED) ? 'refused' : 'other'
    tries.push({ atMs: answer.atMs, status, login })
    const passedMs = answer.atMs - rotated.atMs
    const isSettled = status === 'available' && login === 'in' && passedMs > AT_LEAST_MS
    if (isSettled || passedMs > LOGIN_LIMIT_MS) return passwordFindings(rotated, tries)
    yield { pauseMs: POLL_MS }
  }
}

/** Whether the clone has the row that was written right before it was made. */
export function* freshRow(stage: Stage): Script<readonly Finding[]> {
  const secretArn = (yield* secretOf(stage))?.SecretArn ?? ''
  const answer = yield* logIn(stage, secretArn, 'SELECT count(*) FROM live_test')
  const records = answer.output?.records
  // Where the table itself came too late, it is missing.
  const isMissing = answer.fault?.message.includes('42P01') === true
  return [
    {
      question: 'Does a clone have what was written after the source’s LatestRestorableTime?',
      switch: null,
      value: isMissing ? 'not a row' : (records ?? null),
      because: `${inWords(answer)}. The local cloud has it as a call of a test, holdRestorableTime`,
    },
  ]
}

export function* pauseAndResume(stage: Stage): Script<readonly Finding[]> {
  const secretArn = (yield* secretOf(stage))?.SecretArn ?? ''
  yield { pauseMs: IDLE_MS }
  const first = yield* logIn(stage, secretArn)
  const awake = yield* askUntil(() => logIn(stage, secretArn), {
    isGood: isAccepted,
    pauseMs: SECOND_MS,
    limitMs: LOGIN_LIMIT_MS,
  })
  const hasPaused = hasCode(first, RESUMING)
  return [
    {
      question: 'How long does a paused cluster refuse calls of the RDS Data API, from the first one on?',
      switch: 'resumingMs',
      value: hasPaused && isAccepted(awake) ? awake.askedAtMs - first.atMs : null,
      because: hasPaused ? inWords(awake) : `it had not paused: ${inWords(first)}`,
    },
  ]
}

/** A change of its capacity, an instance meanwhile, and other security groups. */
export function* modify(stage: Stage): Script<readonly Finding[]> {
  const { identifier } = firstClone(stage)
  const changed = yield* ask('set-up', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    ServerlessV2ScalingConfiguration: { ...RANGE, MaxCapacity: 2 },
    ApplyImmediately: true,
  })
  const begun = yield* watch(() => sightOfCluster(identifier), ['modifying'], {
    pauseMs: SECOND_MS,
    limitMs: 30 * SECOND_MS,
  })
  const isModifying = begun.at(-1)?.status === 'modifying'
  const created = isModifying ? yield* createUntagged({ identifier }, '3') : undefined
  const ended = yield* watch(() => sightOfCluster(identifier), ['available'], { pauseMs: POLL_MS })
  const because = isModifying ? inWords(changed) : 'its status never was modifying'
  return [
    {
      question: 'How long is a cluster modifying?',
      switch: 'modifyingMs',
      value: isModifying ? (ended.at(-1)?.atMs ?? 0) - changed.atMs : null,
      because,
    },
    {
      question: 'Does a cluster take an instance while it is modified?',
      switch: 'createInstanceWhileModifying',
      value: created === undefined ? null : verdict(created, 'InvalidDBClusterStateFault'),
      because: created === undefined ? because : inWords(created),
    },
    ...(stage.securityGroupId === '' ? [] : [yield* changeSecurityGroup(stage)]),
  ]
}

function* changeSecurityGroup(stage: Stage): Script<Finding> {
  const { identifier } = firstClone(stage)
  const changed = yield* ask('set-up', 'ModifyDBCluster', {
    DBClusterIdentifier: identifier,
    VpcSecurityGroupIds: [stage.securityGroupId],
    ApplyImmediately: true,
  })
  const look = function* (): Script<Sight> {
    const { output, atMs } = yield* ask('set-up', 'DescribeDBClusters', { DBClusterIdentifier: identifier })
    const groups = output?.DBClusters?.[0]?.VpcSecurityGroups ?? []
    const [group] = groups
    const isDone =
      groups.length === 1 && group?.Status === 'active' && group.VpcSecurityGroupId === stage.securityGroupId
    return { status: isDone ? 'done' : 'changing', atMs }
  }
  const last = (yield* watch(look, ['done'], { pauseMs: SECOND_MS })).at(-1)
  return {
    question: 'How long do former security groups stay in force?',
    switch: 'changingSecurityGroupsMs',
    value: last?.status === 'done' ? last.atMs - changed.atMs : null,
    because: inWords(changed),
  }
}
