import type { DeletionVerdict } from '../aurora/ownership.ts'
import { TAG } from '../aurora/tags.ts'
import { Failure } from '../failure.ts'

/** A deletion that the guard refused, told to the user. */
export function deletionRefused(
  identifier: string,
  { kind, because }: Exclude<DeletionVerdict, { readonly allowed: true }>,
): Failure {
  const what = `Cluster "${identifier}" was not deleted: ${because}.`
  switch (kind) {
    case 'protected':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: 'If nobody needs the clone any more, switch deletion protection off and run mode destroy.',
      })
    case 'held':
      return new Failure({
        title: 'Clone is protected',
        what,
        remedy: `If nobody needs the clone any more, remove its tag ${TAG.hold} and run again.`,
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
