import { moved, part, text, type JsonObject } from './examples.ts'
import type { GitEntry } from './git-objects.ts'
import {
  ROLES,
  type Account,
  type Comment,
  type Label,
  type PullRequest,
  type Repository,
  type Role,
} from './state.ts'

export type { Json, JsonObject } from './examples.ts'

/** Where links in bodies point to. */
export interface Site {
  /** Base of the API, e.g. `https://api.github.com` or `https://ghes.example/api/v3`. */
  readonly url: string
  readonly graphqlUrl: string
  readonly serverUrl: string
}

// Each of these lays the state of the double over GitHub's own example of the object: so all members are there, in GitHub's
// shape, and none says anything that is the example's.

export function accountJson(site: Site, account: Account): JsonObject {
  const { login } = account
  const shape = part('pull_request opened', 'sender')
  const slug = login.replace(/\[bot\]$/, '')
  return {
    ...moved(shape, [[text(shape, 'url'), `${site.url}/users/${encodeURIComponent(login)}`]]),
    login,
    id: account.id,
    node_id: nodeId('U', account.id),
    avatar_url: avatarUrl(site, account),
    html_url: account.type === 'Bot' ? `${site.serverUrl}/apps/${slug}` : `${site.serverUrl}/${login}`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  }
}

/** What an event says of the organization that owns the repository, beside `repository.owner`. */
export function organizationJson(site: Site, account: Account): JsonObject {
  const shape = part('pull_request opened', 'organization')
  return {
    ...moved(shape, [[text(shape, 'url'), `${site.url}/orgs/${account.login}`]]),
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.id),
    avatar_url: avatarUrl(site, account),
    description: '',
  }
}

export function repositoryJson(site: Site, repository: Repository): JsonObject {
  const shape = part('pull_request opened', 'repository')
  const url = `${site.url}/repos/${repository.fullName}`
  const htmlUrl = `${site.serverUrl}/${repository.fullName}`
  const host = new URL(site.serverUrl).hostname
  const openIssues = repository.pullRequests.filter(({ state }) => state === 'open').length
  return {
    ...moved(shape, [
      [text(shape, 'url'), url],
      [text(shape, 'html_url'), htmlUrl],
    ]),
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: repository.fullName,
    private: repository.private,
    owner: accountJson(site, repository.owner),
    description: null,
    fork: repository.fork,
    created_at: timestamp(repository.createdAt),
    updated_at: timestamp(repository.createdAt),
    pushed_at: timestamp(repository.createdAt),
    git_url: `git://${host}/${repository.fullName}.git`,
    ssh_url: `git@${host}:${repository.fullName}.git`,
    homepage: null,
    language: null,
    has_pages: false,
    archived: false,
    disabled: false,
    open_issues_count: openIssues,
    open_issues: openIssues,
    // Newer than most examples.
    allow_forking: true,
    has_discussions: false,
    visibility: repository.private ? 'private' : 'public',
    default_branch: repository.defaultBranch,
  }
}

/** A push is the oldest event there is, and says some things of the repository in its own way. */
export function pushedRepositoryJson(site: Site, repository: Repository): JsonObject {
  const { owner } = repository
  const createdAtSeconds = Math.floor(repository.createdAt / 1_000)
  return {
    ...repositoryJson(site, repository),
    url: `${site.serverUrl}/${repository.fullName}`,
    owner: {
      ...accountJson(site, owner),
      name: owner.login,
      email: owner.type === 'Organization' ? null : noReplyAddress(owner),
    },
    created_at: createdAtSeconds,
    pushed_at: createdAtSeconds,
    stargazers: 0,
    master_branch: repository.defaultBranch,
    ...(owner.type === 'Organization' ? { organization: owner.login } : {}),
  }
}

/** A commit as a push shows it. */
export function pushedCommitJson(
  site: Site,
  options: { readonly repository: Repository; readonly sha: string; readonly author: Account },
): JsonObject {
  const { author, repository, sha } = options
  const committer = { name: author.login, email: noReplyAddress(author), username: author.login }
  return {
    ...part('push', 'head_commit'),
    id: sha,
    tree_id: repository.tree(sha),
    message: 'A change',
    timestamp: timestamp(repository.state.clock.now()),
    url: `${site.serverUrl}/${repository.fullName}/commit/${sha}`,
    author: committer,
    committer,
    added: [],
    removed: [],
    modified: ['README.md'],
  }
}

