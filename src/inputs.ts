import {
  MAX_KEY_LENGTH,
  MAX_NAME_LENGTH,
  MAX_PREFIX_LENGTH,
  PREFIX,
  looksLikePullRequest,
} from './aurora/clone/identity.ts'
import { MAKE_QUARANTINE } from './aurora/clone/preparation.ts'
import type { CloneShape } from './aurora/clone/shape.ts'
import type { SourceRequest } from './aurora/clone/source.ts'
import { tagProblem } from './aurora/clone/tags.ts'
import type { Tags } from './aurora/api/snapshot.ts'
import { hasLabel } from './demand.ts'
import { FILE_INPUTS, INPUTS, type InputName, MODES, type Mode, defaultOf } from './contract.ts'
import type { SanitisingInputs } from './sanitise/read-order.ts'
import { InputValues, type ReadInput, invalid, unexpected } from './input-values.ts'

/** The inputs as typed values. Each mode has its own type, so that it can read only its own inputs. */
export type Inputs = CloneModeInputs | SweepInputs
/** The modes that are about one pull request or key. */
export type CloneModeInputs =
  AutoInputs | CreateInputs | ResetInputs | WaitInputs | PublishInputs | DestroyInputs

interface RunInputs {
  readonly region: string
  readonly waitTimeoutMs: number
  readonly pollIntervalMs: number
  readonly allowedAccountIds: readonly string[]
  readonly comment: boolean
  readonly commentDetails: 'full' | 'minimal' | undefined
  readonly githubToken: string
}

interface CloneInputs extends RunInputs {
  readonly owner: OwnerInput
  readonly label: string | undefined
  readonly cloneName: string
  readonly identifierPrefix: string
}

/** The owner of the clone: a pull request (by default the event's), or a key that the user chose. */
type OwnerInput =
  | { readonly kind: 'pull-request'; readonly number: number | undefined }
  | { readonly kind: 'key'; readonly key: string; readonly generation: string | undefined }

export interface AutoInputs extends CloneInputs {
  readonly mode: 'auto'
  /** Called only for a wanted clone: a wrong input must not keep the clones of a closed pull request. */
  readonly readCreate: () => CreateInputs
  readonly gone: DestroyInputs
  /** As in CreateInputs. It also protects clones that this run would remove. */
  readonly hold: string | undefined
}

/** How a clone that is ready is handed out. */
interface HandOutInputs {
  readonly probe: boolean
  readonly allowForks: boolean
  readonly envPrefix: string | undefined
}

interface MakingInputs extends CloneInputs, HandOutInputs {
  readonly source: SourceRequest
  readonly shape: CloneShape
  readonly ttlMs: number
  /** Value of the clone's hold tag; `undefined` leaves it as it is. */
  readonly hold: string | undefined
  readonly wait: boolean
  readonly maxClones: number
  /** `undefined`: the clone is handed out as it is. */
  readonly sanitising: SanitisingInputs | undefined
  /** Steps of the user's sanitise the clone, and mode `publish` publishes it. */
  readonly isPublishedBySteps: boolean
  /** The label that asks for fresh data. */
  readonly resetLabel: string | undefined
  /** Each push asks for fresh data. */
  readonly isResetByPush: boolean
}

export interface CreateInputs extends MakingInputs {
  readonly mode: 'create'
}

export interface ResetInputs extends MakingInputs {
  readonly mode: 'reset'
  /** The moment that a clone with Backtrack goes back to; `undefined`: when it was published. */
  readonly backtrackTo: Date | undefined
}

export interface PublishInputs extends CloneInputs, HandOutInputs {
  readonly mode: 'publish'
  readonly sanitising: SanitisingInputs
  /** Those of the published clone; `undefined`: the source's. */
  readonly securityGroupIds: readonly string[] | undefined
}

export interface WaitInputs extends CloneInputs, HandOutInputs {
  readonly mode: 'wait'
}

export interface DestroyInputs extends CloneInputs {
  readonly mode: 'destroy'
  /** A safeguard: this cluster is never deleted, whatever its tags say. */
  readonly source: string | undefined
  readonly wait: boolean
  /** `wait: false` was set: the run does not wait for AWS to accept the deletion either. */
  readonly inHaste: boolean
  /** The number of newest generations of the key to keep. */
  readonly keepLatest: number
}

export interface SweepInputs extends RunInputs {
  readonly mode: 'sweep'
  readonly scope: 'repository' | 'account'
  readonly dryRun: boolean
  readonly maxDeletions: number
  readonly keepLatest: number
}

type InputEnvironment = Readonly<Partial<Record<'AWS_REGION' | 'AWS_DEFAULT_REGION', string | undefined>>>

