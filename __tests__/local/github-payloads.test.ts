import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import {
  deleteEvent,
  issueCommentEvent,
  pullRequestEvent,
  pushEvent,
  scheduleEvent,
  workflowDispatchEvent,
  type WorkflowEvent,
} from '../../local/github/events.ts'
import { EXAMPLE_NAMES, example, type ExampleName, type Json } from '../../local/github/examples.ts'
import { pullRequestJson } from '../../local/github/representation.ts'
import { startGitHubServer, type GitHubServer } from '../../local/github/server.ts'
import type { PullRequest, Repository } from '../../local/github/state.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const clock = { now: () => Date.UTC(2031, 4, 6, 7, 8, 9) }

let github: GitHubServer

beforeEach(async () => {
  github = await startGitHubServer({ clock, hostname: 'ghe.example' })
})

afterEach(async () => {
  await github.close()
})

interface Case {
  readonly about: string
  readonly example: ExampleName
  readonly event: (pullRequest: PullRequest) => WorkflowEvent
  readonly fork?: boolean
  readonly ownerType?: 'Organization' | 'User'
  readonly author?: string
}

const CASES: readonly Case[] = [
  {
    about: 'labeled',
    example: 'pull_request labeled',
    event: (pullRequest) => pullRequestEvent(github, { pullRequest, action: 'labeled', label: 'clone-db' }),
  },
  {
    about: 'unlabeled',
    example: 'pull_request unlabeled',
    event: (pullRequest) => {
      pullRequest.removeLabel('clone-db')
      return pullRequestEvent(github, { pullRequest, action: 'unlabeled', label: 'clone-db' })
    },
  },
  {
    about: 'synchronize',
    example: 'pull_request synchronize',
    event: (pullRequest) =>
      pullRequestEvent(github, { pullRequest, action: 'synchronize', ...pullRequest.push() }),
  },
  {
    about: 'opened by Dependabot',
    example: 'pull_request opened',
    author: 'dependabot[bot]',
    event: (pullRequest) => pullRequestEvent(github, { pullRequest, action: 'opened' }),
  },
  {
    about: "opened in a person's repository",
    example: 'pull_request opened',
    ownerType: 'User',
    event: (pullRequest) => pullRequestEvent(github, { pullRequest, action: 'opened' }),
  },
  {
    about: 'reopened',
    example: 'pull_request reopened',
    event: (pullRequest) => {
      pullRequest.close()
      pullRequest.reopen()
      return pullRequestEvent(github, { pullRequest, action: 'reopened' })
    },
  },
  {
    about: 'merged',
    example: 'pull_request closed',
    event: (pullRequest) => {
      pullRequest.close({ merged: true })
      return pullRequestEvent(github, { pullRequest, action: 'closed' })
    },
  },
  {
    about: 'closed, and the fork deleted',
    example: 'pull_request closed',
    fork: true,
    event: (pullRequest) => {
      pullRequest.close()
      pullRequest.deleteHeadRepository()
      return pullRequestEvent(github, { pullRequest, action: 'closed' })
    },
  },
  {
    about: 'edited',
    example: 'pull_request edited',
    event: (pullRequest) => pullRequestEvent(github, { pullRequest, action: 'edited' }),
  },
  {
    about: 'ready for review, from a fork',
    example: 'pull_request ready_for_review',
    fork: true,
    event: (pullRequest) => pullRequestEvent(github, { pullRequest, action: 'ready_for_review' }),
  },
  {
    about: 'converted to draft',
    example: 'pull_request converted_to_draft',
    event: (pullRequest) => {
      pullRequest.draft = true
      return pullRequestEvent(github, { pullRequest, action: 'converted_to_draft' })
    },
  },
  {
    about: 'a comment of an app',
    example: 'issue_comment created',
    event: (pullRequest) => {
      const comment = pullRequest.addComment({
        author: 'github-actions[bot]',
        body: 'ready',
        appSlug: 'github-actions',
      })
      return issueCommentEvent(github, { pullRequest, comment })
    },
  },
  {
    about: 'an edited comment',
    example: 'issue_comment edited',
    event: (pullRequest) => {
      const comment = pullRequest.addComment({ author: 'mona', body: '/clone' })
      return issueCommentEvent(github, { pullRequest, comment, action: 'edited' })
    },
  },
  {
    about: 'a dispatch',
    example: 'workflow_dispatch',
    event: ({ repository }) => workflowDispatchEvent(github, { repository, inputs: { 'pr-number': '42' } }),
  },
  { about: 'a push', example: 'push', event: ({ repository }) => pushEvent(github, { repository }) },
  {
    about: "a push to a person's repository",
    example: 'push',
    ownerType: 'User',
    event: ({ repository }) => pushEvent(github, { repository, sender: 'acme' }),
  },
  {
    about: 'a deleted branch',
    example: 'delete',
    event: ({ repository, headRef }) => deleteEvent(github, { repository, branch: headRef }),
  },
]