export function branchJson(
  site: Site,
  options: { readonly repository: Repository; readonly branch: string },
): JsonObject {
  const { branch, repository } = options
  const url = `${site.url}/repos/${repository.fullName}`
  const sha = repository.head(branch)
  const tree = repository.tree(sha)
  return {
    name: branch,
    commit: {
      sha,
      url: `${url}/commits/${sha}`,
      commit: { message: 'A change', tree: { sha: tree, url: `${url}/git/trees/${tree}` } },
      parents: [],
    },
    protected: false,
  }
}

export function treeJson(
  site: Site,
  options: {
    readonly repository: Repository
    readonly sha: string
    readonly entries: readonly GitEntry[]
    readonly isTruncated: boolean
  },
): JsonObject {
  const { entries, isTruncated, repository, sha } = options
  const url = `${site.url}/repos/${repository.fullName}/git`
  return {
    sha,
    url: `${url}/trees/${sha}`,
    tree: entries.map(({ mode, path, sha: own, size, type }) => ({
      path,
      mode,
      type,
      sha: own,
      ...(size === undefined ? {} : { size }),
      // The commit of a submodule is in another repository.
      ...(type === 'commit' ? {} : { url: `${url}/${type}s/${own}` }),
    })),
    truncated: isTruncated,
  }
}

export function blobJson(
  site: Site,
  options: { readonly repository: Repository; readonly sha: string; readonly content: Buffer },
): JsonObject {
  const { content, repository, sha } = options
  return {
    sha,
    node_id: nodeId('B', repository.id),
    size: content.length,
    url: `${site.url}/repos/${repository.fullName}/git/blobs/${sha}`,
    // In lines of 60 characters, as GitHub writes it.
    content: content.toString('base64').replaceAll(/.{1,60}/g, (line) => `${line}\n`),
    encoding: 'base64',
  }
}

/** What commits are signed with by those who keep their address to themselves. */
export function noReplyAddress({ id, login }: Account): string {
  return `${String(id)}+${login}@users.noreply.github.com`
}

export function labelJson(
  site: Site,
  options: { readonly repository: Repository; readonly label: Label },
): JsonObject {
  const { label, repository } = options
  return {
    ...part('pull_request labeled', 'label'),
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${site.url}/repos/${repository.fullName}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: 'ededed',
    default: false,
    description: null,
  }
}

