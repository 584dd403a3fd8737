import {
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turnOfOthers } from 'node:timers/promises'
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
  await remakeTree(tree, ({ from, to }) => {
    linkSync(from, to)
  })
}

/** Files between which everybody else has a turn. */
const FILES_A_TURN = 50

/** Without a thread for each call: a data directory has 1,500 small files, and threads cost five times as much. */
async function remakeTree(
  { from, to, user, leaveOut = () => false }: TreeCopy,
  remake: (file: Pick<TreeCopy, 'from' | 'to' | 'user'>) => void,
): Promise<void> {
  const copyBelow = async (path: string): Promise<void> => {
    await makeDirectory(join(to, path), user)
    const entries = await vanishing(() => readdir(join(from, path), { withFileTypes: true }))
    for (const [index, entry] of (entries ?? []).entries()) {
      if (index % FILES_A_TURN === 0) await turnOfOthers()
      const below = join(path, entry.name)
      if (leaveOut(below)) continue
      if (entry.isDirectory()) await copyBelow(below)
      else if (entry.isFile())
        await vanishing(() => {
          remake({ from: join(from, below), to: join(to, below), user })
        })
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

/** Until the file system of the temporary files says that it has none. */
let hasReflinks = true

function copyOne({ from, to, user: { uid, gid } }: Pick<TreeCopy, 'from' | 'to' | 'user'>): void {
  if (!hasReflinks || !reflink(from, to)) copyContents(from, to)
  if (uid !== undefined && gid !== undefined) chownSync(to, uid, gid)
}

const PART = Buffer.allocUnsafeSlow(256 * 1024)

/** Node's own copy never ends if the file is truncated meanwhile: libuv waits for as many bytes as there were at first. */
function copyContents(from: string, to: string): void {
  const source = openSync(from, 'r')
  try {
    const copy = openSync(to, 'w')
    try {
      for (let length = readSync(source, PART); length > 0; length = readSync(source, PART))
        writeSync(copy, PART, 0, length)
    } finally {
      closeSync(copy)
    }
  } finally {
    closeSync(source)
  }
}

function reflink(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw error
    // Between two file systems there are none, which says nothing about either.
    if (errorCode(error) !== 'EXDEV') hasReflinks = false
    return false
  }
}

/** `undefined` where the file is not there any more. */
async function vanishing<Value>(work: () => Value | Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await vanishing(() => stat(path))) !== undefined
}
