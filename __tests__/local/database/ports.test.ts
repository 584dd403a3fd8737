import { expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import { PortPool } from '../../../local/database/ports.ts'

test('hands out different ports on which one can listen', async () => {
  const pool = await PortPool.of(5)
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
  const pool = await PortPool.of(1)
  const port = pool.take()
  expect(() => pool.take()).toThrow('Every port of the local cloud is in use.')
  pool.giveBack(port)
  expect(pool.take()).toBe(port)
})
