import { afterEach, expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import { PortPool } from '../../../local/database/ports.ts'

const pools: PortPool[] = []

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

async function aPool(size: number): Promise<PortPool> {
  const pool = await PortPool.of(size)
  pools.push(pool)
  return pool
}

test('hands out different ports on which one can listen', async () => {
  const pool = await aPool(5)
  const ports = Array.from({ length: 5 }, () => pool.take())
  expect(new Set(ports).size).toBe(5)
  for (const port of ports) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    await new Promise((resolve) => server.close(resolve))
  }
})

test('has nothing left when all are taken, and again when one is given back', async () => {
  const pool = await aPool(1)
  const port = pool.take()
  expect(() => pool.take()).toThrow('Every port of the local cloud is in use.')
  pool.giveBack(port)
  expect(pool.take()).toBe(port)
})

test('shares no port with another pool, though nobody listens there yet', async () => {
  const all: number[] = []
  for (let count = 0; count < 40; count++) {
    const pool = await aPool(50)
    for (let taken = 0; taken < 50; taken++) all.push(pool.take())
  }
  expect(new Set(all).size).toBe(all.length)
})
