/** The modes, inputs and outputs of action.yml as data. A test compares them with action.yml and docs/inputs.md. */
export const MODES = ['auto', 'create', 'wait', 'publish', 'reset', 'destroy', 'sweep'] as const
export type Mode = (typeof MODES)[number]

interface InputContract {
  /** The modes that read the input. In another mode it causes a warning. */
  readonly modes: readonly Mode[]
  /** The default in action.yml. The runner fills it in, so this value counts as not set. */
  readonly default?: string
}

const ALL = MODES
/** The modes that are about one pull request or key. */
const OWNER = ['auto', 'create', 'wait', 'publish', 'reset', 'destroy'] as const
const READY = ['auto', 'create', 'wait', 'publish', 'reset'] as const
const CREATE = ['auto', 'create', 'reset'] as const
/** The modes that prepare a clone before it is published. */
const PREPARE = ['auto', 'create', 'publish', 'reset'] as const
const SWEEP = ['sweep'] as const

export const INPUTS = {
  mode: { modes: ALL, default: 'auto' },
  'source-cluster': { modes: ['auto', 'create', 'reset', 'destroy'] },
  'source-key': { modes: CREATE },
  label: { modes: OWNER },
  'pr-number': { modes: OWNER },
  'clone-key': { modes: OWNER },
  generation: { modes: OWNER },
  'clone-name': { modes: OWNER },
  'identifier-prefix': { modes: OWNER, default: 'clone' },
  'aws-region': { modes: ALL },
  ttl: { modes: CREATE, default: '7d' },
  hold: { modes: CREATE },
  wait: { modes: ['auto', 'create', 'reset', 'destroy'] },
  'wait-timeout': { modes: ALL },
  'poll-interval': { modes: ALL, default: '10s' },
  probe: { modes: READY, default: 'false' },
  'instance-class': { modes: CREATE, default: 'db.serverless' },
  'min-acu': { modes: CREATE },
  'max-acu': { modes: CREATE },
  'auto-pause-after': { modes: CREATE },
  'db-subnet-group-name': { modes: CREATE },
  'vpc-security-group-ids': { modes: PREPARE },
  'db-cluster-parameter-group-name': { modes: CREATE },
  'db-parameter-group-name': { modes: CREATE },
  'kms-key-id': { modes: CREATE },
  'iam-database-authentication': { modes: CREATE },
  'backtrack-window': { modes: CREATE },
  'restore-to-time': { modes: CREATE },
  'reset-label': { modes: CREATE },
  'reset-on': { modes: CREATE, default: 'never' },
  'backtrack-to': { modes: ['reset'] },
  'master-credentials': { modes: CREATE },
  'inherited-logins': { modes: PREPARE },
  'keep-logins': { modes: PREPARE },
  'sanitize-sql': { modes: CREATE },
  'verify-sql': { modes: PREPARE },
  'column-decisions': { modes: PREPARE },
  'database-name': { modes: PREPARE },
  'quarantine-security-group-ids': { modes: CREATE },
  publish: { modes: CREATE, default: 'auto' },
  tags: { modes: CREATE },
  'allowed-account-ids': { modes: ALL },
  'allow-forks': { modes: READY, default: 'false' },
  'max-clones': { modes: CREATE, default: '14' },
  scope: { modes: SWEEP, default: 'repository' },
  'dry-run': { modes: SWEEP, default: 'true' },
  'max-deletions': { modes: SWEEP, default: '20' },
  'keep-latest': { modes: ['destroy', 'sweep'] },
  comment: { modes: ALL, default: 'true' },
  'comment-details': { modes: ALL },
  'env-prefix': { modes: READY },
  'github-token': { modes: ALL, default: '${{ github.token }}' },
} as const satisfies Readonly<Record<string, InputContract>>

export type InputName = keyof typeof INPUTS

/** The inputs that name files of the team's. */
export const FILE_INPUTS = ['sanitize-sql', 'verify-sql', 'column-decisions'] as const
export type FileInput = (typeof FILE_INPUTS)[number]

export function defaultOf(name: InputName): string | undefined {
  const { default: standard }: InputContract = INPUTS[name]
  return standard
}

export const OUTCOMES = [
  'ready',
  'creating',
  'quarantined',
  'deleting',
  'destroyed',
  'absent',
  'skipped',
  'swept',
] as const
export type OutcomeWord = (typeof OUTCOMES)[number]

export const SKIP_REASONS = [
  'fork-without-credentials',
  'dependabot-without-credentials',
  'pull-request-closed',
  'label-missing',
  'pull-request-open',
  'held',
  'latest',
] as const
/** Why nothing was created or deleted, as a word for workflows to compare. */
export type SkipReason = (typeof SKIP_REASONS)[number]

const IDENTIFIER = /^[a-z][a-z0-9-]{0,62}$/
const HOST = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,253}[a-zA-Z0-9])?$/
const ARN = /^arn:[a-zA-Z0-9:/+=,.@_-]{1,2000}$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/
const BOOLEAN = /^(?:true|false)$/

function oneOf(words: readonly string[]): RegExp {
  return new RegExp(`^(?:${words.join('|')})$`)
}

/**
 * The pattern of each output. No pattern allows a shell metacharacter, a quote or white space. So even
 * `run: psql ${{ steps.clone.outputs.endpoint }}` is safe.
 */
export const OUTPUTS = {
  outcome: oneOf(OUTCOMES),
  'skip-reason': oneOf(SKIP_REASONS),
  'cluster-identifier': IDENTIFIER,
  'cluster-arn': ARN,
  'cluster-resource-id': /^cluster-[A-Za-z0-9]{1,64}$/,
  'instance-identifier': IDENTIFIER,
  region: /^[a-z]{2,4}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/,
  endpoint: HOST,
  'reader-endpoint': HOST,
  port: /^\d{1,5}$/,
  engine: /^[a-z][a-z0-9-]{0,40}$/,
  'engine-version': /^[A-Za-z0-9._-]{1,64}$/,
  'database-name': /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/,
  'master-username': /^[A-Za-z_][A-Za-z0-9_.@-]{0,63}$/,
  // The secrets that RDS manages are named `rds!cluster-…`; an exclamation mark is harmless outside interactive shells.
  'secret-arn': /^arn:[a-zA-Z0-9:/+=,.@_!-]{1,2000}$/,
  created: BOOLEAN,
  'expires-at': TIME,
  'data-as-of': TIME,
  'comment-url': /^https?:\/\/[A-Za-z0-9.:/_#-]{1,500}$/,
  'report-file': /^[A-Za-z0-9./_:-]{1,1000}$/,
} as const satisfies Readonly<Record<string, RegExp>>

export type OutputName = keyof typeof OUTPUTS
