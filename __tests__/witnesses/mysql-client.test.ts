import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { splitMysql } from '../../src/sanitise/split/mysql.ts'
import { MYSQL } from '../sanitise/split/cases.ts'
import { SCRIPTS } from '../sanitise/split/scripts.ts'
import { type MysqlClient, mysqlClientName, startMysqlClient } from './mysql-client.ts'

const name = await mysqlClientName()
const whereInstalled = name === undefined ? describe.skip : describe

function ours(script: string): readonly string[] {
  const split = splitMysql({ name: 'a.sql', content: Buffer.from(script) })
  if ('problems' in split) throw new Error(JSON.stringify(split.problems))
  return split.statements.map(({ text }) => text)
}

const COMMENTS =
  /('(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|`[^`]*`)|\/\*(?!!)[^]*?\*\/|(?:#|--(?=\s|$))[^\n]*/g
const withoutComments = (text: string): string =>
  text.replace(COMMENTS, (_, quoted: string | undefined) => quoted ?? '')
/** The client joins lines and strips carriage returns in its own way. */
const squeezed = (text: string): string => text.replace(/\s/g, '')

whereInstalled('the mysql client', () => {
  let client: MysqlClient
  beforeAll(async () => {
    client = await startMysqlClient(name ?? '')
  })
  afterAll(() => {
    client.close()
  })

  /** Its usual way is without comments. With them, some versions do not see a DELIMITER behind a comment. */
  async function theirs(script: string): Promise<readonly string[]> {
    return (await client.send(script, '--skip-comments')).map(squeezed)
  }

  test.each(MYSQL)('sends for “$name” what we send', async ({ script, sent }) => {
    expect(await theirs(script)).toEqual(sent.map((text) => squeezed(withoutComments(text))))
  })

  test.each(MYSQL.filter(({ script }) => !/^\s*delimiter/im.test(script)))(
    'sends for “$name” all the comments that we send',
    async ({ script, sent }) => {
      const all = (await client.send(script, '--comments')).join('')
      // A file without statements is not sent at all.
      if (sent.length > 0) expect(squeezed(all)).toBe(squeezed(sent.join('')))
    },
  )

  test('splits what is generated as we do', async () => {
    let statements = 0
    await fc.assert(
      fc.asyncProperty(SCRIPTS, async ({ script }) => {
        const sent = ours(script)
        statements += sent.length
        expect(await theirs(script)).toEqual(sent.map((text) => squeezed(withoutComments(text))))
      }),
      { numRuns: 500, seed: 20_261_128 },
    )
    expect(statements).toBeGreaterThan(1_000)
  })
})
