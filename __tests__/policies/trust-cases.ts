import { OWN_REPOSITORY, OWN_TAG } from '../../policies/publisher.ts'
import type { AccessRequest } from '../../local/aurora/iam.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'
import {
  calledTrust,
  defaultBranchTrust,
  directTrust,
  enterpriseDefaultBranchTrust,
  enterpriseTrust,
} from '../../policies/trust.ts'

/** A run's token, and whether a role takes it. */
export interface TrustCase {
  readonly name: string
  readonly policy: PolicyDocument
  readonly request: AccessRequest
  readonly isAllowed: boolean
}

const ACCOUNT_ID = '123456789012'
const GITHUB = 'token.actions.githubusercontent.com'
const ENTERPRISE = 'github.example.com/_services/token'
const REPOSITORY = {
  accountId: ACCOUNT_ID,
  owner: 'acme',
  ownerId: '17',
  repository: 'shop',
  repositoryId: '4711',
  defaultBranch: 'main',
}
const enterprise = { accountId: ACCOUNT_ID, issuer: ENTERPRISE, repositoryId: '4711', defaultBranch: 'main' }

const CALLED = `${OWN_REPOSITORY}/.github/workflows/pr-database.yml`
const COMMIT = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'
const WORKFLOWS = [`${CALLED}@refs/tags/${OWN_TAG}`, `${CALLED}@${COMMIT}`]
const OWN_WORKFLOW = 'acme/shop/.github/workflows/pr-database.yml@refs/pull/42/merge'

export const POLICIES = {
  called: calledTrust(REPOSITORY, WORKFLOWS),
  direct: directTrust(REPOSITORY),
  'default branch': defaultBranchTrust(REPOSITORY),
  enterprise: enterpriseTrust(enterprise),
  'default branch of an enterprise': enterpriseDefaultBranchTrust(enterprise),
} as const
type Policy = keyof typeof POLICIES

interface Token {
  readonly issuer: string
  readonly claims: Readonly<Record<string, string>>
}

/** As github.com makes it for a run of `acme/shop` that calls our workflow. */
const token = (claims: Readonly<Record<string, string>> = {}, issuer = GITHUB): Token => ({
  issuer,
  claims: {
    aud: 'sts.amazonaws.com',
    sub: 'repo:acme@17/shop@4711:pull_request',
    repository_id: '4711',
    ref: 'refs/pull/42/merge',
    job_workflow_ref: `${CALLED}@refs/tags/${OWN_TAG}`,
    ...claims,
  },
})
const onMain = { sub: 'repo:acme@17/shop@4711:ref:refs/heads/main', ref: 'refs/heads/main' }
/** Of other issuers AWS evaluates nothing but these two. */
const enterpriseToken = (sub: string, { issuer = ENTERPRISE, aud = 'sts.amazonaws.com' } = {}): Token => ({
  issuer,
  claims: { aud, sub },
})

const TOKENS: Readonly<Record<string, readonly [Token, ...accepting: Policy[]]>> = {
  'a pull request': [token(), 'called', 'direct'],
  'a pull request of a repository without ids': [
    token({ sub: 'repo:acme/shop:pull_request' }),
    'called',
    'direct',
  ],
  'a pull request, with the workflow pinned': [
    token({ job_workflow_ref: `${CALLED}@${COMMIT}` }),
    'called',
    'direct',
  ],
  'a pull request, with a workflow of its own': [token({ job_workflow_ref: OWN_WORKFLOW }), 'direct'],
  'a pull request, with our workflow at another branch': [
    token({ job_workflow_ref: `${CALLED}@refs/heads/main` }),
    'direct',
  ],
  'a pull request, with our workflow at another commit': [
    token({ job_workflow_ref: `${CALLED}@${COMMIT.replace('0', 'f')}` }),
    'direct',
  ],
  'a pull request, with the same file of another owner': [
    token({ job_workflow_ref: `evil/aurora-clone-action/.github/workflows/pr-database.yml@refs/tags/v1` }),
    'direct',
  ],
  'a pull request of a fork that got a token, with a workflow of its own': [
    token({ job_workflow_ref: OWN_WORKFLOW, sub: 'repo:acme/shop:pull_request' }),
    'direct',
  ],
  'the default branch': [token(onMain), 'called', 'direct', 'default branch'],
  'the default branch, with a workflow of its own': [
    token({ ...onMain, job_workflow_ref: 'acme/shop/.github/workflows/nightly.yml@refs/heads/main' }),
    'direct',
    'default branch',
  ],
  'the default branch of a repository without ids': [
    token({ ...onMain, sub: 'repo:acme/shop:ref:refs/heads/main' }),
    'called',
    'direct',
    'default branch',
  ],
  'another branch': [token({ sub: 'repo:acme@17/shop@4711:ref:refs/heads/topic', ref: 'refs/heads/topic' })],
  'a branch that is called like the default one': [
    token({ sub: 'repo:acme@17/shop@4711:ref:refs/heads/main2', ref: 'refs/heads/main2' }),
  ],
  'a tag that is called like the default branch': [
    token({ sub: 'repo:acme@17/shop@4711:ref:refs/tags/main', ref: 'refs/tags/main' }),
  ],
  'a job with an environment': [
    token({ sub: 'repo:acme@17/shop@4711:environment:staging', ref: 'refs/heads/main' }),
  ],
  'another repository': [token({ sub: 'repo:acme@17/loft@999:pull_request', repository_id: '999' })],
  'a repository that took over the name': [
    token({ sub: 'repo:acme/shop:pull_request', repository_id: '999' }),
  ],
  'a repository that took over the name, on its default branch': [
    token({ ...onMain, sub: 'repo:acme/shop:ref:refs/heads/main', repository_id: '999' }),
  ],
  'another audience': [token({ ...onMain, aud: 'https://github.com/acme' })],
  'a subject that was customised': [token({ ...onMain, sub: 'repository_id:4711:ref:refs/heads/main' })],
  'another issuer': [token({ ...onMain }, 'token.actions.githubusercontent.example')],
  'an enterprise: a pull request': [enterpriseToken('repository_id:4711:pull_request'), 'enterprise'],
  'an enterprise: the default branch': [
    enterpriseToken('repository_id:4711:ref:refs/heads/main'),
    'enterprise',
    'default branch of an enterprise',
  ],
  'an enterprise: another repository': [enterpriseToken('repository_id:47110:pull_request')],
  'an enterprise: another branch': [enterpriseToken('repository_id:4711:ref:refs/heads/topic')],
  'an enterprise: names only': [enterpriseToken('repo:acme/shop:pull_request')],
  'an enterprise: another audience': [
    enterpriseToken('repository_id:4711:ref:refs/heads/main', { aud: 'https://github.example.com/acme' }),
  ],
  'another enterprise': [
    enterpriseToken('repository_id:4711:pull_request', { issuer: 'evil.example.com/_services/token' }),
  ],
}

export const TRUST_CASES: readonly TrustCase[] = Object.entries(TOKENS).flatMap(
  ([name, [{ issuer, claims }, ...accepting]]) =>
    Object.entries(POLICIES).map(([policyName, policy]) => ({
      name: `${policyName}: ${name}`,
      policy,
      request: {
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: `arn:aws:iam::${ACCOUNT_ID}:role/aurora-clone`,
        context: Object.fromEntries(
          Object.entries(claims).map(([claim, value]) => [`${issuer}:${claim}`, value]),
        ),
        principal: `arn:aws:iam::${ACCOUNT_ID}:oidc-provider/${issuer}`,
      },
      isAllowed: accepting.some((accepted) => accepted === policyName),
    })),
)
