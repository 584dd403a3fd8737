import { createHash } from 'node:crypto'
import type {
  BranchAnswer,
  GitHubApi,
  IssueComment,
  Labeling,
  PullRequestAnswer,
  RepositoryAnswer,
  TreeAnswer,
  TreeEntry,
} from '../../src/github/api.ts'

/** GitHub as an object: the comments of a pull request, and every call that was made. */
export class FakeGitHub implements GitHubApi {
  readonly calls: string[] = []
  readonly pages: IssueComment[][]
  pull: PullRequestAnswer | Error = aPull()
  /** Pull requests that are not as `pull` is, by number. */
  readonly pulls = new Map<number, PullRequestAnswer | Error>()
  /** The open pull requests, page by page. */
  openPages: PullRequestAnswer[][] = []
  /** The names of all labels that the repository has. */
  repositoryLabels: string[] = ['clone-db', 'preview', 'docs']
  /** What the next call of this name (`createComment`), or this very call (`createComment 43`), answers instead. */
  readonly faults = new Map<string, Error>()
  /** Held open until it resolves: comments take their time. */
  gate: Promise<void> = Promise.resolve()
  #nextId = 100

  constructor(...pages: IssueComment[][]) {
    this.pages = pages
  }

  async pullRequest(number: number): Promise<PullRequestAnswer> {
    await this.#called(`pullRequest ${number}`)
    const special = this.pulls.get(number)
    const pull = special ?? this.pull
    if (pull instanceof Error) throw pull
    return special === undefined ? { ...pull, number } : pull
  }

  async *openPullRequests(): AsyncIterable<readonly PullRequestAnswer[]> {
    for (const page of this.openPages) {
      await this.#called('openPullRequests')
      yield page
    }
  }

  async *labels(): AsyncIterable<readonly { readonly name: string }[]> {
    await this.#called('labels')
    yield this.repositoryLabels.map((name) => ({ name }))
  }

  /** When labels were put on, oldest first. */
  labelingList: Labeling[] = []

  async labelings(number: number): Promise<readonly Labeling[]> {
    await this.#called(`labelings ${number}`)
    return this.labelingList
  }

  async removeLabel(number: number, name: string): Promise<void> {
    await this.#called(`removeLabel ${number} ${name}`)
  }

  repositoryAnswer: RepositoryAnswer = { id: 4711, default_branch: 'main' }
  /** Folders by their hash; with ` deep` behind it, what stands in their folders, too. */
  readonly trees = new Map<string, TreeAnswer>()
  readonly blobs = new Map<string, Buffer>()
  head: BranchAnswer = aBranch('0')

  /** Makes these the files of the default branch. A mode in front of a name, as in `db/120000 link`, says what it is. */
  pushFiles(files: Readonly<Record<string, string | Buffer>>): void {
    const root = this.#storeTree(
      Object.entries(files).map(([path, text]) => [path.split('/'), text] as const),
    )
    this.head = aBranch(root)
  }

  #storeTree(files: readonly (readonly [path: readonly string[], text: string | Buffer])[]): string {
    const entries: TreeEntry[] = []
    const deep: TreeEntry[] = []
    for (const [name, inside] of Map.groupBy(files, ([[first = '']]) => first)) {
      const [[path, text]] = inside as [(typeof files)[number]]
      if (path.length === 1) {
        const [, mode = '100644', own = name] = /^(\d{6}) (.*)$/.exec(name) ?? []
        const content = Buffer.from(text)
        const sha = hashOf(`blob ${content.length}\0`, content)
        this.blobs.set(sha, content)
        entries.push({ path: own, mode, sha, size: content.length })
        continue
      }
      const sha = this.#storeTree(inside.map(([whole, content]) => [whole.slice(1), content]))
      entries.push({ path: name, mode: '040000', sha })
      for (const entry of this.trees.get(`${sha} deep`)?.tree ?? [])
        deep.push({ ...entry, path: `${name}/${entry.path}` })
    }
    const sha = hashOf('tree', Buffer.from(JSON.stringify(entries)))
    this.trees.set(sha, { tree: entries, truncated: false })
    this.trees.set(`${sha} deep`, { tree: [...entries, ...deep], truncated: false })
    return sha
  }

  async repository(): Promise<RepositoryAnswer> {
    await this.#called('repository')
    return this.repositoryAnswer
  }

  async branch(name: string): Promise<BranchAnswer> {
    await this.#called(`branch ${name}`)
    return this.head
  }

  async tree(sha: string, { deep }: Readonly<{ deep: boolean }>): Promise<TreeAnswer> {
    const key = deep ? `${sha} deep` : sha
    await this.#called(`tree ${key}`)
    const tree = this.trees.get(key)
    if (tree === undefined) throw httpError(404)
    return tree
  }

  async blob(sha: string): Promise<Buffer> {
    await this.#called(`blob ${sha}`)
    const content = this.blobs.get(sha)
    if (content === undefined) throw httpError(404)
    return content
  }

  async viewerLogin(): Promise<string> {
    await this.#called('viewerLogin')
    return 'github-actions[bot]'
  }

  async *comments(number: number): AsyncIterable<readonly IssueComment[]> {
    for (const page of this.pages) {
      await this.#called(`comments ${number}`)
      yield page
    }
  }

  async createComment(number: number, body: string): Promise<IssueComment> {
    await this.#called(`createComment ${number}`, body)
    this.#nextId += 1
    return this.#written(this.#nextId, body)
  }

  async deleteComment(id: number): Promise<void> {
    await this.#called(`deleteComment ${id}`)
  }

  async updateComment(id: number, body: string): Promise<IssueComment> {
    await this.#called(`updateComment ${id}`, body)
    for (const page of this.pages)
      for (const [index, comment] of page.entries()) if (comment.id === id) page[index] = { ...comment, body }
    return this.#written(id, body)
  }

  /** What was written, in order. */
  readonly bodies: string[] = []

  #written(id: number, body: string): IssueComment {
    return aComment({ id, body })
  }

  async #called(call: string, body?: string): Promise<void> {
    this.calls.push(call)
    await this.gate
    const name = this.faults.has(call) ? call : (call.split(' ')[0] ?? '')
    const fault = this.faults.get(name)
    if (fault !== undefined) {
      this.faults.delete(name)
      throw fault
    }
    if (body !== undefined) this.bodies.push(body)
  }
}

function hashOf(head: string, content: Buffer): string {
  return createHash('sha1').update(head).update(content).digest('hex')
}

function aBranch(tree: string): BranchAnswer {
  return { commit: { sha: '1a2b3c4d'.repeat(5), commit: { tree: { sha: tree } } } }
}

export const HEAD_SHA = 'c0ffee00'.repeat(5)

export function aPull(overrides: Partial<PullRequestAnswer> = {}): PullRequestAnswer {
  return {
    number: 42,
    state: 'open',
    labels: [{ name: 'clone-db' }],
    head: { sha: HEAD_SHA, repo: { id: 4711 } },
    base: { repo: { id: 4711 } },
    ...overrides,
  }
}

export function aComment(overrides: Partial<IssueComment> = {}): IssueComment {
  const id = overrides.id ?? 1
  return {
    id,
    body: 'x',
    html_url: `https://github.com/acme/shop/pull/42#issuecomment-${id}`,
    user: { login: 'github-actions[bot]' },
    ...overrides,
  }
}

export function httpError(status: number): Error {
  return Object.assign(new Error(`HTTP ${status}`), { status, response: {} })
}
