import { type Condition, type PolicyDocument, every } from './policy-document.ts'

/**
 * Who may assume the roles. AWS evaluates `aud`, `sub` and, of tokens from github.com, GitHub's own claims (service authorization
 * reference, AWS STS). Every policy asks for all that its issuer has: a name can be registered again by others, an id cannot.
 */
export interface Repository {
  readonly accountId: string
  readonly owner: string
  readonly ownerId: string
  readonly repository: string
  readonly repositoryId: string
  readonly defaultBranch: string
}

const GITHUB = 'token.actions.githubusercontent.com'
/** What aws-actions/configure-aws-credentials asks GitHub for. */
const AUDIENCE = 'sts.amazonaws.com'
const PULL_REQUEST = 'pull_request'

/**
 * For pull requests, through workflows of others alone: what the file in a pull request says beside its inputs does not count.
 *
 * @param workflows `job_workflow_ref` of each that is accepted, with its tag or commit
 */
export function calledTrust(repository: Repository, workflows: readonly string[]): PolicyDocument {
  return github(repository, {
    contexts: [PULL_REQUEST, onDefaultBranch(repository)],
    claims: { [`${GITHUB}:job_workflow_ref`]: workflows },
  })
}

/** For pull requests, from any workflow of the repository: also one that a pull request brings along. */
export function directTrust(repository: Repository): PolicyDocument {
  return github(repository, { contexts: [PULL_REQUEST, onDefaultBranch(repository)] })
}

/** For the sweep and for named clones: what has been merged. */
export function defaultBranchTrust(repository: Repository): PolicyDocument {
  return github(repository, { contexts: [onDefaultBranch(repository)] })
}

/** An enterprise's own issuer, without `https://`: `HOSTNAME/_services/token`, or `token.actions.SUBDOMAIN.ghe.com`. */
export interface EnterpriseRepository extends Pick<
  Repository,
  'accountId' | 'repositoryId' | 'defaultBranch'
> {
  readonly issuer: string
}

/** Of such issuers AWS evaluates `aud` and `sub` only, so `sub` must hold the id: `include_claim_keys` `repository_id`, `context`. */
export function enterpriseTrust(repository: EnterpriseRepository): PolicyDocument {
  return enterprise(repository, [PULL_REQUEST, onDefaultBranch(repository)])
}

export function enterpriseDefaultBranchTrust(repository: EnterpriseRepository): PolicyDocument {
  return enterprise(repository, [onDefaultBranch(repository)])
}

type Claims = Readonly<Record<string, string | readonly string[]>>

interface GitHubToken {
  /** The end of `sub`. */
  readonly contexts: readonly string[]
  readonly claims?: Claims
}

function github(repository: Repository, { contexts, claims = {} }: GitHubToken): PolicyDocument {
  const { accountId, owner, ownerId, repository: name, repositoryId } = repository
  // Repositories from after 15 July 2026, and those that chose so, have their ids in it (GitHub docs, OpenID Connect reference).
  const subjects = contexts.flatMap((context) => [
    `repo:${owner}@${ownerId}/${name}@${repositoryId}:${context}`,
    `repo:${owner}/${name}:${context}`,
  ])
  return trust(
    { accountId, issuer: GITHUB, subjects },
    { [`${GITHUB}:repository_id`]: repositoryId, ...claims },
  )
}

function enterprise(
  { accountId, issuer, repositoryId }: EnterpriseRepository,
  contexts: readonly string[],
): PolicyDocument {
  const subjects = contexts.map((context) => `repository_id:${repositoryId}:${context}`)
  return trust({ accountId, issuer, subjects }, {})
}

function onDefaultBranch({ defaultBranch }: Pick<Repository, 'defaultBranch'>): string {
  return `ref:refs/heads/${defaultBranch}`
}

interface Issuer {
  readonly accountId: string
  readonly issuer: string
  readonly subjects: readonly string[]
}

function trust({ accountId, issuer, subjects }: Issuer, claims: Claims): PolicyDocument {
  const condition: Condition = every(
    { StringEquals: { [`${issuer}:aud`]: AUDIENCE, [`${issuer}:sub`]: subjects } },
    { StringEquals: claims },
  )
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'GitHubActions',
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${issuer}` },
        Action: ['sts:AssumeRoleWithWebIdentity'],
        Condition: condition,
      },
    ],
  }
}
