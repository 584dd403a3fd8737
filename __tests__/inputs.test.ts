import { describe, expect, test } from '@jest/globals'
import { INPUTS, type InputName, MODES } from '../src/contract.ts'
import { Failure } from '../src/failure.ts'
import {
  type AutoInputs,
  type CreateInputs,
  type Inputs,
  ignoredInputs,
  parsePullRequestNumber,
  readInputs,
} from '../src/inputs.ts'

type Values = Readonly<Partial<Record<InputName, string>>>

const reader = (values: Values) => (name: InputName) => values[name] ?? ''
const ENV = { AWS_REGION: 'eu-west-1' }

function read(values: Values, env: Parameters<typeof readInputs>[1] = ENV): Inputs {
  return readInputs(reader(values), env)
}

/** `create` with the least that it needs. */
function create(values: Values = {}): Inputs {
  return read({ mode: 'create', 'source-cluster': 'orders', ...values })
}

/** `auto`, whose second half is read later. */
function auto(values: Values = {}): AutoInputs {
  const inputs = read({ mode: 'auto', ...values })
  if (inputs.mode !== 'auto') throw new Error(`read as ${inputs.mode}`)
  return inputs
}

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('with the least that a mode needs, everything has its default', () => {
  const common = {
    owner: { kind: 'pull-request', number: undefined },
    label: undefined,
    cloneName: '',
    identifierPrefix: 'clone',
    region: 'eu-west-1',
    waitTimeoutMs: 1_800_000,
    pollIntervalMs: 10_000,
    allowedAccountIds: [],
    comment: true,
    commentDetails: undefined,
    githubToken: '',
  }

  test('create', () => {
    expect(create()).toEqual({
      ...common,
      mode: 'create',
      source: { kind: 'cluster', name: 'orders' },
      shape: {
        instanceClass: 'db.serverless',
        minAcu: undefined,
        ownCredentials: false,
        isPrepared: false,
        quarantineGroupIds: undefined,
        maxAcu: undefined,
        autoPauseAfterSeconds: undefined,
        subnetGroup: undefined,
        securityGroupIds: undefined,
        clusterParameterGroup: undefined,
        parameterGroup: undefined,
        kmsKeyId: undefined,
        iamAuthentication: undefined,
        backtrackWindowSeconds: undefined,
        restoreToTime: undefined,
        tags: {},
      },
      ttlMs: 604_800_000,
      hold: undefined,
      wait: true,
      sanitising: undefined,
      isPublishedBySteps: false,
      resetLabel: undefined,
      isResetByPush: false,
      probe: false,
      allowForks: false,
      maxClones: 14,
      envPrefix: undefined,
    })
  })

  test('wait', () => {
    expect(read({ mode: 'wait' })).toEqual({
      ...common,
      mode: 'wait',
      probe: false,
      allowForks: false,
      envPrefix: undefined,
    })
  })

  test('destroy', () => {
    const destroy = {
      ...common,
      mode: 'destroy',
      source: undefined,
      wait: false,
      inHaste: false,
      keepLatest: 0,
    }
    expect(read({ mode: 'destroy' })).toEqual(destroy)
    expect(read({ mode: 'destroy', wait: 'false' })).toEqual({ ...destroy, inHaste: true })
    expect(read({ mode: 'destroy', wait: 'true' })).toEqual({ ...destroy, wait: true })
  })

  test('sweep', () => {
    const { owner: _, label: __, cloneName: ___, identifierPrefix: ____, ...run } = common
    expect(read({ mode: 'sweep' })).toEqual({
      ...run,
      mode: 'sweep',
      scope: 'repository',
      dryRun: true,
      maxDeletions: 20,
      keepLatest: 0,
    })
  })

  test('auto: what create has, and what destroy has', () => {
    const { readCreate, gone, ...clone } = auto({ 'source-cluster': 'orders' })
    expect(clone).toEqual({ ...common, mode: 'auto' })
    expect(readCreate()).toEqual(create())
    expect(gone).toEqual({ ...read({ mode: 'destroy', 'source-cluster': 'orders' }) })
  })

  test('auto is the default of mode', () => {
    expect(read({}).mode).toBe('auto')
  })
})

