import { Failure } from '../../failure.ts'
import type { DeletionRefusal } from '../clone/ownership.ts'
import { TAG } from '../clone/tags.ts'

export function deletionRefused(
  identifier: string,
  { kind, because }: Pick<DeletionRefusal, 'kind' | 'because'>,
): Failure {
  const what = `Cluster "${identifier}" was not deleted: ${because}.`
  switch (kind) {
    case 'protected':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: 'If the clone is no longer needed, switch deletion protection off and run mode destroy.',
      })
    case 'held':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: `If the clone is no longer needed, set its tag ${TAG.hold} to false and run again.`,
      })
    case 'not-owned':
      return new Failure({
        title: 'Cluster not owned',
        what,
        remedy:
          'Look at the cluster and its tags in the RDS console: this action deletes only what is provably its own.',
      })
  }
}
