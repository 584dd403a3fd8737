import { expect, test } from '@jest/globals'
import { deletionRefused } from '../../../src/aurora/gone/refusal.ts'
import { CLONE } from '../../factories.ts'

test.each([
  [
    'held',
    'its tag aurora-clone:hold is "true"',
    'Clone is protected',
    'If the clone is no longer needed, set its tag aurora-clone:hold to false and run again.',
  ],
  [
    'protected',
    'deletion protection is on',
    'Clone is protected',
    'If the clone is no longer needed, switch deletion protection off and run mode destroy.',
  ],
  [
    'not-owned',
    'its tags could not be read',
    'Cluster not owned',
    'Look at the cluster and its tags in the RDS console: this action deletes only what is provably its own.',
  ],
] as const)('%s (%s): %s', (kind, because, title, remedy) => {
  expect(deletionRefused(CLONE, { kind, because })).toMatchObject({
    title,
    what: `Cluster "${CLONE}" was not deleted: ${because}.`,
    remedy,
  })
})