function make(options: Case): { readonly event: WorkflowEvent; readonly pullRequest: PullRequest } {
  const repository = github.repository({
    owner: 'acme',
    name: 'shop',
    id: 77_000_001,
    private: true,
    ownerType: options.ownerType ?? 'Organization',
  })
  const pullRequest = repository.pullRequest({
    number: 42,
    labels: ['clone-db', 'clone db?'],
    author: options.author ?? 'mona',
    headRepository: options.fork === true ? 'fork' : 'same',
  })
  return { event: options.event(pullRequest), pullRequest }
}

describe.each(CASES)('the payload of $about', (options) => {
  test("has every member of GitHub's example, of the same type", () => {
    // Whether null is right as well, the types below say.
    expect(differences(example(options.example), make(options).event.payload, '')).toEqual([])
  })

  test('says nothing that is only true of the example', () => {
    const { payload } = make(options).event
    const known = new Set(leaves(example(options.example)).filter(isIdentity))
    expect(known.size).toBeGreaterThan(50)
    expect(leaves(payload).filter((leaf) => known.has(leaf))).toEqual([])
    expect(JSON.stringify(payload)).not.toMatch(
      /Codertocat|Hello-World|Octocoders|octo-org|octo-repo|api\.github\.com|\/installation/,
    )
  })

  test('shows a pull request as the API does', () => {
    const { event, pullRequest } = make(options)
    const { pull_request: shown } = event.payload
    if (event.name === 'pull_request') expect(shown).toEqual(pullRequestJson(github, pullRequest))
    else expect(shown).toBeUndefined()
  })
})

test('all examples are of the event and the action they stand for, and each is used', () => {
  for (const name of EXAMPLE_NAMES) {
    const [, action] = name.split(' ')
    // GitHub has no example of this one.
    expect(example(name)['action']).toBe(action === 'edited' && name.startsWith('pull') ? 'opened' : action)
    expect(example(name)).not.toHaveProperty('installation')
  }
  const used = new Set<string>(CASES.map((options) => options.example))
  expect(EXAMPLE_NAMES.filter((name) => !used.has(name))).toEqual(['workflow_job queued'])
})

test("every payload is one of GitHub's types", () => {
  const payloads = CASES.map((options) => {
    const { event } = make(options)
    for (const repository of [...github.repositories]) repository.delete()
    return event
  })
  const source = [
    "import type { WebhookDefinition } from '@octokit/webhooks-examples'",
    "type Name = 'pull_request' | 'issue_comment' | 'workflow_dispatch' | 'push' | 'delete'",
    "type Payload<N extends Name> = WebhookDefinition<N>['examples'][number]",
    'type Mutable<T> = { -readonly [Key in keyof T]: Mutable<T[Key]> }',
    // Without `as const` no string would be one of a union; GitHub has members that its types do not know yet.
    ...payloads.flatMap(({ name, payload }, index) => [
      `const value${index} = ${JSON.stringify(payload)} as const`,
      `export const payload${index}: Payload<'${name}'> = value${index} as Mutable<typeof value${index}>`,
    ]),
  ].join('\n')
  expect(typeErrors(source)).toEqual([])
  // The compiler does look: null is refused where GitHub never has it.
  expect(typeErrors(source.replaceAll('"locked":false', '"locked":null'))).not.toEqual([])
})

describe('forks', () => {
  test('a deleted fork leaves its owner, a deleted account nothing', () => {
    const shop = github.repository({ owner: 'acme', name: 'shop', private: true })
    const deleted = shop.pullRequest({ number: 1, author: 'hubot', headRepository: 'fork' })
    const other = shop.pullRequest({ number: 2, author: 'hubot', headRepository: 'fork' })
    const ghost = shop.pullRequest({ number: 3, headRepository: null })
    deleted.deleteHeadRepository()
    for (const pullRequest of [deleted, other]) {
      expect(pullRequestJson(github, pullRequest)).toMatchObject({
        state: 'open',
        user: { login: 'hubot' },
        head: { label: `hubot:${pullRequest.headRef}`, user: { login: 'hubot' }, repo: null },
        base: { repo: { full_name: 'acme/shop' } },
      })
    }
    expect(pullRequestJson(github, ghost)).toMatchObject({ head: { label: null, user: null, repo: null } })
    expect(github.repositories).toEqual([shop])
    expect(() => {
      shop.pullRequest({ number: 4 }).deleteHeadRepository()
    }).toThrow(/not come from a fork/)
  })

  test('head and base are told apart by all they say', () => {
    const shop = github.repository({ owner: 'acme', name: 'shop', private: true })
    const pullRequest = shop.pullRequest({ number: 1, author: 'hubot', headRepository: 'fork' })
    expect(pullRequestJson(github, pullRequest)).toMatchObject({
      head: { repo: { full_name: 'hubot/shop', url: `${github.url}/repos/hubot/shop`, fork: true } },
      base: {
        repo: {
          full_name: 'acme/shop',
          teams_url: `${github.url}/repos/acme/shop/teams`,
          ssh_url: 'git@ghe.example:acme/shop.git',
          fork: false,
        },
      },
      _links: { statuses: { href: `${github.url}/repos/acme/shop/statuses/${pullRequest.headSha}` } },
      review_comment_url: `${github.url}/repos/acme/shop/pulls/comments{/number}`,
    })
  })
})

