import type { GitHubApi, IssueComment, PullRequestAnswer } from '../../src/github/api.ts'

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

export function aPull(overrides: Partial<PullRequestAnswer> = {}): PullRequestAnswer {
  return {
    number: 42,
    state: 'open',
    labels: [{ name: 'clone-db' }],
    head: { repo: { id: 4711 } },
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
