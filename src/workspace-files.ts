import type { Stats } from 'node:fs'
import { lstat, readFile, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, messageOf } from './failure.ts'
import {
  type Entry,
  type FileRequest,
  type FileTree,
  type SelectedFiles,
  selectFiles,
} from './file-selection.ts'
import { quote } from './quotation.ts'

/**
 * Files of the workspace, for runs without a pull request: they have no author whose code must not choose them. The rules are those
 * of readRepositoryFiles. `root`: GITHUB_WORKSPACE.
 */
export async function readWorkspaceFiles<Input extends string>(
  root: string | undefined,
  request: FileRequest<Input>,
): Promise<SelectedFiles<Input>> {
  return await selectFiles(new WorkspaceTree(await checkedOut(root)), request)
}

const CHECK_OUT = 'Run actions/checkout before this step, and give the job `permissions: contents: read`.'

/** The real path of the workspace. It may itself be a link, but nothing in it is followed. */
async function checkedOut(root: string | undefined): Promise<string> {
  if (root === undefined || root === '') throw unreadable('GITHUB_WORKSPACE is not set', undefined)
  try {
    const path = await realpath(root)
    if ((await readdir(path)).length > 0) return path
  } catch (error) {
    throw unreadable(`The workspace could not be read (${quote(messageOf(error))})`, error)
  }
  throw unreadable('The workspace is empty', undefined)
}

function unreadable(what: string, cause: unknown): Failure {
  return new Failure({
    title: 'Repository cannot be read',
    what: `${what}: without a pull request, files are read from the workspace.`,
    remedy: CHECK_OUT,
    cause,
  })
}

/** Each folder is reached from the one above it, so no path leaves the workspace. */
class WorkspaceTree implements FileTree<Entry> {
  readonly where = 'the workspace'
  readonly remedy = `Correct the pattern. ${CHECK_OUT}`
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async children(folder: string): Promise<readonly Entry[]> {
    return await this.#inside(folder, async (path) => {
      const names = (await readdir(path)).filter((name) => name !== '.git')
      return await Promise.all(names.map((name) => this.#entry(folder === '' ? name : `${folder}/${name}`)))
    })
  }

  async read({ path: name }: Entry): Promise<Buffer> {
    return await this.#inside(name, (path) => readFile(path))
  }

  /** Since the folder above was read, a link may have taken its place. */
  async #inside<Result>(name: string, work: (path: string) => Promise<Result>): Promise<Result> {
    const path = join(this.#root, name)
    try {
      if ((await realpath(path)) !== path) throw new Error('it is a symbolic link')
      return await work(path)
    } catch (error) {
      throw unreadable(
        `"${quote(name)}" of the workspace could not be read (${quote(messageOf(error))})`,
        error,
      )
    }
  }

  async #entry(name: string): Promise<Entry> {
    const path = join(this.#root, name)
    const found = await lstat(path)
    return { path: name, kind: await kindOf(path, found), size: found.size }
  }
}

async function kindOf(path: string, found: Stats): Promise<Entry['kind']> {
  if (found.isSymbolicLink()) return 'link'
  if (found.isFile()) return 'file'
  if (!found.isDirectory()) return 'other'
  // A repository in the repository: git has its commit, and none of its files.
  return await lstat(join(path, '.git')).then(
    () => 'submodule' as const,
    () => 'folder' as const,
  )
}
