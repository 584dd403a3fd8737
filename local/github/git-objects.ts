import { createHash } from 'node:crypto'

/** The modes that git knows (Pro Git, "Git Objects"). */
export type GitMode = '100644' | '100755' | '120000' | '160000' | '040000'

/** What stands at a path: the text of a file, or more than that. */
export type GitFile =
  | string
  | Buffer
  | { readonly mode: '100755' | '120000'; readonly content: string }
  /** A submodule, by the commit that it is at. */
  | { readonly mode: '160000'; readonly commit: string }

/** Files by path. */
export type GitFiles = Readonly<Record<string, GitFile>>

export interface GitEntry {
  readonly path: string
  readonly mode: GitMode
  readonly type: 'blob' | 'tree' | 'commit'
  readonly sha: string
  readonly size: number | undefined
}

/** Blobs and trees by their hash, as git makes it. */
export class GitObjects {
  readonly #blobs = new Map<string, Buffer>()
  readonly #trees = new Map<string, readonly GitEntry[]>()

  blob(sha: string): Buffer | undefined {
    return this.#blobs.get(sha)
  }

  /** What stands directly in a tree, by name. */
  tree(sha: string): readonly GitEntry[] | undefined {
    return this.#trees.get(sha)
  }

  /** The files of a tree and of the folders in it. A submodule is none. */
  files(sha: string, folder = ''): readonly GitEntry[] {
    return (this.tree(sha) ?? []).flatMap((entry) => {
      const path = folder + entry.path
      if (entry.type === 'tree') return this.files(entry.sha, `${path}/`)
      return entry.type === 'blob' ? [{ ...entry, path }] : []
    })
  }

  /** The hash of the tree with these files. */
  store(files: GitFiles): string {
    const folders = new Map<string, Record<string, GitFile>>()
    const entries: GitEntry[] = []
    for (const [path, file] of Object.entries(files)) {
      const slash = path.indexOf('/')
      if (slash === -1) {
        entries.push(this.#entry(path, file))
        continue
      }
      const name = path.slice(0, slash)
      const folder = folders.get(name) ?? {}
      folder[path.slice(slash + 1)] = file
      folders.set(name, folder)
    }
    for (const [path, inside] of folders)
      entries.push({ path, mode: '040000', type: 'tree', sha: this.store(inside), size: undefined })
    return this.#storeTree(entries)
  }

  #storeTree(unsorted: readonly GitEntry[]): string {
    // Git sorts a folder as if its name ended in a slash.
    const key = ({ path, type }: GitEntry): Buffer => Buffer.from(type === 'tree' ? `${path}/` : path)
    const entries = unsorted.toSorted((one, other) => Buffer.compare(key(one), key(other)))
    const content = entries.flatMap(({ mode, path, sha }) => [
      Buffer.from(`${mode.replace(/^0/, '')} ${path}\0`),
      Buffer.from(sha, 'hex'),
    ])
    const sha = objectHash('tree', Buffer.concat(content))
    this.#trees.set(sha, entries)
    return sha
  }

  #entry(path: string, file: GitFile): GitEntry {
    if (typeof file === 'object' && 'commit' in file)
      return { path, mode: file.mode, type: 'commit', sha: file.commit, size: undefined }
    const isMore = typeof file === 'object' && 'mode' in file
    const content = Buffer.from(isMore ? file.content : file)
    const sha = objectHash('blob', content)
    this.#blobs.set(sha, content)
    return { path, mode: isMore ? file.mode : '100644', type: 'blob', sha, size: content.length }
  }
}

function objectHash(type: 'blob' | 'tree', content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex')
}
