import { type AddressInfo, type Server, createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { waitForConnection } from '../../../src/aurora/ready/probe.ts'
import { MINUTE, NOW_MS } from '../../factories.ts'
import { aWorld } from '../../world.ts'

const PACE = { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 }

async function aServer(port = 0): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}

/** A port of this machine on which nobody listens. */
async function aClosedPort(): Promise<number> {
  const { server, port } = await aServer()
  await close(server)
  return port
}

test('somebody listens: at once', async () => {
  const world = aWorld()
  const { server, port } = await aServer()
  await waitForConnection(world.aws, { host: '127.0.0.1', port, pace: PACE })
  await close(server)
  expect(world.clock.sleeps).toEqual([])
})

test('somebody listens after a while', async () => {
  const world = aWorld()
  const port = await aClosedPort()
  const opened: Promise<{ readonly server: Server }>[] = []
  const sleep = world.clock.sleep.bind(world.clock)
  world.clock.sleep = async (ms) => {
    opened.push(aServer(port))
    await opened[0]
    await sleep(ms)
  }
  await waitForConnection(world.aws, { host: '127.0.0.1', port, pace: PACE })
  expect(world.clock.sleeps).toEqual([2_000])
  expect(world.log.lines).toEqual([
    'info: 0s  waiting for the endpoint to accept a connection (ECONNREFUSED)',
  ])
  for (const { server } of await Promise.all(opened)) await close(server)
})

test('nobody listens in time: says what it may be', async () => {
  const world = aWorld()
  const port = await aClosedPort()
  await expect(waitForConnection(world.aws, { host: '127.0.0.1', port, pace: PACE })).rejects.toMatchObject({
    title: 'Timed out',
    what: `The endpoint of the clone accepted no TCP connection at port ${port} from this runner within 1m (ECONNREFUSED).`,
    remedy:
      'The clone itself is available: use a runner with a route to its subnets, let its security groups allow the runner, or leave probe out.',
  })
})

test('cancelled meanwhile', async () => {
  const world = aWorld()
  const port = await aClosedPort()
  world.clock.onSleep = () => {
    world.controller.abort()
  }
  await expect(waitForConnection(world.aws, { host: '127.0.0.1', port, pace: PACE })).rejects.toMatchObject({
    title: 'Cancelled',
    what: 'The run was cancelled. The clone is available; its endpoint had not answered yet.',
  })
})
