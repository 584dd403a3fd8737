import { constants } from 'node:fs'
import { chown, copyFile, link, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './error-code.ts'
import type { ServerUser } from './server-user.ts'

export interface TreeCopy {
  readonly from: string
  readonly to: string
  readonly user: ServerUser
  /** Whether something is left out, by its path below `from`; of a directory that is left out, everything is. */
  readonly leaveOut?: (path: string) => boolean
}

/**
 * Copies a directory file by file: by reflink where the file system has it, which takes no time and no space. What vanishes
 * meanwhile is left out, as a server that runs may remove files at any time.
 */
export async function copyTree(tree: TreeCopy): Promise<void> {
  await remakeTree(tree, copyOne)
}

/** The same of files that nobody writes to, as hard links: rejects where these are not possible. */
export async function linkTree(tree: TreeCopy): Promise<void> {
  await remakeTree(tree, ({ from, to }) => link(from, to))
}

async function remakeTree(
  { from, to, user, leaveOut = () => false }: TreeCopy,
  remake: (file: Pick<TreeCopy, 'from' | 'to' | 'user'>) => Promise<void>,
): Promise<void> {
  const copyBelow = async (path: string): Promise<void> => {
    await makeDirectory(join(to, path), user)
    const entries = await vanishing(readdir(join(from, path), { withFileTypes: true }))
    for (const entry of entries ?? []) {
      const below = join(path, entry.name)
      if (leaveOut(below)) continue
      if (entry.isDirectory()) await copyBelow(below)
      else if (entry.isFile()) await remake({ from: join(from, below), to: join(to, below), user })
    }
  }
  await copyBelow('')
}

/** A directory that nobody but the server's user can look into. */
export async function makeDirectory(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await giveTo(path, user)
}

/** A file that nobody but the server's user can read. */
export async function writePrivately(
  path: string,
  { text, user }: { readonly text: string; readonly user: ServerUser },
): Promise<void> {
  await writeFile(path, text, { mode: 0o600 })
  await giveTo(path, user)
}

async function giveTo(path: string, { uid, gid }: ServerUser): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

async function copyOne({ from, to, user }: Pick<TreeCopy, 'from' | 'to' | 'user'>): Promise<void> {
  await vanishing(copyContents(from, to).then(() => giveTo(to, user)))
}

/** Until the file system of the temporary files says that it has none. */
let hasReflinks = true

/** Node's own copy never ends if the file is truncated meanwhile: libuv waits for as many bytes as there were at first. */
async function copyContents(from: string, to: string): Promise<void> {
  if (hasReflinks) {
    try {
      await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE)
      return
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw error
      hasReflinks = false
    }
  }
  await writeFile(to, await readFile(from))
}

/** `undefined` where the file is not there any more. */
async function vanishing<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await vanishing(stat(path))) !== undefined
}
