import type { ReadyFailure } from '../aurora/plan-ready.ts'
import type { ClusterSnapshot } from '../aurora/snapshot.ts'
import { TAG } from '../aurora/tags.ts'
import { Failure } from '../failure.ts'
import { type CloneOwner, ownerName } from './mode-context.ts'

interface ReadyFailureContext {
  readonly owner: CloneOwner
  readonly identifier: string
  readonly detail: string
  readonly cluster: ClusterSnapshot | undefined
}

/** Why a clone cannot be brought to ready, told to the user. */
export function explainReadyFailure(
  why: ReadyFailure,
  { owner, identifier, detail, cluster }: ReadyFailureContext,
): Failure {
  const name = `Clone "${identifier}"`
  switch (why) {
    case 'no-clone':
      return new Failure({
        title: 'No clone',
        what: `There is no clone for ${ownerName(owner)}.`,
        remedy: 'Run mode create first.',
      })
    case 'being-deleted':
      return new Failure({
        title: 'No clone',
        what: `${name} of ${ownerName(owner)} is being deleted.`,
        remedy: 'Run mode create: it waits until the name is free and makes a new one.',
      })
    case 'vanished':
      return new Failure({
        title: 'Clone failed',
        what: `${name} was ${detail}, and was gone again each time: somebody else deleted it.`,
        remedy: 'Look in CloudTrail for DeleteDBCluster on it.',
      })
    case 'not-owned':
      return new Failure({
        title: 'Cluster not owned',
        what: `A cluster named "${identifier}" exists, but it is not a clone of this action: ${detail}. It was not touched.`,
        remedy: 'Rename or remove that cluster, or choose another identifier-prefix.',
      })
    case 'other-source':
      return new Failure({
        title: 'Clone of another source',
        what: `${name} was made from source cluster "${detail}", not from the one that is configured now. It was not touched.`,
        remedy:
          'Set clone-name to have one clone for each source, or run mode destroy to give the old one up.',
      })
    case 'misfit-parameters':
      return new Failure({
        title: 'Parameter group rejected',
        what: `${name} failed: ${detail}.`,
        remedy: `Correct parameter group "${cluster?.tags?.[TAG.parameterGroup] ?? 'of the source'}", or set db-parameter-group-name (or db-cluster-parameter-group-name) to one that fits the instance class; ${THEN_CREATE}`,
      })
    case 'misfit-key':
    case 'misfit-network':
    case 'misfit-configuration':
      return new Failure({
        title: 'Clone failed',
        what: `${name} failed: ${detail}.`,
        remedy: `${CORRECTION[why]}; ${THEN_CREATE}`,
      })
    case 'failed-before-ready':
      return new Failure({
        title: 'Clone failed',
        what: `${name} failed before it was ready: ${detail}.`,
        remedy: 'Run mode create: it replaces a clone that never was ready.',
      })
    case 'failed-again':
      return new Failure({
        title: 'Clone failed',
        what: `${name} was removed and made again, and failed again: ${detail}.`,
        remedy: 'The events of AWS in the log say why; correct the cause and run again.',
      })
    case 'failed-after-ready':
      return new Failure({
        title: 'Clone failed',
        what: `${name} has failed in the middle of its life: ${detail}. It was not touched, since it may hold somebody's work.`,
        remedy: 'If nobody needs its data, run mode destroy and then create.',
      })
  }
}

const THEN_CREATE = 'then run mode create, which replaces the clone.'

const CORRECTION = {
  'misfit-key': 'Give RDS access to the KMS key of the source, or set kms-key-id',
  'misfit-network': 'Correct db-subnet-group-name and vpc-security-group-ids',
  'misfit-configuration': 'Correct what the status names',
} as const
