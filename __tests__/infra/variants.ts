import { OWN_REPOSITORY, OWN_TAG } from '../../policies/publisher.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import { type Values, filled } from './filled.ts'

/** Every way in which the template and the module can be used, and what the roles must then be. */
export interface Variant {
  readonly name: string
  readonly trust: 'called' | 'direct' | 'enterprise'
  readonly cloneKey: string | undefined
  readonly kmsKeys: readonly string[]
  readonly preparation: boolean
  readonly onlyWarm: boolean
}

export const ACCOUNT_ID = '123456789012'
export const REGION = 'eu-west-1'
export const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'
const CALLED = `${OWN_REPOSITORY}/.github/workflows/pr-database.yml`
const GITHUB = 'token.actions.githubusercontent.com'
const SOURCES = ['orders', 'users-2']
const CLASSES = ['db.serverless', 'db.t4g.medium']

const TRUSTS = ['called', 'direct', 'enterprise'] as const
const KMS_KEYS = [[], ['1234abcd'], ['1234abcd', 'mrk-5678']]
/** In turn, and not times the others: each is a stack. */
const WITHOUT_KEY = [
  { preparation: false, onlyWarm: false },
  { preparation: true, onlyWarm: false },
]
const WITH_KEY = [
  ...WITHOUT_KEY,
  { preparation: false, onlyWarm: true },
  { preparation: true, onlyWarm: true },
]

export const VARIANTS: readonly Variant[] = [undefined, 'nightly'].flatMap((cloneKey) => {
  const turns = cloneKey === undefined ? WITHOUT_KEY : WITH_KEY
  return TRUSTS.flatMap((trust) => KMS_KEYS.map((kmsKeys) => ({ trust, cloneKey, kmsKeys }))).map(
    (variant, index) => {
      const { preparation = false, onlyWarm = false } = turns[index % turns.length] ?? {}
      const parts = [
        variant.trust,
        `${cloneKey ?? 'no'} key`,
        `${variant.kmsKeys.length} KMS keys`,
        ...(preparation ? ['preparation'] : []),
        ...(onlyWarm ? ['only warm'] : []),
      ]
      return { ...variant, preparation, onlyWarm, name: parts.join(', ') }
    },
  )
})

/** The values of a variant, by the names that the template's parameters have. The module's are the same in snake case. */
export function valuesOf({ trust, cloneKey, kmsKeys, preparation, onlyWarm }: Variant) {
  return {
    Owner: 'Acme-Corp',
    OwnerId: '17',
    Repository: 'REPO.shop',
    RepositoryId: '4711',
    DefaultBranch: 'release/2.x',
    SourceClusterArns: SOURCES.map((name) => `arn:aws:rds:${REGION}:${ACCOUNT_ID}:cluster:${name}`),
    Workflow: trust === 'direct' ? 'direct' : 'called',
    CalledWorkflows: [`${CALLED}@refs/tags/${OWN_TAG}`, `${CALLED}@${COMMIT}`],
    Prefix: 'copy',
    CloneKey: cloneKey,
    OnlyWarm: onlyWarm,
    Preparation: preparation,
    KmsKeyArns: kmsKeys.map((id) => `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/${id}`),
    InstanceClasses: CLASSES,
    SubnetGroup: 'private',
    Issuer: trust === 'enterprise' ? 'github.example.com/_services/token' : GITHUB,
    RoleName: 'clones',
  }
}

/** The same as CloudFormation takes them. */
export function parametersOf(variant: Variant): Readonly<Record<string, string>> {
  const text = (value: boolean | string | readonly string[] = ''): string =>
    typeof value === 'boolean' ? (value ? 'yes' : 'no') : [value].flat().join(',')
  return Object.fromEntries(Object.entries(valuesOf(variant)).map(([name, value]) => [name, text(value)]))
}

interface ExpectedRole {
  readonly trust: PolicyDocument
  /** By the names of the inline policies. */
  readonly permissions: Readonly<Record<string, PolicyDocument>>
}

export function rolesOf(variant: Variant): Readonly<Record<string, ExpectedRole>> {
  const { trust, cloneKey, kmsKeys, preparation, onlyWarm } = variant
  const values: Values = {
    ACCOUNT: ACCOUNT_ID,
    BRANCH: 'release/2.x',
    CLONE_KEY: cloneKey === undefined ? [] : [cloneKey],
    COMMIT,
    ISSUER: 'github.example.com/_services/token',
    KEY_ID: kmsKeys,
    ORG: 'Acme-Corp',
    ORG_ID: '17',
    PREFIX: 'copy',
    REGION,
    REPO: 'REPO.shop',
    REPO_ID: '4711',
    SOURCE: SOURCES,
    'db.serverless': CLASSES,
    'subgrp:*': 'subgrp:private',
  }
  const onDefaultBranch = trust === 'enterprise' ? 'trust-enterprise-default-branch' : 'trust-default-branch'
  const role = (trustFile: string, permissions: string, prepare?: string): ExpectedRole => ({
    trust: filled(`${trustFile}.json`, values),
    permissions: {
      'aurora-clone': filled(`${permissions}.json`, values),
      ...(preparation && prepare !== undefined
        ? { 'aurora-clone-prepare': filled(`${prepare}.json`, values) }
        : {}),
    },
  })
  return {
    clones: role(
      `trust-${trust}`,
      onlyWarm ? 'pull-requests-warm' : 'pull-requests',
      'pull-requests-prepare',
    ),
    'clones-sweep': role(onDefaultBranch, 'sweep'),
    ...(cloneKey === undefined
      ? {}
      : { [`clones-${cloneKey}`]: role(onDefaultBranch, 'named-clones', 'named-clones-prepare') }),
  }
}