/** Reads and checks every input of the mode, since the runner enforces neither `required` nor types. */
export function readInputs(read: ReadInput, env: InputEnvironment): Inputs {
  const value = new InputValues(read)
  const mode = value.word('mode', MODES)
  const run: RunInputs = {
    region: readRegion(value, env),
    waitTimeoutMs:
      value.duration('wait-timeout', { atLeastMs: 1_000, atMostMs: DAY_MS }) ??
      (value.text('restore-to-time') === undefined ? WAIT_MS : FULL_COPY_WAIT_MS),
    pollIntervalMs: value.duration('poll-interval', { atLeastMs: 1_000, atMostMs: 5 * MINUTE_MS }),
    allowedAccountIds: value.list('allowed-account-ids', /^\d{12}$/, 'account ids of 12 digits') ?? [],
    comment: value.boolean('comment'),
    commentDetails: value.word('comment-details', ['full', 'minimal']),
    githubToken: read('github-token'),
  }
  return mode === 'sweep' ? readSweep(value, run) : readOwned(value, { mode, run })
}

function readOwned(
  value: InputValues,
  { mode, run }: Readonly<{ mode: CloneModeInputs['mode']; run: RunInputs }>,
): CloneModeInputs {
  const owner = readOwner(value)
  const label = value.text('label')
  if (label !== undefined && owner.kind === 'key')
    throw invalid('label', label, 'no label together with clone-key: labels belong to pull requests')
  const clone: CloneInputs = {
    ...run,
    owner,
    label,
    cloneName: value.name('clone-name', MAX_NAME_LENGTH) ?? '',
    identifierPrefix: readPrefix(value),
  }
  switch (mode) {
    case 'auto':
      return {
        ...clone,
        mode,
        readCreate: () => ({ ...readMaking(value, clone), mode: 'create' }),
        hold: readHold(value),
        // `wait` is about a wanted clone, and the source is only a safeguard, so neither is checked.
        gone: {
          ...clone,
          mode: 'destroy',
          source: value.text('source-cluster'),
          wait: false,
          inHaste: value.text('wait')?.toLowerCase() === 'false',
          keepLatest: 0,
        },
      }
    case 'create':
      return { ...readMaking(value, clone), mode }
    case 'reset':
      return { ...readMaking(value, clone), mode, backtrackTo: value.time('backtrack-to') }
    case 'wait':
      return { ...clone, ...readHandOut(value), mode }
    case 'publish':
      return {
        ...clone,
        ...readHandOut(value),
        mode,
        sanitising: readSanitising(value, true),
        securityGroupIds: readSecurityGroups(value, 'vpc-security-group-ids'),
      }
    case 'destroy':
      return readDestroy(value, clone)
  }
}

function readMaking(value: InputValues, clone: CloneInputs): MakingInputs {
  const wait = value.boolean('wait') ?? true
  const preparation = readPreparation(value)
  if (!wait && preparation.isPrepared)
    throw invalid(
      'wait',
      'false',
      'a run that waits, since it prepares the clone: let it run beside the build, in a job of its own',
    )
  return {
    ...clone,
    ...readHandOut(value),
    ...readResets(value, clone),
    source: readSource(value, clone.region),
    shape: readShape(value, preparation),
    sanitising: preparation.sanitising,
    isPublishedBySteps: preparation.isPublishedBySteps,
    ttlMs: value.duration('ttl', { atLeastMs: 10 * MINUTE_MS, atMostMs: 365 * DAY_MS }),
    hold: readHold(value),
    wait,
    maxClones: value.number('max-clones', { atLeast: 1, atMost: 1_000, step: 1 }),
  }
}

function readResets(
  value: InputValues,
  { owner, label }: CloneInputs,
): Pick<MakingInputs, 'resetLabel' | 'isResetByPush'> {
  const resetLabel = value.text('reset-label')
  const on = value.word('reset-on', ['never', 'push'])
  if (owner.kind === 'key')
    for (const [name, given] of [['reset-label', resetLabel] as const, ['reset-on', on] as const])
      if (given !== undefined && given !== 'never')
        throw invalid(name, given, `no ${name} together with clone-key: use mode reset`)
  if (resetLabel !== undefined && label !== undefined && hasLabel([resetLabel], label))
    throw invalid('reset-label', resetLabel, 'another label than label, which asks for the clone itself')
  return { resetLabel, isResetByPush: on === 'push' }
}

interface Preparing extends Pick<MakingInputs, 'sanitising' | 'isPublishedBySteps'> {
  readonly isPrepared: boolean
  readonly ownCredentials: boolean
  readonly quarantineGroupIds: readonly string[] | undefined
}