describe('auto reads what create needs only when the pull request wants a clone', () => {
  // What a closed pull request has must go, whatever slip is in the inputs of today.
  test.each<[string, Values, string]>([
    ['no source', {}, 'Input source-cluster: got nothing'],
    ['a source that is none', { 'source-cluster': '1orders' }, 'Input source-cluster: got "1orders"'],
    [
      'two sources',
      { 'source-cluster': 'orders', 'source-key': 'nightly' },
      'Input source-key: got "nightly"',
    ],
    ['the shape', { 'min-acu': 'one' }, 'Input min-acu: got "one"'],
    [
      'the range',
      { 'min-acu': '8', 'max-acu': '2' },
      'Input max-acu: got "2", expected at least min-acu, which is 8',
    ],
    ['the life', { ttl: '7' }, 'Input ttl: got "7"'],
    ['how long to stay', { wait: 'yes' }, 'Input wait: got "yes"'],
    ['the limit', { 'max-clones': '0' }, 'Input max-clones: got "0"'],
    ['the probe', { probe: 'no' }, 'Input probe: got "no"'],
    ['forks', { 'allow-forks': 'sometimes' }, 'Input allow-forks: got "sometimes"'],
    ['the variables', { 'env-prefix': 'AWS_' }, 'Input env-prefix: got "AWS_"'],
  ])('%s', (name, values, what) => {
    const source: Values = name === 'no source' ? {} : { 'source-cluster': 'orders' }
    const { readCreate, gone } = auto({ ...source, ...values })
    expect(gone).toMatchObject({ mode: 'destroy', wait: false, keepLatest: 0 })
    expect(failureOf(readCreate).what).toContain(what)
  })

  test('the source is refused as it is written, and waited for is nothing', () => {
    const { gone } = auto({ 'source-cluster': 'Orders, or so', wait: 'true' })
    expect(gone).toMatchObject({ source: 'Orders, or so', wait: false, inHaste: false })
    expect(auto({ wait: 'False' }).gone).toMatchObject({ wait: false, inHaste: true })
  })

  test.each<[string, Values]>([
    ['label', { label: 'clone-db', 'clone-key': 'nightly' }],
    ['pr-number', { 'pr-number': '0' }],
    ['aws-region', { 'aws-region': 'Ireland' }],
    ['identifier-prefix', { 'identifier-prefix': '9lives' }],
    ['clone-name', { 'clone-name': 'Billing' }],
    ['wait-timeout', { 'wait-timeout': '0s' }],
  ])('but %s, without which nothing is found, at once', (name, values) => {
    expect(failureOf(() => auto(values)).what).toContain(`Input ${name}: got`)
  })

  test.each<[string, string | undefined]>([
    ['', undefined],
    ['TRUE', 'true'],
    ['2026-12-01T00:00+02:00', '2026-11-30T22:00:00.000Z'],
  ])('the hold, which says what stays, at once too: %j', (hold, expected) => {
    expect(auto({ hold }).hold).toBe(expected)
    expect(failureOf(() => auto({ hold: `${hold}?` })).what).toContain('Input hold: got')
  })
})

describe('hold', () => {
  test.each([
    ['true', 'true'],
    ['TRUE', 'true'],
    ['True', 'true'],
    ['false', 'false'],
    ['FALSE', 'false'],
    ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01T00:00+02:00', '2026-11-30T22:00:00.000Z'],
  ])('%s becomes the tag value %s', (text, hold) => {
    expect(create({ hold: text })).toMatchObject({ hold })
  })

  test.each(['yes', '1', 'truely', '2026-12-01', '2026-02-30T00:00:00Z', '3d'])('%s is refused', (text) => {
    expect(failureOf(() => create({ hold: text })).what).toBe(
      `Input hold: got "${text}", expected true, false, or a time with its zone, such as 2026-12-01T00:00:00Z.`,
    )
  })
})

describe('keep-latest', () => {
  const KEY = { 'clone-key': 'nightly' } as const
  const EXPECTED =
    'keep-latest only with clone-key and without generation: it counts the generations of a key'

  test.each<[string, Values, number]>([
    ['destroy', { ...KEY, 'keep-latest': '3' }, 3],
    ['destroy', { ...KEY, 'keep-latest': '0' }, 0],
    ['sweep', { 'keep-latest': '1000' }, 1_000],
  ])('%s with %j', (mode, values, keepLatest) => {
    expect(read({ mode, ...values })).toMatchObject({ keepLatest })
  })

  test.each<[string, Values, string]>([
    ['a pull request’s', { 'keep-latest': '3' }, `got "3", expected ${EXPECTED}`],
    ['one generation', { ...KEY, generation: '1', 'keep-latest': '3' }, `got "3", expected ${EXPECTED}`],
    [
      'too many',
      { ...KEY, 'keep-latest': '1001' },
      'got "1001", expected a number from 0 to 1000 in steps of 1',
    ],
    ['a part', { ...KEY, 'keep-latest': '1.5' }, 'got "1.5", expected a number from 0 to 1000 in steps of 1'],
  ])('destroy refuses it: %s', (_, values, says) => {
    expect(failureOf(() => read({ mode: 'destroy', ...values })).what).toBe(`Input keep-latest: ${says}.`)
  })
})

