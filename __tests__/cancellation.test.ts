import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type Cancellation, watchSignals } from '../src/cancellation.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const listeners = () => SIGNALS.map((signal) => process.listenerCount(signal))

let before: readonly number[]
let cancellation: Cancellation
let overdue: string | undefined

beforeEach(() => {
  jest.useFakeTimers()
  before = listeners()
  cancellation = watchSignals()
  overdue = undefined
  cancellation.overdue.catch((error: unknown) => {
    overdue = (error as Error).name
  })
})

afterEach(() => {
  cancellation.end()
  jest.useRealTimers()
})

test('nobody cancels: nothing happens', async () => {
  await jest.advanceTimersByTimeAsync(3_600_000)
  expect([cancellation.signal.aborted, overdue]).toEqual([false, undefined])
})

describe.each(SIGNALS)('%s', (signal) => {
  test('nothing new is started from now on, and the run has four seconds to end', async () => {
    process.emit(signal)
    expect(cancellation.signal.aborted).toBe(true)
    await jest.advanceTimersByTimeAsync(3_999)
    expect(overdue).toBeUndefined()
    await jest.advanceTimersByTimeAsync(1)
    expect(overdue).toBe('Cancelled')
  })
})

test('the second signal gives no more time', async () => {
  process.emit('SIGINT')
  await jest.advanceTimersByTimeAsync(3_000)
  process.emit('SIGTERM')
  await jest.advanceTimersByTimeAsync(1_000)
  expect(overdue).toBe('Cancelled')
})

test('ended in time: no more waiting, and the signals are nobody’s again', async () => {
  expect(listeners()).toEqual(before.map((count) => count + 1))
  process.emit('SIGINT')
  process.emit('SIGTERM')
  cancellation.end()
  expect(jest.getTimerCount()).toBe(0)
  expect(listeners()).toEqual(before)
  await jest.advanceTimersByTimeAsync(10_000)
  expect(overdue).toBeUndefined()
})
