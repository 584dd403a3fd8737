import { Failure } from '../../failure.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'
import { NEEDED_INPUTS } from '../clone/preparation.ts'
import { readTags } from '../clone/tags.ts'
import type { ReadyOrder } from './order.ts'
import type { ReadyFailure } from './plan.ts'

interface ReadyFailureContext extends Pick<ReadyOrder, 'ownerName' | 'identifier'> {
  readonly detail: string
  readonly cluster: ClusterSnapshot | undefined
}

type Explanation = Pick<Failure, 'title' | 'what' | 'remedy'>

export function explainReadyFailure(why: ReadyFailure, context: ReadyFailureContext): Failure {
  return new Failure(EXPLANATIONS[why](context))
}

const THEN_CREATE = 'then run mode create, which replaces the clone.'

function misfit(correction: string): (context: ReadyFailureContext) => Explanation {
  return ({ identifier, detail }) => ({
    title: 'Clone failed',
    what: `Clone "${identifier}" failed: ${detail}.`,
    remedy: `${correction}; ${THEN_CREATE}`,
  })
}

const EXPLANATIONS: Readonly<Record<ReadyFailure, (context: ReadyFailureContext) => Explanation>> = {
  'no-clone': ({ ownerName }) => ({
    title: 'No clone',
    what: `There is no clone for ${ownerName}.`,
    remedy: 'Run mode create first.',
  }),
  'being-deleted': ({ identifier, ownerName }) => ({
    title: 'No clone',
    what: `Clone "${identifier}" of ${ownerName} is being deleted.`,
    remedy: 'Run mode create: it makes a new clone.',
  }),
  'needs-preparation': ({ identifier }) => ({
    title: 'Clone not published',
    what: `Clone "${identifier}" was made to be sanitised before it is published, and this run has none of the inputs for that. Nobody gets its endpoint.`,
    remedy: NEEDED_INPUTS,
  }),
  vanished: ({ identifier, detail }) => ({
    title: 'Clone failed',
    what: `Clone "${identifier}" was ${detail}, and was gone again each time: something else deleted it.`,
    remedy: 'Look in CloudTrail for DeleteDBCluster on it.',
  }),
  'not-owned': ({ identifier, detail }) => ({
    title: 'Cluster not owned',
    what: `A cluster named "${identifier}" exists, but it is not a clone of this action: ${detail}. It was not touched.`,
    remedy: 'Rename or remove that cluster, or choose another identifier-prefix.',
  }),
  'other-source': ({ identifier, detail }) => ({
    title: 'Clone of another source',
    what: `Clone "${identifier}" was made from source cluster "${detail}", not from the one that is configured now. It was not touched.`,
    remedy: 'Set clone-name to have one clone per source, or run mode destroy to remove the old one.',
  }),
  'misfit-parameters': ({ identifier, detail, cluster }) => ({
    title: 'Parameter group rejected',
    what: `Clone "${identifier}" failed: ${detail}.`,
    remedy: `Correct parameter group "${readTags(cluster?.tags ?? {}).parameterGroup ?? 'of the source'}", or set db-parameter-group-name (or db-cluster-parameter-group-name) to one that fits the instance class; ${THEN_CREATE}`,
  }),
  'misfit-key': misfit('Give RDS access to the KMS key of the source, or set kms-key-id'),
  'misfit-network': misfit('Correct db-subnet-group-name and vpc-security-group-ids'),
  'misfit-configuration': misfit('Correct what the status names'),
  'failed-before-ready': ({ identifier, detail }) => ({
    title: 'Clone failed',
    what: `Clone "${identifier}" failed before it was ready: ${detail}.`,
    remedy: 'Run mode create: it replaces a clone that never was ready.',
  }),
  'failed-again': ({ identifier, detail }) => ({
    title: 'Clone failed',
    what: `Clone "${identifier}" was removed and recreated, and failed again: ${detail}.`,
    remedy: 'The events of AWS in the log say why. Correct the cause and run again.',
  }),
  'failed-after-ready': ({ identifier, detail }) => ({
    title: 'Clone failed',
    what: `Clone "${identifier}" failed after its endpoint had been published: ${detail}. It was not changed, because it may hold important data.`,
    remedy: 'If its data is not needed, run mode destroy and then create.',
  }),
}