describe('sweep', () => {
  test.each<[InputName, string, object]>([
    ['scope', 'repository', { scope: 'repository' }],
    ['scope', 'account', { scope: 'account' }],
    ['dry-run', 'false', { dryRun: false }],
    ['dry-run', 'TRUE', { dryRun: true }],
    ['max-deletions', '1', { maxDeletions: 1 }],
    ['max-deletions', '1000', { maxDeletions: 1_000 }],
    ['comment', 'false', { comment: false }],
    ['wait-timeout', '5m', { waitTimeoutMs: 300_000 }],
  ])('%s: %s', (name, text, expected) => {
    expect(read({ mode: 'sweep', [name]: text })).toMatchObject(expected)
  })

  test.each<[InputName, string, string]>([
    ['scope', 'organization', 'one of repository, account'],
    ['dry-run', 'no', 'true or false'],
    ['max-deletions', '0', 'a number from 1 to 1000 in steps of 1'],
    ['max-deletions', '1001', 'a number from 1 to 1000 in steps of 1'],
    ['max-deletions', 'all', 'a number from 1 to 1000 in steps of 1'],
    ['keep-latest', '-1', 'a number from 0 to 1000 in steps of 1'],
    ['aws-region', 'Ireland', 'a Region such as eu-west-1'],
  ])('refuses %s: "%s"', (name, text, expected) => {
    expect(failureOf(() => read({ mode: 'sweep', [name]: text })).what).toBe(
      `Input ${name}: got "${text}", expected ${expected}.`,
    )
  })

  test('reads nothing of a single clone, not even to refuse it', () => {
    const values = { 'pr-number': 'x', 'clone-key': 'pr-1', label: 'x', 'source-cluster': '1' } as const
    expect(read({ mode: 'sweep', ...values })).toEqual(read({ mode: 'sweep' }))
  })
})

