import type { RestoreDBClusterToPointInTimeResult } from '@aws-sdk/client-rds'
import {
  POLL_MS,
  clusterNamed,
  createWriterSometime,
  restoreSometime,
  sightOfCluster,
  sightOfInstance,
  waitForCluster,
  waitForInstance,
} from './clusters.ts'
import {
  type Answer,
  type Finding,
  type Role,
  type Script,
  ask,
  askUntil,
  hasCode,
  inWords,
  isAccepted,
  pauseAfter,
  verdict,
} from './script.ts'
import { COMBINATION } from './sources.ts'
import { type Clone, MYSQL_SOURCE, PLAIN_SOURCE, type Stage, cloneOf } from './stage.ts'

// Step 8: which clones can have Backtrack, and how one goes back to a moment of its own.

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const LOOK_MS = 3 * SECOND_MS
const BACKTRACK_LIMIT_MS = 30 * MINUTE_MS
/** AWS may still be busy with the clone. */
const REFUSED_LIMIT_MS = 2 * MINUTE_MS
/** Between the moment that it goes back to and the request. */
const LIFE_MS = 3 * MINUTE_MS
const STATE = 'InvalidDBClusterStateFault'

const mysqlClone = (stage: Stage, number: number): Clone => ({
  ...cloneOf(stage, number),
  engine: 'aurora-mysql',
})

function restoreWithWindow(
  role: Role,
  clone: Clone,
  source: string,
): Script<Answer<RestoreDBClusterToPointInTimeResult>> {
  return restoreSometime(
    { role, clone },
    {
      SourceDBClusterIdentifier: source,
      BacktrackWindow: 3_600,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 1 },
    },
  )
}

/** In seconds; 0 where it has none. */
function* windowOf(identifier: string): Script<number> {
  return (yield* clusterNamed(identifier))?.BacktrackWindow ?? 0
}

/** How the backtrack and its clone were shown at one time. */
export interface Look {
  readonly atMs: number
  /** The status in DescribeDBClusterBacktracks, or why it has none. */
  readonly backtrack: string
  readonly cluster: string
  readonly writer: string
  readonly reachedAtMs?: number | undefined
}

/** What was asked, and all that was seen from then on. */
export interface Rewinding {
  readonly asked: Answer<object>
  readonly toMs: number
  readonly looks: readonly Look[]
}

const BEGUN = ['applying', 'completed', 'failed']
const ENDED = ['completed', 'failed']
const isOneOf = (statuses: readonly string[], { backtrack }: Look): boolean =>
  statuses.includes(backtrack.toLowerCase())

function outcome({ asked, looks }: Rewinding): string | null {
  if (!isAccepted(asked)) return hasCode(asked, STATE, ...COMBINATION) ? 'refused' : null
  const end = looks.find((look) => isOneOf(ENDED, look))
  if (end === undefined) return null
  return end.backtrack.toLowerCase() === 'failed' ? 'fails' : 'completes'
}

function letterCase(looks: readonly Look[]): string | null {
  const seen = looks.filter((look) => isOneOf(['pending', ...BEGUN], look)).map(({ backtrack }) => backtrack)
  if (seen.length === 0) return null
  if (seen.every((status) => status === status.toLowerCase())) return 'lower-case'
  return seen.every((status) => status === status.toUpperCase()) ? 'upper-case' : null
}

/** A time begins with the last look before it, so that it is never too short. */
function durations({ asked, looks }: Rewinding): Readonly<Record<'pendingMs' | 'runningMs', number | null>> {
  const begun = looks.findIndex((look) => isOneOf(BEGUN, look))
  const first = looks[begun]
  const end = looks.find((look) => isOneOf(ENDED, look))
  const sinceMs = looks[begun - 1]?.atMs ?? asked.atMs
  return {
    pendingMs: first === undefined ? null : begun === 0 ? 0 : first.atMs - asked.atMs,
    runningMs: end === undefined ? null : end.atMs - sinceMs,
  }
}

/** Each look that differs from the one before. */
const changes = ({ asked, looks }: Rewinding): readonly object[] =>
  looks
    .map(({ atMs, backtrack, cluster, writer }) => ({
      afterMs: atMs - asked.atMs,
      backtrack,
      cluster,
      writer,
    }))
    .filter((look, index, all) => {
      const former = all[index - 1]
      return (
        look.backtrack !== former?.backtrack ||
        look.cluster !== former.cluster ||
        look.writer !== former.writer
      )
    })

