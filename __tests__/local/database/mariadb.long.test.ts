import { afterEach, expect, test } from '@jest/globals'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { mariadb } from '../../../local/database/mariadb.ts'
import { PortPool } from '../../../local/database/ports.ts'
import { serverUser } from '../../../local/database/server-user.ts'
import { connectTo } from '../../../local/database/sql-client.ts'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function aSite() {
  const directory = await mkdtemp(join(tmpdir(), 'mariadb-test-'))
  closing.push(() => rm(directory, { recursive: true }))
  await chmod(directory, 0o711)
  return { directory, user: await serverUser() }
}

/** A program of that name comes first on the path, with the files that belong to it. */
async function install(directory: string, script: string): Promise<void> {
  const path = process.env['PATH'] ?? ''
  closing.push(() => Promise.resolve((process.env['PATH'] = path)))
  process.env['PATH'] = `${join(directory, 'bin')}${delimiter}${path}`
  await mkdir(join(directory, 'bin'))
  await mkdir(join(directory, 'share', 'mysql'), { recursive: true })
  for (const part of ['system_tables', 'performance_tables', 'system_tables_data'])
    await writeFile(join(directory, 'share', 'mysql', `mysql_${part}.sql`), '-- long\n'.repeat(100_000))
  await writeFile(join(directory, 'bin', 'mariadbd'), `#!/bin/sh\n${script}\n`)
  for (const name of ['bin', 'bin/mariadbd']) await chmod(join(directory, name), 0o755)
}

test('a MariaDB that does not run is missing, and nothing else fails for it', async () => {
  const site = await aSite()
  await install(site.directory, 'echo no such library >&2; exit 127')
  expect(await mariadb(site)).toEqual({ missing: expect.stringContaining('no such library') })
})

test('one that ends before it has read everything is an error that is told', async () => {
  const site = await aSite()
  await install(
    site.directory,
    '[ "$2" = --version ] && echo 11.8 && exit; exec 0<&-; sleep 0.3; echo disk full >&2; exit 1',
  )
  const engine = await mariadb(site)
  if ('missing' in engine) throw new Error(engine.missing)
  const database = engine.open({ directory: join(site.directory, 'source'), port: 1 })
  const created = database.create({ masterUsername: 'admin', masterPassword: 'master-password' })
  await expect(created).rejects.toThrow('disk full')
})

const installed = await mariadb({ directory: '/', user: await serverUser() })
const whereInstalled = 'missing' in installed ? test.skip : test

whereInstalled('nobody is let in without a password, MariaDB’s own root neither', async () => {
  const site = await aSite()
  const engine = await mariadb(site)
  if ('missing' in engine) throw new Error(engine.missing)
  const port = (await PortPool.of(1)).take()
  const database = engine.open({ directory: join(site.directory, 'source'), port })
  closing.push(() => database.remove())
  await database.create({ masterUsername: 'admin', masterPassword: 'master-password' })
  await database.start()
  const login = { host: '127.0.0.1', port, user: 'root', password: '' }
  await expect(connectTo('aurora-mysql', login)).rejects.toThrow('Access denied')
})

whereInstalled('a copy has all that was written before it, while more is written', async () => {
  const site = await aSite()
  const engine = await mariadb(site)
  if ('missing' in engine) throw new Error(engine.missing)
  const pool = await PortPool.of(2)
  closing.push(() => pool.close())
  const [port, copyPort] = [pool.take(), pool.take()]
  const database = engine.open({ directory: join(site.directory, 'source'), port })
  closing.push(() => database.remove())
  await database.create({ masterUsername: 'app', masterPassword: 'password-0', databaseName: 'shop' })
  await database.start()
  const client = await database.administrator('shop')
  await client.query('CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT)')
  const progress = { written: 0, isOver: false }
  const write = async (): Promise<void> => {
    while (!progress.isOver) {
      await client.query("INSERT INTO orders (note) VALUES (REPEAT('x', 2000))")
      // Accounts are in tables of another engine.
      await client.query(`ALTER USER app IDENTIFIED BY 'password-${String(progress.written + 1)}'`)
      progress.written += 1
    }
  }
  const writing = write()
  for (const name of ['first', 'second', 'third']) {
    const { written } = progress
    while (progress.written < written + 50) await new Promise((resolve) => setTimeout(resolve, 1))
    const known = progress.written
    const copy = engine.open({ directory: join(site.directory, name), port: copyPort })
    await database.copyTo(join(site.directory, name))
    await copy.start()
    const looking = await copy.administrator('shop')
    const [row] = await looking.query('SELECT COUNT(*) AS count FROM orders')
    expect(Number(row?.['count'])).toBeGreaterThanOrEqual(known)
    const checked = await looking.query('CHECK TABLE orders, mysql.global_priv')
    expect(checked.map(({ Msg_text: text }) => text)).toEqual(['OK', 'OK'])
    await looking.close()
    await copy.remove()
  }
  progress.isOver = true
  await writing
  await client.close()
})
