import { createHash } from 'node:crypto'
import { Failure } from '../failure.ts'
import {
  type Entry,
  type FileRequest,
  type FileTree,
  type SelectedFiles,
  selectFiles,
  stopIfCancelled,
} from '../file-selection.ts'
import { quote } from '../quotation.ts'
import type { BranchAnswer, GitHubApi, TreeAnswer, TreeEntry } from './api.ts'
import { type GitHubRepository, member } from './context.ts'
import { rateLimitMs } from './rate-limit.ts'
import { ALLOW_LIST_REMEDY, githubReason, isAllowList } from './reason.ts'

/**
 * Files at the head of the default branch, which the author of a pull request does not choose. All are of one commit: it is looked
 * up once, and everything else is asked for by hash.
 */
export async function readRepositoryFiles<Input extends string>(
  api: GitHubApi,
  repository: GitHubRepository,
  request: FileRequest<Input>,
): Promise<SelectedFiles<Input>> {
  stopIfCancelled(request.signal)
  const { name, head } = await ask('The repository', async () => {
    const answer = await api.repository()
    if (String(answer.id) !== repository.id) throw new Error('GitHub answered about another repository')
    return { name: answer.default_branch, head: await api.branch(answer.default_branch) }
  })
  const where = `${quote(name, MAX_BRANCH_LENGTH)} at ${head.commit.sha.slice(0, 7)}`
  return await selectFiles(new CommitTree(api, where, head), request)
}

const MAX_BRANCH_LENGTH = 100

interface GitEntry extends Entry {
  readonly sha: string
}

/** Where all files are too many for one answer, each folder is a call. A workflow's token has 1,000 an hour. */
export const MAX_FOLDERS = 100

/** The files of one commit: from one answer about all of them, or folder by folder where they are too many for one. */
class CommitTree implements FileTree<GitEntry> {
  readonly where: string
  readonly remedy =
    'Correct the pattern, or merge the file into the default branch first: for a pull request, files are read only there.'
  readonly #api: GitHubApi
  /** The hashes of folders, by their path. */
  readonly #hashes: Map<string, string>
  #all: ReadonlyMap<string, readonly GitEntry[]> | undefined
  #foldersRead = 0

  constructor(api: GitHubApi, where: string, { commit }: BranchAnswer) {
    this.#api = api
    this.where = where
    this.#hashes = new Map([['', commit.commit.tree.sha]])
  }

  async children(folder: string): Promise<readonly GitEntry[]> {
    this.#all ??= await this.#readAll()
    return this.#all.get(folder) ?? (await this.#readFolder(folder))
  }

  async read({ path, sha }: GitEntry): Promise<Buffer> {
    return await ask(`The file "${quote(path)}" of ${this.where}`, async () => {
      const content = await this.#api.blob(sha)
      if (blobHash(content) !== sha) throw new Error('GitHub answered with other content')
      return content
    })
  }

  /** By folder. Nothing, if one answer cannot have all. */
  async #readAll(): Promise<ReadonlyMap<string, readonly GitEntry[]>> {
    const { tree, truncated } = await this.#tree('', { deep: true })
    return truncated ? new Map() : Map.groupBy(tree.map(entryIn('')), ({ path }) => folderOf(path))
  }

  async #readFolder(folder: string): Promise<readonly GitEntry[]> {
    this.#foldersRead += 1
    if (this.#foldersRead > MAX_FOLDERS)
      throw this.#tooMuch(`the patterns look into more than ${MAX_FOLDERS} folders`)
    const { tree, truncated } = await this.#tree(folder, { deep: false })
    if (truncated) throw this.#tooMuch(`so has the folder "${quote(folder)}"`)
    const entries = tree.map(entryIn(folder))
    for (const { kind, path, sha } of entries) if (kind === 'folder') this.#hashes.set(path, sha)
    return entries
  }

  async #tree(folder: string, options: Readonly<{ deep: boolean }>): Promise<TreeAnswer> {
    return await ask(`The list of files of ${this.where}`, async () => {
      const sha = this.#hashes.get(folder)
      if (sha === undefined) throw new Error('GitHub did not list the folder')
      return await this.#api.tree(sha, options)
    })
  }

  #tooMuch(problem: string): Failure {
    return new Failure({
      title: 'Repository cannot be read',
      what: `${this.where} has more files than one answer of GitHub, and ${problem}.`,
      remedy: 'Begin the patterns with the folder of the files, such as db/sanitize/*.sql.',
    })
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function entryIn(folder: string): (entry: TreeEntry) => GitEntry {
  const head = folder === '' ? '' : `${folder}/`
  return ({ mode, path, sha, size = 0 }) => ({ path: `${head}${path}`, kind: kindOf(mode), size, sha })
}

/** The modes of git (Pro Git, "Git Objects"). */
function kindOf(mode: string): Entry['kind'] {
  if (mode === '040000') return 'folder'
  if (mode === '120000') return 'link'
  if (mode === '160000') return 'submodule'
  return mode.startsWith('100') ? 'file' : 'other'
}

function blobHash(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

async function ask<Answer>(what: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    const because = githubReason(error)
    throw new Failure({
      title: 'Repository cannot be read',
      what: `${what} could not be read (${because}).`,
      remedy: remedyOf(error, because),
      cause: error,
    })
  }
}

function remedyOf(error: unknown, because: string): string {
  if (isAllowList(because)) return ALLOW_LIST_REMEDY
  const status = member(error, 'status')
  // A token without access gets 404 for what is there.
  const isRefused = status === 401 || status === 403 || status === 404
  return isRefused && rateLimitMs(error) === undefined
    ? 'Give the job `permissions: contents: read`, also where it calls a workflow, and pass a valid github-token.'
    : 'Run the job again after an outage of GitHub or a rate limit.'
}