/** What happens to the clone before it is published. */
function readPreparation(value: InputValues): Preparing {
  const isPublishedBySteps = value.word('publish', ['auto', 'manual']) === 'manual'
  const sanitising = readSanitising(value, isPublishedBySteps)
  const quarantineGroupIds = readSecurityGroups(value, 'quarantine-security-group-ids')
  const { files, disablesLogins } = sanitising
  const needsLogin = disablesLogins || FILE_INPUTS.some((input) => files[input].length > 0)
  const hasStatements = files['sanitize-sql'].length > 0
  const needsQuarantine = hasStatements || isPublishedBySteps
  if (needsQuarantine && quarantineGroupIds === undefined)
    throw unexpected(
      'quarantine-security-group-ids',
      'nothing',
      `the group that the clone stays in until it is clean. Make one without rules for incoming traffic: ${MAKE_QUARANTINE}`,
    )
  if (isPublishedBySteps && hasStatements)
    throw invalid('publish', 'manual', 'either sanitize-sql or publish: manual, not both')
  const isPrepared = needsLogin || isPublishedBySteps
  if (quarantineGroupIds !== undefined && !isPrepared)
    throw invalid(
      'quarantine-security-group-ids',
      quarantineGroupIds.join(', '),
      'sanitize-sql or publish: manual beside it, since nothing else ends the quarantine',
    )
  return {
    sanitising: isPrepared ? sanitising : undefined,
    isPublishedBySteps,
    isPrepared,
    ownCredentials: readOwnCredentials(value, needsLogin),
    quarantineGroupIds,
  }
}

/** The action logs in only with a password of the clone's own. */
function readOwnCredentials(value: InputValues, needsLogin: boolean): boolean {
  const credentials = value.word('master-credentials', ['inherit', 'managed'])
  if (needsLogin && credentials === 'inherit')
    throw invalid(
      'master-credentials',
      credentials,
      'managed with sanitize-sql, verify-sql, column-decisions or inherited-logins: disable, since the action logs in with the password of the clone’s own',
    )
  return needsLogin || credentials === 'managed'
}

function readSanitising(value: InputValues, isBySteps: boolean): SanitisingInputs {
  const files = {
    'sanitize-sql': value.patterns('sanitize-sql'),
    'verify-sql': value.patterns('verify-sql'),
    'column-decisions': value.patterns('column-decisions'),
  }
  const logins = value.word('inherited-logins', ['keep', 'disable'])
  const disablesLogins = (logins ?? (files['sanitize-sql'].length > 0 ? 'disable' : 'keep')) === 'disable'
  const keepLogins = value.items('keep-logins')
  if (keepLogins.length > 0 && !disablesLogins)
    throw invalid('keep-logins', keepLogins.join(', '), 'inherited-logins: disable beside it')
  return {
    files,
    isBySteps,
    disablesLogins,
    keepLogins,
    database: value.matching(
      'database-name',
      /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/,
      'the name of a database: letters, digits, hyphens and underscores',
    ),
  }
}

function readSecurityGroups(
  value: InputValues,
  name: 'vpc-security-group-ids' | 'quarantine-security-group-ids',
): readonly string[] | undefined {
  return value.list(name, /^sg-[0-9a-f]{8,17}$/, 'ids such as sg-0123456789abcdef0')
}

function readHandOut(value: InputValues): HandOutInputs {
  return {
    probe: value.boolean('probe'),
    allowForks: value.boolean('allow-forks'),
    envPrefix: readEnvPrefix(value),
  }
}

function readDestroy(value: InputValues, clone: CloneInputs): DestroyInputs {
  const keepLatest = value.number('keep-latest', KEEP_LATEST)
  const wait = value.boolean('wait')
  const { owner } = clone
  if (keepLatest !== undefined && (owner.kind !== 'key' || owner.generation !== undefined))
    throw invalid(
      'keep-latest',
      keepLatest,
      'keep-latest only with clone-key and without generation: it counts the generations of a key',
    )
  return {
    ...clone,
    mode: 'destroy',
    source: readSourceCluster(value, clone.region),
    wait: wait ?? false,
    inHaste: wait === false,
    keepLatest: keepLatest ?? 0,
  }
}

function readSweep(value: InputValues, run: RunInputs): SweepInputs {
  return {
    ...run,
    mode: 'sweep',
    scope: value.word('scope', ['repository', 'account']),
    dryRun: value.boolean('dry-run'),
    maxDeletions: value.number('max-deletions', { atLeast: 1, atMost: 1_000, step: 1 }),
    keepLatest: value.number('keep-latest', KEEP_LATEST) ?? 0,
  }
}

