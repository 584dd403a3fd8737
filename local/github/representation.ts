import type { Account, Comment, Label, PullRequest, Repository } from './state.ts'

/** Where links in bodies point to. */
export interface Site {
  /** Base of the API, e.g. `https://api.github.com` or `https://ghes.example/api/v3`. */
  readonly url: string
  readonly graphqlUrl: string
  readonly serverUrl: string
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export function accountJson(site: Site, account: Account): JsonObject {
  const { login } = account
  const slug = login.replace(/\[bot\]$/, '')
  return {
    login,
    id: account.id,
    node_id: nodeId('U', account.id),
    avatar_url: `${site.serverUrl}/avatars/u/${String(account.id)}?v=4`,
    gravatar_id: '',
    url: `${site.url}/users/${encodeURIComponent(login)}`,
    html_url: account.type === 'Bot' ? `${site.serverUrl}/apps/${slug}` : `${site.serverUrl}/${login}`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  }
}

export function repositoryJson(site: Site, repository: Repository): JsonObject {
  const url = `${site.url}/repos/${repository.fullName}`
  const htmlUrl = `${site.serverUrl}/${repository.fullName}`
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: repository.fullName,
    private: repository.private,
    owner: accountJson(site, repository.owner),
    html_url: htmlUrl,
    description: null,
    fork: repository.fork,
    url,
    pulls_url: `${url}/pulls{/number}`,
    issues_url: `${url}/issues{/number}`,
    comments_url: `${url}/comments{/number}`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    created_at: timestamp(repository.createdAt),
    updated_at: timestamp(repository.createdAt),
    pushed_at: timestamp(repository.createdAt),
    clone_url: `${htmlUrl}.git`,
    archived: false,
    disabled: false,
    visibility: repository.private ? 'private' : 'public',
    default_branch: repository.defaultBranch,
  }
}

export function labelJson(
  site: Site,
  options: { readonly repository: Repository; readonly label: Label },
): JsonObject {
  const { label, repository } = options
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${site.url}/repos/${repository.fullName}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: 'ededed',
    default: false,
    description: null,
  }
}

/** A pull request as a list shows it ("pull-request-simple"): without `merged`, `mergeable` and the counts. */
export function pullRequestListItemJson(site: Site, pullRequest: PullRequest): JsonObject {
  const { repository } = pullRequest
  const number = String(pullRequest.number)
  const url = `${site.url}/repos/${repository.fullName}/pulls/${number}`
  const issueUrl = `${site.url}/repos/${repository.fullName}/issues/${number}`
  const htmlUrl = `${site.serverUrl}/${repository.fullName}/pull/${number}`
  const head = pullRequest.headRepository
  return {
    url,
    id: pullRequest.id,
    node_id: nodeId('PR', pullRequest.id),
    html_url: htmlUrl,
    diff_url: `${htmlUrl}.diff`,
    patch_url: `${htmlUrl}.patch`,
    issue_url: issueUrl,
    number: pullRequest.number,
    state: pullRequest.state,
    locked: pullRequest.lockStatus !== undefined,
    title: pullRequest.title,
    user: accountJson(site, pullRequest.author),
    body: null,
    created_at: timestamp(pullRequest.createdAt),
    updated_at: timestamp(pullRequest.updatedAt),
    closed_at: optionalTimestamp(pullRequest.closedAt),
    merged_at: optionalTimestamp(pullRequest.mergedAt),
    merge_commit_sha: pullRequest.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: pullRequest.labels.map((label) => labelJson(site, { repository, label })),
    milestone: null,
    draft: pullRequest.draft,
    commits_url: `${url}/commits`,
    comments_url: `${issueUrl}/comments`,
    head: {
      label: head === null ? null : `${head.owner.login}:${pullRequest.headRef}`,
      ref: pullRequest.headRef,
      sha: pullRequest.headSha,
      user: head === null ? null : accountJson(site, head.owner),
      repo: head === null ? null : repositoryJson(site, head),
    },
    base: {
      label: `${repository.owner.login}:${pullRequest.baseRef}`,
      ref: pullRequest.baseRef,
      sha: repository.head(pullRequest.baseRef),
      user: accountJson(site, repository.owner),
      repo: repositoryJson(site, repository),
    },
    author_association: head === repository ? 'MEMBER' : 'CONTRIBUTOR',
    auto_merge: null,
    active_lock_reason: null,
  }
}

