import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyTree, exists, linkTree, makeDirectory, writePrivately } from '../../../local/database/files.ts'

let directory: string
const user = {}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'files-test-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function aTree(): Promise<string> {
  const from = join(directory, 'from')
  await mkdir(join(from, 'base', '1'), { recursive: true })
  await mkdir(join(from, 'log'))
  await writeFile(join(from, 'base', '1', 'rows'), 'rows')
  await writeFile(join(from, 'log', 'segment'), 'segment')
  await writeFile(join(from, 'server.pid'), '1')
  return from
}

describe('copyTree', () => {
  test('copies files in all folders, and the folders that are empty', async () => {
    const from = await aTree()
    const to = join(directory, 'to')
    await mkdir(join(from, 'empty'))
    await copyTree({ from, to, user })
    expect((await readdir(to, { recursive: true })).toSorted()).toEqual(
      ['base', 'base/1', 'base/1/rows', 'empty', 'log', 'log/segment', 'server.pid'].toSorted(),
    )
    expect(await readFile(join(to, 'base', '1', 'rows'), 'utf8')).toBe('rows')
  })

  test('leaves out what it is told to, by path', async () => {
    const from = await aTree()
    const to = join(directory, 'to')
    await copyTree({ from, to, user, leaveOut: (path) => path === 'server.pid' || path.startsWith('log/') })
    expect((await readdir(to, { recursive: true })).toSorted()).toEqual([
      'base',
      'base/1',
      'base/1/rows',
      'log',
    ])
  })

  test('what vanishes meanwhile is not missed', async () => {
    const from = await aTree()
    const to = join(directory, 'to')
    const vanishing = join(from, 'server.pid')
    await copyTree({
      from,
      to,
      user,
      leaveOut: (path) => {
        // Called for each before it is copied.
        if (path === 'server.pid') rmSync(vanishing)
        return false
      },
    })
    expect(await exists(join(to, 'base', '1', 'rows'))).toBe(true)
    expect(await exists(join(to, 'server.pid'))).toBe(false)
  })

  test('a change of the copy is none of the original', async () => {
    const from = await aTree()
    const to = join(directory, 'to')
    await copyTree({ from, to, user })
    await writeFile(join(to, 'base', '1', 'rows'), 'changed')
    expect(await readFile(join(from, 'base', '1', 'rows'), 'utf8')).toBe('rows')
  })

  test('follows no link out of the tree', async () => {
    const from = await aTree()
    const to = join(directory, 'to')
    await symlink('/etc/hostname', join(from, 'link'))
    await copyTree({ from, to, user })
    expect(await exists(join(to, 'link'))).toBe(false)
  })
})

test('linkTree makes the same tree, and takes no file of it away from its owner', async () => {
  const from = await aTree()
  const to = join(directory, 'to')
  await linkTree({ from, to, user })
  const [original, link] = await Promise.all([from, to].map((tree) => stat(join(tree, 'base', '1', 'rows'))))
  expect({ ino: link?.ino, uid: link?.uid, mode: link?.mode }).toEqual({
    ino: original?.ino,
    uid: original?.uid,
    mode: original?.mode,
  })
})

test('directories and files are for their owner alone', async () => {
  const path = join(directory, 'private')
  await makeDirectory(path, user)
  await writePrivately(join(path, 'password'), { text: 'secret', user })
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  expect((await stat(join(path, 'password'))).mode & 0o777).toBe(0o600)
})