/** Inputs that are set but not read by this mode. */
export function ignoredInputs(read: ReadInput, mode: Mode): readonly InputName[] {
  return (Object.keys(INPUTS) as InputName[]).filter((name) => {
    const modes: readonly Mode[] = INPUTS[name].modes
    const value = read(name)
    return !modes.includes(mode) && value !== '' && value !== defaultOf(name)
  })
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const WAIT_MS = 30 * MINUTE_MS
/** A full copy took 15 and then 40 minutes (aws/aws-cli#9046), and a role's credentials last an hour by default. */
const FULL_COPY_WAIT_MS = 55 * MINUTE_MS
const MAX_USER_TAGS = 20
const KEEP_LATEST = { atLeast: 0, atMost: 1_000, step: 1 }

function readOwner(value: InputValues): OwnerInput {
  const number = value.text('pr-number')
  const key = value.name('clone-key', MAX_KEY_LENGTH)
  const generation = value.name('generation', MAX_NAME_LENGTH)
  if (key === undefined) {
    if (generation !== undefined) throw invalid('generation', generation, 'no generation without clone-key')
    if (number === undefined) return { kind: 'pull-request', number: undefined }
    return { kind: 'pull-request', number: parsePullRequestNumber(number, 'pr-number') }
  }
  if (number !== undefined)
    throw invalid('pr-number', number, 'no pr-number together with clone-key: a clone belongs to one of them')
  // `clone-pr-*` is what IAM policies give to pull requests.
  if (looksLikePullRequest(key))
    throw invalid('clone-key', key, 'a key that does not begin with "pr-", or pr-number instead')
  return { kind: 'key', key, generation }
}

export function parsePullRequestNumber(text: string, input: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw invalid(input, text, 'the number of a pull request, such as 42')
  return Number(text)
}

function readPrefix(value: InputValues): string {
  const prefix = value.text('identifier-prefix')
  if (prefix.length > MAX_PREFIX_LENGTH || !PREFIX.test(prefix))
    throw invalid(
      'identifier-prefix',
      prefix,
      `one word of at most ${MAX_PREFIX_LENGTH} lower-case letters and digits that begins with a letter`,
    )
  return prefix
}

function readRegion(value: InputValues, env: InputEnvironment): string {
  const region = [value.text('aws-region'), env.AWS_REGION, env.AWS_DEFAULT_REGION].find(
    (name) => (name ?? '') !== '',
  )
  if (region === undefined)
    throw unexpected('aws-region', 'nothing, and AWS_REGION is not set either', 'a Region such as eu-west-1')
  if (!/^[a-z]{2,4}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/.test(region))
    throw invalid('aws-region', region, 'a Region such as eu-west-1')
  return region
}

const CLUSTER_IDENTIFIER = /^[a-zA-Z](?:-?[a-zA-Z0-9]){0,62}$/
const CLUSTER_ARN = /^arn:aws[a-z-]*:rds:([a-z0-9-]+):\d{12}:cluster:([a-zA-Z](?:-?[a-zA-Z0-9]){0,62})$/

function readSource(value: InputValues, region: string): SourceRequest {
  const [cluster, key] = [readSourceCluster(value, region), value.name('source-key', MAX_KEY_LENGTH)]
  if (cluster !== undefined && key !== undefined)
    throw invalid('source-key', key, 'either source-cluster or source-key, not both')
  if (key !== undefined && looksLikePullRequest(key))
    throw invalid('source-key', key, 'a clone-key, which never begins with "pr-"')
  if (key !== undefined) return { kind: 'key', key }
  if (cluster === undefined)
    throw unexpected('source-cluster', 'nothing', 'the identifier or ARN of the Aurora cluster to clone')
  return { kind: 'cluster', name: cluster }
}

function readSourceCluster(value: InputValues, region: string): string | undefined {
  const cluster = value.text('source-cluster')
  if (cluster === undefined) return undefined
  const arn = CLUSTER_ARN.exec(cluster)
  if (arn === null && !CLUSTER_IDENTIFIER.test(cluster))
    throw invalid(
      'source-cluster',
      cluster,
      'a cluster identifier (1 to 63 letters, digits and single hyphens, beginning with a letter) or the ARN of a cluster',
    )
  if (arn !== null && arn[1] !== region)
    throw unexpected(
      'source-cluster',
      `an ARN in ${arn[1] ?? ''}`,
      `a cluster in ${region}: clones are made in the Region of their source. Correct it or aws-region`,
    )
  return cluster
}

function readShape(
  value: InputValues,
  { ownCredentials, isPrepared, quarantineGroupIds }: Preparing,
): CloneShape {
  const acu = { atLeast: 0, atMost: 256, step: 0.5 }
  const shape: CloneShape = {
    instanceClass: value.matching(
      'instance-class',
      /^db\.[a-z0-9]+(?:[.-][a-z0-9]+)*$/,
      'a class such as db.serverless or db.r6g.large',
    ),
    minAcu: value.number('min-acu', acu),
    maxAcu: value.number('max-acu', { ...acu, atLeast: 1 }),
    autoPauseAfterSeconds: inSeconds(
      value.duration('auto-pause-after', { atLeastMs: 5 * MINUTE_MS, atMostMs: DAY_MS }),
    ),
    subnetGroup: value.matching('db-subnet-group-name', GROUP_NAME, GROUP_NAME_EXPECTED),
    securityGroupIds: readSecurityGroups(value, 'vpc-security-group-ids'),
    clusterParameterGroup: value.matching('db-cluster-parameter-group-name', GROUP_NAME, GROUP_NAME_EXPECTED),
    parameterGroup: value.matching('db-parameter-group-name', GROUP_NAME, GROUP_NAME_EXPECTED),
    kmsKeyId: value.matching(
      'kms-key-id',
      /^[A-Za-z0-9:/_-]{1,2048}$/,
      'a key id, key ARN, alias name or alias ARN',
    ),
    iamAuthentication: value.boolean('iam-database-authentication'),
    backtrackWindowSeconds: inSeconds(
      value.duration('backtrack-window', { atLeastMs: 1_000, atMostMs: 3 * DAY_MS }),
    ),
    restoreToTime: value.time('restore-to-time'),
    ownCredentials,
    isPrepared,
    quarantineGroupIds,
    tags: readTags(value),
  }
  if (shape.instanceClass !== 'db.serverless')
    for (const name of ['min-acu', 'max-acu', 'auto-pause-after'] as const)
      if (value.text(name) !== undefined)
        throw invalid(name, value.text(name) ?? '', `no ${name} with instance-class ${shape.instanceClass}`)
  const { minAcu, maxAcu } = shape
  if (minAcu !== undefined && maxAcu !== undefined && minAcu > maxAcu)
    throw invalid('max-acu', maxAcu, `at least min-acu, which is ${minAcu}`)
  return shape
}

const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,254}$/
const GROUP_NAME_EXPECTED = 'the name of a group: up to 255 letters, digits, hyphens, periods and underscores'

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

