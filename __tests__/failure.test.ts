import { expect, test } from '@jest/globals'
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
