import { expect, test } from '@jest/globals'
import { ownerName } from '../../src/modes/context.ts'

const OWNER = { server: 'github.com', repositoryId: '4711', key: 'pr-42', number: 42, generation: undefined }

test.each([
  ['pull request #42', OWNER],
  ['nightly', { ...OWNER, key: 'nightly', number: undefined }],
  ['nightly (generation 20261121)', { ...OWNER, key: 'nightly', number: undefined, generation: '20261121' }],
])('messages name an owner %s', (name, owner) => {
  expect(ownerName(owner)).toBe(name)
})