function readHold(value: InputValues): string | undefined {
  const text = value.text('hold')
  if (text === undefined) return undefined
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase()
  return value
    .time('hold', 'true, false, or a time with its zone, such as 2026-12-01T00:00:00Z')
    ?.toISOString()
}

function readTags(value: InputValues): Tags {
  const entries = value.items('tags').map((item) => {
    const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(item) ?? []
    if (key.trim() === '') throw invalid('tags', item, 'entries such as Team=payments')
    return [key.trim(), text.trim()] as const
  })
  for (const [key, text] of entries) {
    const problem = tagProblem(key, text)
    if (problem !== undefined) throw invalid('tags', `${key}=${text}`, `tags that AWS accepts: ${problem}`)
  }
  if (entries.length > MAX_USER_TAGS)
    throw unexpected(
      'tags',
      `${entries.length} tags`,
      `at most ${MAX_USER_TAGS}, since AWS allows 50 and the action needs the rest`,
    )
  return Object.fromEntries(entries)
}

/**
 * The prefixes of HOST, PORT, DATABASE and USER. `GH_HOST`, `DOCKER_HOST` and `KUBERNETES_SERVICE_HOST` would redirect later
 * steps and their tokens, and no list of such names is complete. Only database clients read a name that follows one of these
 * words. Names that begin with GITHUB_, RUNNER_ and the like belong to the runner.
 */
const DATABASE_WORDS = 'DB|DATABASE|SQL|PG|POSTGRES|POSTGRESQL|MYSQL|MARIADB|AURORA|RDS|CLONE'
const ENV_PREFIX = new RegExp(
  `^(?:PG|(?!(?:GITHUB|RUNNER|ACTIONS|INPUT|STATE)_)(?=.{1,31}$)(?:[A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*)?(?:${DATABASE_WORDS})_)$`,
)

function readEnvPrefix(value: InputValues): string | undefined {
  return value.matching(
    'env-prefix',
    ENV_PREFIX,
    `PG, or at most 31 capitals, digits and underscores that end in ${DATABASE_WORDS.split('|')
      .map((word) => `${word}_`)
      .join(', ')}, such as DB_ or ORDERS_DB_`,
  )
}
