import { describe, expect, test } from '@jest/globals'
import { ENGINES, aPrivateShop } from './private-shop.ts'
import { LABEL, SOURCE } from './world.ts'

// A clone of Aurora MySQL that goes back, with real rows, users and passwords.

const AUTO = { mode: 'auto', 'source-cluster': SOURCE, label: LABEL, 'backtrack-window': '24h' }
const RESET = { ...AUTO, mode: 'reset' }
const SECOND_RUN = { env: { GITHUB_RUN_ID: '2' } }
const BEHAVIOUR = { backtrackWithoutThatOfTheSource: 'accept' } as const

const [, describeMariadb = describe.skip] = ENGINES.find(([engine]) => engine === 'aurora-mysql') ?? []

describeMariadb('a reset of a clone on MariaDB that goes back', () => {
  test('takes back rows, and what was done to users', async () => {
    const shop = await aPrivateShop('aurora-mysql', { behaviour: BEHAVIOUR })
    await shop.world.play(AUTO)
    const raw = await shop.emails('clone')
    const { resourceId, endpoint } = shop.world.clone()
    const client = await shop.connectToClone()
    await client.query(`DELETE FROM users; CREATE USER guest IDENTIFIED BY 'guest'`)
    const result = await shop.world.play(RESET, SECOND_RUN)
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
    expect(shop.world.clone()).toMatchObject({ resourceId, endpoint })
    expect(await shop.emails('clone')).toEqual(raw)
    const guest = { port: endpoint.port, user: 'guest', password: 'guest' }
    await expect(shop.connect(guest)).rejects.toThrow(/denied/i)
  })

  test('never brings back raw rows or a password of the source', async () => {
    const shop = await aPrivateShop('aurora-mysql', { behaviour: BEHAVIOUR })
    const inputs = { ...shop.inputs, 'wait-timeout': '2h' }
    shop.watch()
    expect(await shop.world.play({ ...AUTO, ...inputs })).toMatchObject({ exitCode: 0 })
    const clean = await shop.emails('clone')
    const client = await shop.connectToClone()
    await client.query(`INSERT INTO users VALUES (99, 'new@example.com', NULL)`)
    const { resourceId } = shop.world.clone()
    const result = await shop.world.play({ ...RESET, ...inputs }, SECOND_RUN)
    expect(result).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'false' } })
    expect(shop.world.clone().resourceId).toBe(resourceId)
    expect(await shop.emails('clone')).toEqual(clean)
    expect(shop.breaches).toEqual([])
    expect(await shop.intruders()).toEqual([])

    // Other files: only a new clone is made by them.
    shop.commit({ 'db/sanitise/40-more.sql': 'DELETE FROM users WHERE id > 10;' })
    const again = await shop.world.play({ ...RESET, ...inputs }, { env: { GITHUB_RUN_ID: '3' } })
    expect(again).toMatchObject({ exitCode: 0, outputs: { outcome: 'ready', created: 'true' } })
    expect(shop.breaches).toEqual([])
  })
})
