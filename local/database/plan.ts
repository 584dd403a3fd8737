import type { ClusterRecord } from '../aurora/records.ts'

/** A cluster as far as its database is concerned. */
export interface DatabaseCluster extends Pick<
  ClusterRecord,
  'resourceId' | 'copy' | 'copiedFrom' | 'deletionRequestedAt'
> {
  readonly status: string
  /** Of the instance that writes; without one there is nothing that could answer. */
  readonly writerStatus: string | undefined
}

/** What a cluster's database is to be. */
export type Goal = 'running' | 'at-rest' | 'removed'

/** In these nothing answers: the cluster or instance is not made yet, stands still, leaves or is broken. [aurora §4] */
const SILENT =
  /^(?:creating|starting|stopping|stopped|backtracking|deleting|gone|rebooting|storage-full)$|fail|inaccessible|incompatible|insufficient|restore-error/

export function goalOf({ status, writerStatus, deletionRequestedAt }: DatabaseCluster): Goal {
  if (deletionRequestedAt !== undefined) return 'removed'
  const isSilent = writerStatus === undefined || SILENT.test(writerStatus) || SILENT.test(status)
  return isSilent ? 'at-rest' : 'running'
}

/** Where the data of a cluster without files come from: nothing, or the files of another cluster. */
export function originOf({ copy, copiedFrom }: DatabaseCluster): { readonly copiedFrom: string } | 'nothing' {
  return copy === 'original' || copiedFrom === undefined ? 'nothing' : { copiedFrom }
}