export function pullRequestJson(site: Site, pullRequest: PullRequest): JsonObject {
  const { headOwner, headRepository, repository } = pullRequest
  const shape = part('pull_request opened', 'pull_request')
  const number = String(pullRequest.number)
  const repositoryUrl = `${site.url}/repos/${repository.fullName}`
  const isOpen = pullRequest.state === 'open'
  return {
    ...moved(shape, [
      [text(shape, 'statuses_url'), `${repositoryUrl}/statuses/${pullRequest.headSha}`],
      [text(shape, 'url'), `${repositoryUrl}/pulls/${number}`],
      [text(shape, 'issue_url'), `${repositoryUrl}/issues/${number}`],
      [text(shape, 'html_url'), `${site.serverUrl}/${repository.fullName}/pull/${number}`],
      [text(part('pull_request opened', 'repository'), 'url'), repositoryUrl],
    ]),
    id: pullRequest.id,
    node_id: nodeId('PR', pullRequest.id),
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
    head: {
      label: headOwner === null ? null : `${headOwner.login}:${pullRequest.headRef}`,
      ref: pullRequest.headRef,
      sha: pullRequest.headSha,
      user: headOwner === null ? null : accountJson(site, headOwner),
      repo: headRepository === null ? null : repositoryJson(site, headRepository),
    },
    base: {
      label: `${repository.owner.login}:${pullRequest.baseRef}`,
      ref: pullRequest.baseRef,
      sha: repository.head(pullRequest.baseRef),
      user: accountJson(site, repository.owner),
      repo: repositoryJson(site, repository),
    },
    author_association: authorAssociation(pullRequest),
    auto_merge: null,
    active_lock_reason: null,
    merged: pullRequest.merged,
    mergeable: isOpen ? true : null,
    rebaseable: isOpen ? true : null,
    mergeable_state: isOpen ? 'clean' : 'unknown',
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

/** A list leaves these out ("pull-request-simple"). */
const DETAILS: ReadonlySet<string> = new Set([
  'merged',
  'mergeable',
  'rebaseable',
  'mergeable_state',
  'merged_by',
  'comments',
  'review_comments',
  'maintainer_can_modify',
  'commits',
  'additions',
  'deletions',
  'changed_files',
])

export function pullRequestListItemJson(site: Site, pullRequest: PullRequest): JsonObject {
  const members = Object.entries(pullRequestJson(site, pullRequest))
  return Object.fromEntries(members.filter(([name]) => !DETAILS.has(name)))
}

/** The same pull request as the issue that it also is: what `issue_comment` events carry. */
export function issueJson(site: Site, pullRequest: PullRequest): JsonObject {
  const { repository } = pullRequest
  const shape = part('issue_comment created', 'issue')
  const number = String(pullRequest.number)
  const repositoryUrl = `${site.url}/repos/${repository.fullName}`
  const htmlUrl = `${site.serverUrl}/${repository.fullName}/pull/${number}`
  return {
    ...moved(shape, [
      [text(shape, 'url'), `${repositoryUrl}/issues/${number}`],
      [text(shape, 'repository_url'), repositoryUrl],
    ]),
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
    author_association: authorAssociation(pullRequest),
    active_lock_reason: null,
    draft: pullRequest.draft,
    // No example is about a pull request: this member is how one is told from an issue.
    pull_request: {
      url: `${repositoryUrl}/pulls/${number}`,
      html_url: htmlUrl,
      diff_url: `${htmlUrl}.diff`,
      patch_url: `${htmlUrl}.patch`,
      merged_at: optionalTimestamp(pullRequest.mergedAt),
    },
    body: null,
    performed_via_github_app: null,
    state_reason: null,
  }
}

export function commentJson(
  site: Site,
  options: { readonly pullRequest: PullRequest; readonly comment: Comment },
): JsonObject {
  const { comment, pullRequest } = options
  const { fullName } = pullRequest.repository
  const shape = part('issue_comment created', 'comment')
  const number = String(pullRequest.number)
  return {
    ...moved(shape, [
      [text(shape, 'url'), `${site.url}/repos/${fullName}/issues/comments/${String(comment.id)}`],
    ]),
    html_url: `${site.serverUrl}/${fullName}/pull/${number}#issuecomment-${String(comment.id)}`,
    issue_url: `${site.url}/repos/${fullName}/issues/${number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: accountJson(site, comment.author),
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association:
      associationByRole(pullRequest.repository, comment.author) ??
      (comment.author.type === 'Bot' ? 'NONE' : 'MEMBER'),
    body: comment.body,
    performed_via_github_app: comment.appSlug === undefined ? null : appJson(site, comment.appSlug),
  }
}

/** The example is GitHub Actions itself; other apps differ in who they are. */
function appJson(site: Site, slug: string): JsonObject {
  const shape = part('workflow_job queued', 'deployment', 'performed_via_github_app')
  const github: Account = { login: 'github', id: 9_919, type: 'Organization' }
  return {
    ...shape,
    ...(slug === shape['slug'] ? {} : { id: 1_000_000, node_id: nodeId('A', 1_000_000), name: slug }),
    client_id: `Iv1.${slug}`,
    slug,
    owner: accountJson(site, github),
    html_url: `${site.serverUrl}/apps/${slug}`,
  }
}

/** `permission` knows only the roles of old; `role_name` knows all. */
const LEGACY_PERMISSIONS: Readonly<Record<Role, 'admin' | 'write' | 'read' | 'none'>> = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
}

/** What a collaborator may do in a repository, as every answer about one shows it. */
export function collaboratorPermissionJson(
  site: Site,
  options: { readonly repository: Repository; readonly account: Account },
): JsonObject {
  const { account, repository } = options
  const role = repository.roleOf(account)
  const reached = ROLES.indexOf(role)
  const can = (least: Role): boolean => reached >= ROLES.indexOf(least)
  return {
    permission: LEGACY_PERMISSIONS[role],
    user: {
      ...accountJson(site, account),
      permissions: {
        admin: can('admin'),
        maintain: can('maintain'),
        push: can('write'),
        triage: can('triage'),
        pull: can('read'),
      },
      role_name: role,
    },
    role_name: role,
  }
}

/** Whoever was given a role in the repository; undefined for everybody else. */
function associationByRole(repository: Repository, account: Account): string | undefined {
  if (account === repository.owner) return 'OWNER'
  const role = repository.givenRole(account)
  if (role === undefined) return undefined
  if (role === 'none') return 'NONE'
  return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR'
}

function authorAssociation({ author, headRepository, repository }: PullRequest): string {
  return associationByRole(repository, author) ?? (headRepository === repository ? 'MEMBER' : 'CONTRIBUTOR')
}

function avatarUrl(site: Site, account: Account): string {
  return `${site.serverUrl}/avatars/u/${String(account.id)}?v=4`
}

/** GitHub's times have no fraction of a second. */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

function optionalTimestamp(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : timestamp(epochMs)
}

function nodeId(prefix: string, id: number): string {
  return `${prefix}_${Buffer.from(`${prefix}${String(id)}`).toString('base64url')}`
}
