import type { PolicyDocument } from '../../policies/policy-document.ts'
import { type Values, filled } from './filled.ts'

/** Every way in which the template and the module can be used, and what the roles must then be. */
export interface Variant {
  readonly name: string
  readonly trust: 'called' | 'direct' | 'enterprise'
  readonly cloneKey: string | undefined
  readonly kmsKeys: readonly string[]
}

export const ACCOUNT_ID = '123456789012'
export const REGION = 'eu-west-1'
export const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'
const CALLED = 'org/aurora-clone-action/.github/workflows/pr-database.yml'
const GITHUB = 'token.actions.githubusercontent.com'
const SOURCES = ['orders', 'users-2']
const CLASSES = ['db.serverless', 'db.t4g.medium']

export const VARIANTS: readonly Variant[] = (['called', 'direct', 'enterprise'] as const).flatMap((trust) =>
  [undefined, 'nightly'].flatMap((cloneKey) =>
    [[], ['1234abcd'], ['1234abcd', 'mrk-5678']].map((kmsKeys) => ({
      name: `${trust}, ${cloneKey ?? 'no'} key, ${kmsKeys.length} KMS keys`,
      trust,
      cloneKey,
      kmsKeys,
    })),
  ),
)

/** The values of a variant, by the names that the template's parameters have. The module's are the same in snake case. */
export function valuesOf({ trust, cloneKey, kmsKeys }: Variant) {
  return {
    Owner: 'Acme-Corp',
    OwnerId: '17',
    Repository: 'REPO.shop',
    RepositoryId: '4711',
    DefaultBranch: 'release/2.x',
    SourceClusterArns: SOURCES.map((name) => `arn:aws:rds:${REGION}:${ACCOUNT_ID}:cluster:${name}`),
    Workflow: trust === 'direct' ? 'direct' : 'called',
    CalledWorkflows: [`${CALLED}@refs/tags/v1`, `${CALLED}@${COMMIT}`],
    Prefix: 'copy',
    CloneKey: cloneKey,
    KmsKeyArns: kmsKeys.map((id) => `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/${id}`),
    InstanceClasses: CLASSES,
    SubnetGroup: 'private',
    Issuer: trust === 'enterprise' ? 'github.example.com/_services/token' : GITHUB,
    RoleName: 'clones',
  }
}

interface ExpectedRole {
  readonly trust: PolicyDocument
  readonly permissions: PolicyDocument
}

export function rolesOf(variant: Variant): Readonly<Record<string, ExpectedRole>> {
  const { trust, cloneKey, kmsKeys } = variant
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
  const role = (trustFile: string, permissions: string): ExpectedRole => ({
    trust: filled(`${trustFile}.json`, values),
    permissions: filled(`${permissions}.json`, values),
  })
  return {
    clones: role(`trust-${trust}`, 'pull-requests'),
    'clones-sweep': role(onDefaultBranch, 'sweep'),
    ...(cloneKey === undefined ? {} : { [`clones-${cloneKey}`]: role(onDefaultBranch, 'named-clones') }),
  }
}