/** Pure. */
export function backtrackFindings(rewinding: Rewinding): readonly Finding[] {
  const { asked, looks, toMs } = rewinding
  const { pendingMs, runningMs } = durations(rewinding)
  const value = outcome(rewinding)
  const reachedAtMs = value === 'completes' ? looks.at(-1)?.reachedAtMs : undefined
  const because = inWords(asked)
  return [
    { question: 'What becomes of a backtrack?', switch: 'backtrack', value, because },
    {
      question: 'How long is a backtrack pending?',
      switch: 'backtrackPendingMs',
      value: pendingMs,
      because,
    },
    { question: 'How long does a backtrack take then?', switch: 'backtrackingMs', value: runningMs, because },
    {
      question: 'Are the statuses of backtracks in lower or in upper case?',
      switch: 'backtrackStatuses',
      value: letterCase(looks),
      because: [...new Set(looks.map(({ backtrack }) => backtrack))].join(', '),
    },
    {
      question: 'What do a clone and its writer show during a backtrack?',
      switch: null,
      value: looks.length === 0 ? null : changes(rewinding),
      because: 'in the local cloud, both show backtracking for as long as the backtrack is applied',
    },
    {
      question:
        'How many milliseconds is the time that AWS says it reached after the one that was asked for?',
      switch: null,
      value: reachedAtMs === undefined ? null : reachedAtMs - toMs,
      because: `${because}. The action needs -60000 or more (docs/adr/0012). The local cloud knows only the moments of changes`,
    },
  ]
}

function* lookAt({ identifier, writer }: Clone, backtrackIdentifier: string): Script<Look> {
  const { output, fault } = yield* ask('clones', 'DescribeDBClusterBacktracks', {
    DBClusterIdentifier: identifier,
    BacktrackIdentifier: backtrackIdentifier,
  })
  const found = output?.DBClusterBacktracks?.find(({ BacktrackIdentifier: id }) => id === backtrackIdentifier)
  const cluster = yield* sightOfCluster(identifier)
  const { status, atMs } = yield* sightOfInstance(writer)
  return {
    atMs,
    backtrack: found?.Status ?? fault?.code ?? 'not listed',
    cluster: cluster.status,
    writer: status,
    reachedAtMs: found?.BacktrackTo?.getTime(),
  }
}

function* watchBacktrack(clone: Clone, backtrackIdentifier: string): Script<readonly Look[]> {
  const looks: Look[] = []
  for (;;) {
    const look = yield* lookAt(clone, backtrackIdentifier)
    looks.push(look)
    const passedMs = look.atMs - (looks[0]?.atMs ?? 0)
    const isSettled = isOneOf(ENDED, look) && look.cluster === 'available' && look.writer === 'available'
    if (isSettled || passedMs > BACKTRACK_LIMIT_MS) return looks
    yield { pauseMs: pauseAfter(passedMs, LOOK_MS) }
  }
}

/** To the time in the tag that the action writes when it publishes a clone. */
function* rewind(clone: Clone): Script<readonly Finding[]> {
  const { atMs } = yield* sightOfCluster(clone.identifier)
  const toMs = Math.floor(atMs / SECOND_MS) * SECOND_MS
  yield* ask('clones', 'AddTagsToResource', {
    ResourceName: clone.arn,
    Tags: [{ Key: 'aurora-clone:ready-at', Value: new Date(toMs).toISOString() }],
  })
  yield { pauseMs: LIFE_MS }
  const asked = yield* askUntil(
    () =>
      ask('clones', 'BacktrackDBCluster', {
        DBClusterIdentifier: clone.identifier,
        BacktrackTo: new Date(toMs),
      }),
    { isGood: (answer) => !hasCode(answer, STATE), pauseMs: POLL_MS, limitMs: REFUSED_LIMIT_MS },
  )
  const { BacktrackIdentifier: identifier } = asked.output ?? {}
  const looks = identifier === undefined ? [] : yield* watchBacktrack(clone, identifier)
  return backtrackFindings({ asked, toMs, looks })
}

const OF_THE_CLONE = {
  question: 'How many seconds is the backtrack window of a clone that asks for 3600, if its source has one?',
  switch: null,
}

/** A clone with a window, of a source that has one. */
function* rewindClone(clone: Clone): Script<readonly Finding[]> {
  const restored = yield* restoreWithWindow('clones', clone, MYSQL_SOURCE)
  const hasWriter = isAccepted(restored) && isAccepted(yield* createWriterSometime('clones', clone))
  const isUp =
    hasWriter && (yield* waitForInstance(clone.writer)) && (yield* waitForCluster(clone.identifier))
  const window = isUp ? yield* windowOf(clone.identifier) : 0
  const isRefused = hasCode(restored, ...COMBINATION)
  const because = `${inWords(restored)}. The local cloud gives what is asked for`
  return [
    { ...OF_THE_CLONE, value: isUp ? window : isRefused ? 'refuse' : null, because },
    ...(window === 0 ? [] : yield* rewind(clone)),
  ]
}

export function* backtrack(stage: Stage): Script<readonly Finding[]> {
  const plain = yield* restoreWithWindow('set-up', mysqlClone(stage, 5), PLAIN_SOURCE)
  const hasWindow = (yield* windowOf(MYSQL_SOURCE)) > 0
  return [
    {
      question: 'May a clone have Backtrack if its source does not?',
      switch: 'backtrackWithoutThatOfTheSource',
      value: verdict(plain, ...COMBINATION),
      because: `${inWords(plain)}; its BacktrackWindow: ${plain.output?.DBCluster?.BacktrackWindow ?? 'left out'}`,
    },
    ...(hasWindow
      ? yield* rewindClone(mysqlClone(stage, 12))
      : [{ ...OF_THE_CLONE, value: null, because: 'AWS gave the source no window' }]),
  ]
}