export function pullRequestJson(site: Site, pullRequest: PullRequest): JsonObject {
  return {
    ...pullRequestListItemJson(site, pullRequest),
    merged: pullRequest.merged,
    mergeable: pullRequest.state === 'open' ? true : null,
    rebaseable: pullRequest.state === 'open' ? true : null,
    mergeable_state: pullRequest.state === 'open' ? 'clean' : 'unknown',
    merged_by: pullRequest.merged ? accountJson(site, pullRequest.author) : null,
    comments: pullRequest.comments().length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 1,
    additions: 1,
    deletions: 0,
    changed_files: 1,
  }
}

/** The same pull request as the issue that it also is: what `issue_comment` events carry. */
export function issueJson(site: Site, pullRequest: PullRequest): JsonObject {
  const { repository } = pullRequest
  const number = String(pullRequest.number)
  const url = `${site.url}/repos/${repository.fullName}/issues/${number}`
  const htmlUrl = `${site.serverUrl}/${repository.fullName}/pull/${number}`
  return {
    url,
    repository_url: `${site.url}/repos/${repository.fullName}`,
    comments_url: `${url}/comments`,
    html_url: htmlUrl,
    id: pullRequest.issueId,
    node_id: nodeId('PR', pullRequest.id),
    number: pullRequest.number,
    title: pullRequest.title,
    user: accountJson(site, pullRequest.author),
    labels: pullRequest.labels.map((label) => labelJson(site, { repository, label })),
    state: pullRequest.state,
    locked: pullRequest.lockStatus !== undefined,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: pullRequest.comments().length,
    created_at: timestamp(pullRequest.createdAt),
    updated_at: timestamp(pullRequest.updatedAt),
    closed_at: optionalTimestamp(pullRequest.closedAt),
    author_association: 'MEMBER',
    active_lock_reason: null,
    draft: pullRequest.draft,
    pull_request: {
      url: `${site.url}/repos/${repository.fullName}/pulls/${number}`,
      html_url: htmlUrl,
      diff_url: `${htmlUrl}.diff`,
      patch_url: `${htmlUrl}.patch`,
      merged_at: optionalTimestamp(pullRequest.mergedAt),
    },
    body: null,
    reactions: { url: `${url}/reactions`, total_count: 0 },
    state_reason: null,
  }
}

export function commentJson(
  site: Site,
  options: { readonly pullRequest: PullRequest; readonly comment: Comment },
): JsonObject {
  const { comment, pullRequest } = options
  const { fullName } = pullRequest.repository
  const url = `${site.url}/repos/${fullName}/issues/comments/${String(comment.id)}`
  const number = String(pullRequest.number)
  return {
    url,
    html_url: `${site.serverUrl}/${fullName}/pull/${number}#issuecomment-${String(comment.id)}`,
    issue_url: `${site.url}/repos/${fullName}/issues/${number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: accountJson(site, comment.author),
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association: comment.author.type === 'Bot' ? 'NONE' : 'MEMBER',
    body: comment.body,
    reactions: { url: `${url}/reactions`, total_count: 0 },
    performed_via_github_app: comment.appSlug === undefined ? null : appJson(site, comment.appSlug),
  }
}

function appJson(site: Site, slug: string): JsonObject {
  return {
    id: slug === 'github-actions' ? 15368 : 1_000_000,
    client_id: `Iv1.${slug}`,
    slug,
    name: slug === 'github-actions' ? 'GitHub Actions' : slug,
    html_url: `${site.serverUrl}/apps/${slug}`,
  }
}

/** GitHub's times have no fraction of a second. */
function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

function optionalTimestamp(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : timestamp(epochMs)
}

function nodeId(prefix: string, id: number): string {
  return `${prefix}_${Buffer.from(`${prefix}${String(id)}`).toString('base64url')}`
}