describe('a deleted branch', () => {
  let shop: Repository

  beforeEach(() => {
    shop = github.repository({ owner: 'acme', name: 'shop' })
  })

  test('runs on the default branch, and closes what came from it', () => {
    const pullRequest = shop.pullRequest({ number: 1, headRef: 'feature/cart' })
    const other = shop.pullRequest({ number: 2 })
    const event = deleteEvent(github, { repository: shop, branch: 'feature/cart', sender: 'mona' })
    expect(event).toMatchObject({
      name: 'delete',
      ref: 'refs/heads/main',
      sha: shop.head('main'),
      headRef: '',
      baseRef: '',
      actor: { login: 'mona' },
      payload: {
        ref: 'feature/cart',
        ref_type: 'branch',
        pusher_type: 'user',
        repository: { full_name: 'acme/shop' },
        sender: { login: 'mona' },
      },
    })
    expect(pullRequest).toMatchObject({ state: 'closed', merged: false })
    expect(other.state).toBe('open')
    expect(() => {
      pullRequest.reopen()
    }).toThrow(/was deleted/)
    shop.push('feature/cart')
    pullRequest.reopen()
    expect(pullRequest.state).toBe('open')
  })

  test('is deleted once, by the event or before it', () => {
    const pullRequest = shop.pullRequest({ number: 1 })
    pullRequest.close({ merged: true })
    pullRequest.deleteHeadBranch()
    expect(shop.hasBranch('change-1')).toBe(false)
    expect(() => {
      pullRequest.deleteHeadBranch()
    }).toThrow(/no branch change-1/)
    const event = deleteEvent(github, { repository: shop, branch: 'change-1' })
    expect(event.payload['ref']).toBe('change-1')
    expect(pullRequestJson(github, pullRequest)).toMatchObject({ merged: true, head: { ref: 'change-1' } })
    expect(() => {
      shop.deleteBranch('main')
    }).toThrow(/default branch/)
  })
})

test('who wrote a comment is what they were given in the repository', () => {
  const shop = github.repository({ owner: 'mona', name: 'shop', ownerType: 'User' })
  shop.collaborator('hubot', 'write')
  shop.collaborator('mallory', 'none')
  const pullRequest = shop.pullRequest({ number: 1 })
  const association = (author: string): Json | undefined => {
    const comment = pullRequest.addComment({ author, body: '/clone' })
    const { comment: shown } = issueCommentEvent(github, { pullRequest, comment }).payload
    return (shown as Readonly<Record<string, Json>>)['author_association']
  }
  expect(['mona', 'hubot', 'mallory', 'some-app[bot]'].map(association)).toEqual([
    'OWNER',
    'COLLABORATOR',
    'NONE',
    'NONE',
  ])
})

test('a schedule has no example; its repository is like any', () => {
  const repository = github.repository({ owner: 'acme', name: 'shop' })
  const { payload } = scheduleEvent(github, { repository })
  const dispatch = workflowDispatchEvent(github, { repository }).payload
  expect(payload['repository']).toEqual(dispatch['repository'])
  expect(payload['organization']).toEqual(dispatch['organization'])
})

/** Where `found` lacks a member of `expected`, or has one of another type. */
function differences(expected: Json, found: Json | undefined, path: string): readonly string[] {
  if (found === undefined) return path === '.organization' ? [] : [`${path} is missing`]
  if (expected === null || found === null) return []
  if (kind(expected) !== kind(found)) return [`${path} is ${kind(found)}, not ${kind(expected)}`]
  if (isList(expected)) {
    const [first] = expected
    if (first === undefined || !isList(found)) return []
    return found.flatMap((item, index) => differences(first, item, `${path}[${index}]`))
  }
  if (typeof expected !== 'object') return []
  return Object.entries(expected).flatMap(([name, value]) =>
    differences(value, (found as Readonly<Record<string, Json>>)[name], `${path}.${name}`),
  )
}

function kind(value: Json): string {
  return isList(value) ? 'list' : typeof value
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function leaves(value: Json): readonly Json[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

/** Ids, commits, addresses, node ids and times: whatever names one thing alone. */
function isIdentity(leaf: Json): boolean {
  if (typeof leaf === 'number') return leaf > 1_000
  return (
    typeof leaf === 'string' &&
    /^(?!0+$)[0-9a-f]{40}$|:\/\/|^git@|^MD[A-Za-z0-9=]+$|^\d{4}-\d\d-\d\dT/.test(leaf)
  )
}

function typeErrors(source: string): readonly string[] {
  const name = join(ROOT, 'payloads.ts')
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (path, ...rest) =>
    path === name ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2024) : getSourceFile(path, ...rest)
  const program = ts.createProgram([name], options, host)
  return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  )
}
