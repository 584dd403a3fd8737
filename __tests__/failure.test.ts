import { describe, expect, test } from '@jest/globals'
import { Cancelled, Failure, messageOf } from '../src/failure.ts'

test('a failure says what happened and what to do', () => {
  const cause = new Error('x')
  const failure = new Failure({ title: 'No clone', what: 'It is not there.', remedy: 'Make it.', cause })
  expect(failure).toMatchObject({
    name: 'Failure',
    message: 'It is not there. Make it.',
    title: 'No clone',
    what: 'It is not there.',
    remedy: 'Make it.',
    cause,
  })
  expect(new Failure({ title: 'No clone', what: 'x', remedy: 'y' })).not.toHaveProperty('cause')
})

describe('a message fits into an annotation, and says what to do', () => {
  test.each([
    ['what happened is a page', 'word '.repeat(14_000), 'Do this.', 'request-7'],
    ['what happened has no spaces', 'x'.repeat(70_000), 'Do this.', undefined],
    ['the remedy names too many', 'It failed.', `Look at ${'names, '.repeat(10_000)}`, 'r'.repeat(128)],
    ['both are long', 'a '.repeat(40_000), 'b '.repeat(40_000), undefined],
  ])('%s', (_, what, remedy, requestId) => {
    const failure = new Failure({ title: 'No clone', what, remedy, requestId })
    expect(failure.message.length).toBeLessThanOrEqual(4_096)
    expect(failure.message).toBe(
      `${failure.what} ${failure.remedy}${requestId === undefined ? '' : ` (AWS request ${requestId})`}`,
    )
    expect(remedy.startsWith(failure.remedy.slice(0, 400))).toBe(true)
    expect(failure.what.length).toBeGreaterThan(9)
  })
})

test('a cancelled run says how it stands', () => {
  expect(new Cancelled('The clone is being created.')).toMatchObject({
    name: 'Cancelled',
    title: 'Cancelled',
    what: 'The run was cancelled. The clone is being created.',
    remedy: 'Nothing is lost: the next run continues from what AWS has.',
  })
})

test.each([
  [new Error('boom'), 'boom'],
  ['boom', 'boom'],
  [undefined, 'undefined'],
])('messageOf(%s)', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message)
})