describe('what is set is read', () => {
  const ARN = 'arn:aws:rds:eu-west-1:123456789012:cluster:orders'
  test.each<[InputName, string, object]>([
    ['source-cluster', 'Orders-2', { source: { kind: 'cluster', name: 'Orders-2' } }],
    ['source-cluster', ARN, { source: { kind: 'cluster', name: ARN } }],
    ['label', 'Clone DB!', { label: 'Clone DB!' }],
    ['pr-number', '42', { owner: { kind: 'pull-request', number: 42 } }],
    ['pr-number', '9999999999', { owner: { kind: 'pull-request', number: 9_999_999_999 } }],
    ['clone-key', 'nightly', { owner: { kind: 'key', key: 'nightly', generation: undefined } }],
    ['clone-key', 'k'.repeat(24), { owner: { kind: 'key', key: 'k'.repeat(24), generation: undefined } }],
    ['clone-key', 'pr1', { owner: { kind: 'key', key: 'pr1', generation: undefined } }],
    ['clone-key', 'prod', { owner: { kind: 'key', key: 'prod', generation: undefined } }],
    ['clone-key', 'preview-1', { owner: { kind: 'key', key: 'preview-1', generation: undefined } }],
    ['clone-name', 'billing-2', { cloneName: 'billing-2' }],
    ['identifier-prefix', 'preview', { identifierPrefix: 'preview' }],
    ['identifier-prefix', 'p23456789012345x', { identifierPrefix: 'p23456789012345x' }],
    ['aws-region', 'us-gov-west-1', { region: 'us-gov-west-1' }],
    ['ttl', '48h', { ttlMs: 172_800_000 }],
    ['ttl', '10m', { ttlMs: 600_000 }],
    ['ttl', '365d', { ttlMs: 31_536_000_000 }],
    ['wait', 'false', { wait: false }],
    ['wait', 'True', { wait: true }],
    ['wait', 'FALSE', { wait: false }],
    ['wait-timeout', '1s', { waitTimeoutMs: 1_000 }],
    ['wait-timeout', '1d', { waitTimeoutMs: 86_400_000 }],
    ['restore-to-time', '2026-11-21T06:00:00Z', { waitTimeoutMs: 3_300_000 }],
    ['poll-interval', '1s', { pollIntervalMs: 1_000 }],
    ['poll-interval', '5m', { pollIntervalMs: 300_000 }],
    ['probe', 'true', { probe: true }],
    ['instance-class', 'db.r6g.large', { shape: { instanceClass: 'db.r6g.large' } }],
    ['instance-class', 'db.r7i.2xlarge', { shape: { instanceClass: 'db.r7i.2xlarge' } }],
    ['min-acu', '0', { shape: { minAcu: 0 } }],
    ['min-acu', '0.5', { shape: { minAcu: 0.5 } }],
    ['min-acu', '256', { shape: { minAcu: 256 } }],
    ['max-acu', '1', { shape: { maxAcu: 1 } }],
    ['max-acu', '128.5', { shape: { maxAcu: 128.5 } }],
    ['auto-pause-after', '5m', { shape: { autoPauseAfterSeconds: 300 } }],
    ['auto-pause-after', '1d', { shape: { autoPauseAfterSeconds: 86_400 } }],
    ['db-subnet-group-name', 'private.data_1', { shape: { subnetGroup: 'private.data_1' } }],
    [
      'vpc-security-group-ids',
      'sg-0123456789abcdef0, sg-01234567\n\nsg-0123456789abcdef1',
      { shape: { securityGroupIds: ['sg-0123456789abcdef0', 'sg-01234567', 'sg-0123456789abcdef1'] } },
    ],
    [
      'db-cluster-parameter-group-name',
      'default.aurora-postgresql16',
      { shape: { clusterParameterGroup: 'default.aurora-postgresql16' } },
    ],
    ['db-parameter-group-name', 'preview', { shape: { parameterGroup: 'preview' } }],
    ['kms-key-id', 'alias/preview_key', { shape: { kmsKeyId: 'alias/preview_key' } }],
    [
      'kms-key-id',
      'arn:aws:kms:eu-west-1:123456789012:key/1-2',
      { shape: { kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/1-2' } },
    ],
    ['iam-database-authentication', 'true', { shape: { iamAuthentication: true } }],
    ['iam-database-authentication', 'false', { shape: { iamAuthentication: false } }],
    ['backtrack-window', '3d', { shape: { backtrackWindowSeconds: 259_200 } }],
    [
      'restore-to-time',
      '2026-11-21T06:00:00Z',
      { shape: { restoreToTime: new Date('2026-11-21T06:00:00Z') } },
    ],
    [
      'restore-to-time',
      '2026-11-21T06:00+02:00',
      { shape: { restoreToTime: new Date('2026-11-21T04:00:00Z') } },
    ],
    [
      'tags',
      'Team=payments, CostCenter=42\nEmpty=\nUrl=a=b',
      { shape: { tags: { Team: 'payments', CostCenter: '42', Empty: '', Url: 'a=b' } } },
    ],
    [
      'allowed-account-ids',
      '123456789012,210987654321',
      { allowedAccountIds: ['123456789012', '210987654321'] },
    ],
    ['allow-forks', 'true', { allowForks: true }],
    ['max-clones', '1', { maxClones: 1 }],
    ['max-clones', '1000', { maxClones: 1_000 }],
    ['comment', 'false', { comment: false }],
    ['comment-details', 'full', { commentDetails: 'full' }],
    ['comment-details', 'minimal', { commentDetails: 'minimal' }],
    ['env-prefix', 'PG', { envPrefix: 'PG' }],
    ['env-prefix', 'DB_', { envPrefix: 'DB_' }],
    ...['ORDERS_DB_', 'MYSQL_', 'POSTGRES_', 'MY_2ND_CLONE_', 'DATABASE_', `${'A'.repeat(27)}_DB_`].map(
      (prefix): [InputName, string, object] => ['env-prefix', prefix, { envPrefix: prefix }],
    ),
    ['github-token', 'ghs_x', { githubToken: 'ghs_x' }],
  ])('%s: %j', (name, text, expected) => {
    const more: Values = name === 'aws-region' ? { 'source-cluster': 'orders' } : {}
    expect(create({ ...more, [name]: text })).toMatchObject(expected)
  })

  test('source-key', () => {
    expect(read({ mode: 'create', 'source-key': 'nightly' })).toMatchObject({
      source: { kind: 'key', key: 'nightly' },
    })
  })

  test('generation', () => {
    expect(create({ 'clone-key': 'nightly', generation: '20261121' })).toMatchObject({
      owner: { kind: 'key', key: 'nightly', generation: '20261121' },
    })
  })

  test.each(['Orders-2', ARN])('destroy reads source-cluster only to refuse it: %s', (source) => {
    expect(read({ mode: 'destroy', 'source-cluster': source, wait: 'true' })).toMatchObject({
      source,
      wait: true,
    })
  })

  test('the shape of a provisioned class', () => {
    expect(create({ 'instance-class': 'db.t4g.medium' })).toMatchObject({
      shape: { instanceClass: 'db.t4g.medium' },
    })
  })
})

describe('the Region', () => {
  test.each([
    [{ 'aws-region': 'eu-west-2' }, { AWS_REGION: 'eu-west-1' }, 'eu-west-2'],
    [{}, { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' }, 'eu-west-1'],
    [{}, { AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
    [{}, { AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-1' }, 'us-east-1'],
  ])('of %j and %j is %s', (values, env, region) => {
    expect(read({ mode: 'wait', ...values }, env).region).toBe(region)
  })

  test('nothing anywhere', () => {
    expect(failureOf(() => read({ mode: 'wait' }, {})).what).toBe(
      'Input aws-region: got nothing, and AWS_REGION is not set either, expected a Region such as eu-west-1.',
    )
  })
})

describe('what does not fit is refused: the message names the input, what it got and what it expected', () => {
  const WORD = (length: number) => `at most ${length} lower-case letters, digits and single hyphens`
  const PREFIX = 'one word of at most 16 lower-case letters and digits that begins with a letter'
  const GROUP = 'the name of a group: up to 255 letters, digits, hyphens, periods and underscores'
  const CLUSTER =
    'a cluster identifier (1 to 63 letters, digits and single hyphens, beginning with a letter) or the ARN of a cluster'
  const DURATION = 'a duration such as 30s, 15m, 48h or 3d'
  const TIME = 'a time with its zone, such as 2026-11-21T06:00:00Z'
  const ACU = 'a number from 0 to 256 in steps of 0.5'
  test.each<[InputName, string, string]>([
    ['mode', 'make', 'one of auto, create, wait, publish, reset, destroy, sweep'],
    ['mode', 'Create', 'one of auto, create, wait, publish, reset, destroy, sweep'],
    ['source-cluster', '1orders', CLUSTER],
    ['source-cluster', 'orders--2', CLUSTER],
    ['source-cluster', 'orders-', CLUSTER],
    ['source-cluster', 'a'.repeat(64), CLUSTER],
    ['source-cluster', 'arn:aws:rds:eu-west-1:123456789012:db:orders', CLUSTER],
    ['pr-number', '0', 'the number of a pull request, such as 42'],
    ['pr-number', '#42', 'the number of a pull request, such as 42'],
    ['pr-number', '42; rm -rf /', 'the number of a pull request, such as 42'],
    ['pr-number', '12345678901', 'the number of a pull request, such as 42'],
    ['clone-key', 'Nightly', WORD(24)],
    ['clone-key', 'k'.repeat(25), WORD(24)],
    ['clone-key', 'a--b', WORD(24)],
    ['clone-key', '-a', WORD(24)],
    ['clone-key', 'a/b', WORD(24)],
    ['clone-key', 'pr', 'a key that does not begin with "pr-", or pr-number instead'],
    ['clone-key', 'pr-preview', 'a key that does not begin with "pr-", or pr-number instead'],
    ['clone-key', 'pr-42', 'a key that does not begin with "pr-", or pr-number instead'],
    ['clone-key', 'pr-4x', 'a key that does not begin with "pr-", or pr-number instead'],
    ['clone-name', 'n'.repeat(17), WORD(16)],
    ['clone-name', 'Billing', WORD(16)],
    ['identifier-prefix', 'p'.repeat(17), PREFIX],
    ['identifier-prefix', '9lives', PREFIX],
    ['identifier-prefix', 'clone-pr', PREFIX],
    ['identifier-prefix', 'clone-', PREFIX],
    ['identifier-prefix', 'Clone', PREFIX],
    ['identifier-prefix', 'clone_1', PREFIX],
    ['aws-region', 'Ireland', 'a Region such as eu-west-1'],
    ['aws-region', 'eu-west-1;', 'a Region such as eu-west-1'],
    ['ttl', '7', DURATION],
    ['ttl', '9m', 'between 10m and 365d'],
    ['ttl', '366d', 'between 10m and 365d'],
    ['wait', 'yes', 'true or false'],
    ['wait', '1', 'true or false'],
    ['wait-timeout', '0s', DURATION],
    ['wait-timeout', '25h', 'between 1s and 1d'],
    ['poll-interval', '6m', 'between 1s and 5m'],
    ['probe', 'no', 'true or false'],
    ['instance-class', 'serverless', 'a class such as db.serverless or db.r6g.large'],
    ['instance-class', 'db.r6g.large!', 'a class such as db.serverless or db.r6g.large'],
    ['min-acu', '0.25', ACU],
    ['min-acu', '257', ACU],
    ['min-acu', '-1', ACU],
    ['min-acu', 'one', ACU],
    ['min-acu', '1e1', ACU],
    ['max-acu', '0.5', 'a number from 1 to 256 in steps of 0.5'],
    ['auto-pause-after', '4m', 'between 5m and 1d'],
    ['auto-pause-after', '2d', 'between 5m and 1d'],
    ['db-subnet-group-name', '-x', GROUP],
    ['db-cluster-parameter-group-name', 'a"b', GROUP],
    ['db-parameter-group-name', 'g'.repeat(256), GROUP],
    ['kms-key-id', 'key with spaces', 'a key id, key ARN, alias name or alias ARN'],
    ['iam-database-authentication', 'on', 'true or false'],
    ['backtrack-window', '4d', 'between 1s and 3d'],
    ['restore-to-time', '2026-11-21', TIME],
    ['restore-to-time', '2026-11-21T06:00:00', TIME],
    ['restore-to-time', '2026-13-21T06:00:00Z', TIME],
    ['restore-to-time', 'yesterday', TIME],
    ['allow-forks', 'sometimes', 'true or false'],
    ['max-clones', '0', 'a number from 1 to 1000 in steps of 1'],
    ['max-clones', '1001', 'a number from 1 to 1000 in steps of 1'],
    ['max-clones', '1.5', 'a number from 1 to 1000 in steps of 1'],
    ['comment', 'off', 'true or false'],
    ['comment-details', 'some', 'one of full, minimal'],
    ...[
      'pg',
      '1DB_',
      'DB',
      'DB__',
      '_DB_',
      'DB_X',
      'PGX',
      `${'A'.repeat(28)}_DB_`,
      'P',
      'LDAP_',
      'REDIS_',
      'GH_',
      'CONTAINER_',
      'BUILDKIT_',
      'KUBERNETES_SERVICE_',
      'SONAR_',
      'INPUT_DB_',
      'GITHUB_DB_',
      'GITHUB_',
      'RUNNER_',
      'ACTIONS_',
      'INPUT_',
      'STATE_',
      'NODE_',
      'AWS_',
      'LD_',
      'DYLD_',
      'DOCKER_',
    ].map((prefix): [InputName, string, string] => [
      'env-prefix',
      prefix,
      'PG, or at most 31 capitals, digits and underscores that end in DB_, DATABASE_, SQL_, PG_, POSTGRES_, POSTGRESQL_, MYSQL_, MARIADB_, AURORA_, RDS_, CLONE_, such as DB_ or ORDERS_DB_',
    ]),
  ])('%s: "%s"', (name, text, expected) => {
    const failure = failureOf(() => create({ [name]: text }))
    expect(failure).toMatchObject({
      title: 'Invalid input',
      what: `Input ${name}: got "${text}", expected ${expected}.`,
      remedy: 'Correct it under `with:` of this step.',
    })
  })

  test.each<[InputName, string, string, string]>([
    [
      'vpc-security-group-ids',
      'sg-0123456789abcdef0, default',
      '"default"',
      'ids such as sg-0123456789abcdef0',
    ],
    ['allowed-account-ids', '123456789012\n12345', '"12345"', 'account ids of 12 digits'],
    ['tags', 'Team', '"Team"', 'entries such as Team=payments'],
    ['tags', '=x', '"=x"', 'entries such as Team=payments'],
    [
      'tags',
      'aws:x=1',
      '"aws:x=1"',
      'tags that AWS accepts: keys that begin with aws: or rds: belong to AWS',
    ],
    [
      'tags',
      'aurora-clone:key=pr-1',
      '"aurora-clone:key=pr-1"',
      'tags that AWS accepts: keys that begin with aurora-clone: belong to this action',
    ],
    [
      'tags',
      Array.from({ length: 26 }, (_, index) => `T${index}=x`).join(),
      '26 tags',
      'at most 20, since AWS allows 50 and the action needs the rest',
    ],
    ['source-cluster', '', 'nothing', 'the identifier or ARN of the Aurora cluster to clone'],
    [
      'source-cluster',
      'arn:aws:rds:us-east-1:123456789012:cluster:orders',
      'an ARN in us-east-1',
      'a cluster in eu-west-1: clones are made in the Region of their source. Correct it or aws-region',
    ],
  ])('%s: %j', (name, text, got, expected) => {
    expect(failureOf(() => create({ [name]: text })).what).toBe(
      `Input ${name}: got ${got}, expected ${expected}.`,
    )
  })

  test.each([
    '2026-02-29T06:00:00Z',
    '2026-02-30T06:00:00Z',
    '2026-04-31T06:00+02:00',
    '2026-11-31T06:00:00.000Z',
    '2026-00-10T06:00:00Z',
    '2026-11-00T06:00:00Z',
    '2026-11-21T24:30:00Z',
    '2026-11-21T06:60:00Z',
  ])('a time that no calendar has: %s', (text) => {
    expect(failureOf(() => create({ 'restore-to-time': text })).what).toBe(
      `Input restore-to-time: got "${text}", expected ${TIME}.`,
    )
  })

  test('and a leap day, which this one does', () => {
    expect(create({ 'restore-to-time': '2024-02-29T23:30:00-02:00' })).toMatchObject({
      shape: { restoreToTime: new Date('2024-03-01T01:30:00.000Z') },
    })
  })

  test.each([
    [' odd ', '" odd "', CLUSTER],
    ['1orders', '"1orders"', CLUSTER],
    [
      'arn:aws:rds:eu-west-1:123456789012:db:orders',
      '"arn:aws:rds:eu-west-1:123456789012:db:orders"',
      CLUSTER,
    ],
    [
      'arn:aws:rds:us-east-1:123456789012:cluster:orders',
      'an ARN in us-east-1',
      'a cluster in eu-west-1: clones are made in the Region of their source. Correct it or aws-region',
    ],
  ])('destroy checks source-cluster like create: %j', (source, got, expected) => {
    const what = `Input source-cluster: got ${got}, expected ${expected}.`
    expect(failureOf(() => read({ mode: 'destroy', 'source-cluster': source })).what).toBe(what)
    expect(failureOf(() => create({ 'source-cluster': source })).what).toBe(what)
  })

  test('also where source-key is set', () => {
    const values = { mode: 'create', 'source-key': 'nightly', 'source-cluster': '1orders' }
    expect(failureOf(() => read(values)).what).toBe(
      `Input source-cluster: got "1orders", expected ${CLUSTER}.`,
    )
  })
})

describe('what happens before a clone is published', () => {
  const GROUP = 'sg-0123456789abcdef0'
  const quarantine = { 'quarantine-security-group-ids': GROUP }

  test.each<[string, Values, Partial<CreateInputs['shape']>, { logins?: boolean; bySteps?: boolean }]>([
    ['nothing', {}, { ownCredentials: false, isPrepared: false }, {}],
    ['a password', { 'master-credentials': 'managed' }, { ownCredentials: true, isPrepared: false }, {}],
    [
      'sanitising disables logins',
      { 'sanitize-sql': 'db/*.sql', ...quarantine },
      { ownCredentials: true, isPrepared: true, quarantineGroupIds: [GROUP] },
      { logins: true },
    ],
    [
      'unless they are kept',
      { 'sanitize-sql': 'db/*.sql', 'inherited-logins': 'keep', ...quarantine },
      { ownCredentials: true, isPrepared: true, quarantineGroupIds: [GROUP] },
      { logins: false },
    ],
    [
      'logins alone',
      { 'inherited-logins': 'disable' },
      { ownCredentials: true, isPrepared: true },
      { logins: true },
    ],
    [
      'checks alone',
      { 'verify-sql': 'db/check.sql' },
      { ownCredentials: true, isPrepared: true },
      { logins: false },
    ],
    [
      'steps of one’s own',
      { publish: 'manual', ...quarantine },
      { ownCredentials: false, isPrepared: true, quarantineGroupIds: [GROUP] },
      { logins: false, bySteps: true },
    ],
  ])('%s', (_, inputs, shape, { logins, bySteps = false }) => {
    const made = create(inputs)
    if (made.mode !== 'create') throw new Error('not read as create')
    expect(made.shape).toMatchObject(shape)
    expect(made.isPublishedBySteps).toBe(bySteps)
    expect(made.sanitising?.disablesLogins).toBe(logins)
  })

  test.each<[Values, string]>([
    [{ 'sanitize-sql': 'db/*.sql' }, 'aws ec2 create-security-group'],
    [{ publish: 'manual' }, 'aws ec2 create-security-group'],
    [quarantine, 'expected sanitize-sql or publish: manual beside it'],
    [{ 'sanitize-sql': 'x.sql', publish: 'manual', ...quarantine }, 'either sanitize-sql or publish: manual'],
    [{ 'sanitize-sql': 'x.sql', 'master-credentials': 'inherit', ...quarantine }, 'expected managed with'],
    [{ 'sanitize-sql': '/x.sql', ...quarantine }, 'a path from the root of the repository'],
    [{ 'inherited-logins': 'disable', wait: 'false' }, 'expected a run that waits'],
    [{ 'keep-logins': 'app' }, 'expected inherited-logins: disable beside it'],
    [{ 'database-name': 'a b' }, 'expected the name of a database'],
  ])('%j is refused', (inputs, says) => {
    expect(failureOf(() => create(inputs)).what).toContain(says)
  })

  test('publish', () => {
    expect(
      read({ mode: 'publish', 'verify-sql': 'db/check.sql', 'vpc-security-group-ids': GROUP }),
    ).toMatchObject({ mode: 'publish', securityGroupIds: [GROUP], sanitising: { disablesLogins: false } })
  })
})

describe('what does not go together', () => {
  test.each<[string, Values, string]>([
    [
      'label with clone-key',
      { 'clone-key': 'nightly', label: 'clone-db' },
      'Input label: got "clone-db", expected no label together with clone-key: labels belong to pull requests.',
    ],
    [
      'pr-number with clone-key',
      { 'clone-key': 'nightly', 'pr-number': '42' },
      'Input pr-number: got "42", expected no pr-number together with clone-key: a clone belongs to one of them.',
    ],
    [
      'generation without clone-key',
      { generation: '1' },
      'Input generation: got "1", expected no generation without clone-key.',
    ],
    [
      'source-cluster with source-key',
      { 'source-key': 'nightly' },
      'Input source-key: got "nightly", expected either source-cluster or source-key, not both.',
    ],
    [
      'a source-key of a pull request',
      { 'source-cluster': '', 'source-key': 'pr-42' },
      'Input source-key: got "pr-42", expected a clone-key, which never begins with "pr-".',
    ],
    [
      'a source-key that looks like one',
      { 'source-cluster': '', 'source-key': 'pr' },
      'Input source-key: got "pr", expected a clone-key, which never begins with "pr-".',
    ],
    [
      'min-acu with a provisioned class',
      { 'instance-class': 'db.r6g.large', 'min-acu': '1' },
      'Input min-acu: got "1", expected no min-acu with instance-class db.r6g.large.',
    ],
    [
      'max-acu with a provisioned class',
      { 'instance-class': 'db.r6g.large', 'max-acu': '1' },
      'Input max-acu: got "1", expected no max-acu with instance-class db.r6g.large.',
    ],
    [
      'auto-pause-after with a provisioned class',
      { 'instance-class': 'db.r6g.large', 'auto-pause-after': '5m' },
      'Input auto-pause-after: got "5m", expected no auto-pause-after with instance-class db.r6g.large.',
    ],
  ])('%s', (_, values, what) => {
    expect(failureOf(() => create(values)).what).toBe(what)
  })
})

test.each(['0', '-1', '4.2', '042', ' 42', '42\n', ''])(
  'parsePullRequestNumber refuses %j by the name of its input',
  (text) => {
    expect(failureOf(() => parsePullRequestNumber(text, 'pr-number of the workflow')).what).toBe(
      `Input pr-number of the workflow: got "${text}", expected the number of a pull request, such as 42.`,
    )
  },
)

describe('ignoredInputs', () => {
  test('wait reads nothing of source, shape and life', () => {
    const values: Values = {
      'source-cluster': 'orders',
      ttl: '48h',
      'min-acu': '1',
      label: 'x',
      wait: 'true',
    }
    expect(ignoredInputs(reader(values), 'wait')).toEqual(['source-cluster', 'ttl', 'wait', 'min-acu'])
  })

  test('a value equal to the default counts as not set: the runner fills it in', () => {
    expect(
      ignoredInputs(reader({ ttl: '7d', 'instance-class': 'db.serverless', 'max-clones': '14' }), 'destroy'),
    ).toEqual([])
  })

  const everything = (name: InputName) => `x-${name}`
  const readBy = (mode: (typeof MODES)[number]) =>
    (Object.keys(INPUTS) as InputName[]).filter((name) => !ignoredInputs(everything, mode).includes(name))

  test.each(['auto', 'create'] as const)('%s reads everything but what is for taking away', (mode) => {
    const others = ['scope', 'dry-run', 'max-deletions', 'keep-latest']
    expect(ignoredInputs(everything, mode)).toEqual(['backtrack-to', ...others])
  })

  test.each(MODES)('%s finds nothing wrong with the defaults of all inputs', (mode) => {
    const contract: Readonly<Record<InputName, { readonly modes: unknown; readonly default?: string }>> =
      INPUTS
    expect(ignoredInputs((name) => contract[name].default ?? '', mode)).toEqual([])
  })

  test('sweep reads nothing of a single clone', () => {
    expect(readBy('sweep')).toEqual([
      'mode',
      'aws-region',
      'wait-timeout',
      'poll-interval',
      'allowed-account-ids',
      'scope',
      'dry-run',
      'max-deletions',
      'keep-latest',
      'comment',
      'comment-details',
      'github-token',
    ])
  })

  test('destroy reads only what it needs', () => {
    expect(readBy('destroy')).toEqual([
      'mode',
      'source-cluster',
      'label',
      'pr-number',
      'clone-key',
      'generation',
      'clone-name',
      'identifier-prefix',
      'aws-region',
      'wait',
      'wait-timeout',
      'poll-interval',
      'allowed-account-ids',
      'keep-latest',
      'comment',
      'comment-details',
      'github-token',
    ])
  })
})
