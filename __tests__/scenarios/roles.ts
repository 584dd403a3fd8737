import { createHash } from 'node:crypto'
import type { LocalAction } from '../../local/runner/local-action.ts'
import { replacedActions } from '../../local/runner/actions/replaced-actions.ts'
import {
  type CreatingRole,
  namedClonePermissions,
  namedClonePreparation,
  pullRequestPermissions,
  pullRequestPreparation,
  sweepPermissions,
} from '../../policies/permissions.ts'
import type { PolicyDocument } from '../../policies/policy-document.ts'

type Inputs = Readonly<Record<string, string>>

/** Where a world's roles are, and what they may clone. */
export interface Place {
  readonly region: string
  readonly accountId: string
  readonly sources: readonly string[]
}

/** Each repository has roles of its own. */
interface OwnPlace extends Place {
  readonly repositoryId: number
}

/** Keys of the named clones in scenarios. */
const CLONE_KEYS = ['nightly', 'feature-x', 'staging']
/** The last one is a slip of the pen that a role allows. */
const INSTANCE_CLASSES = ['db.serverless', 'db.r6g.large', 'db.foo.large']

/** The inputs that need the second policy. */
const PREPARING = ['master-credentials', 'inherited-logins', 'sanitize-sql', 'verify-sql', 'publish']

/** The role that a step with these inputs runs under, as docs/permissions.md has it. */
export function roleOf(inputs: Inputs, place: OwnPlace): readonly PolicyDocument[] {
  const { 'identifier-prefix': prefix = 'clone', 'clone-key': cloneKey = '', scope = 'repository' } = inputs
  const own = { ...place, prefix, repositoryId: String(place.repositoryId) }
  if (inputs['mode'] === 'sweep')
    return [
      sweepPermissions({
        ...own,
        repositoryId: scope === 'account' ? undefined : own.repositoryId,
        keys: ['pr-*', ...CLONE_KEYS],
      }),
    ]
  const creating: CreatingRole = {
    ...own,
    sourceKeys: [],
    instanceClasses: [...INSTANCE_CLASSES, ...list(inputs['instance-class'])],
    kmsKeyIds: [],
  }
  // A run that only waits finishes what another one has begun.
  const prepares =
    ['wait', 'publish'].includes(inputs['mode'] ?? '') ||
    PREPARING.some((name) => (inputs[name] ?? '') !== '')
  return cloneKey === ''
    ? [
        pullRequestPermissions({ ...creating, sourceKeys: CLONE_KEYS }),
        ...(prepares ? [pullRequestPreparation(own)] : []),
      ]
    : [
        namedClonePermissions({ ...creating, cloneKey }),
        ...(prepares ? [namedClonePreparation({ ...own, cloneKey })] : []),
      ]
}

/** The role that the examples call so; any other may do nothing with Amazon RDS. */
function roleNamed(arn: string, place: OwnPlace): readonly PolicyDocument[] {
  switch (arn.replace(/^.*:role\//, '')) {
    case 'aurora-clone':
      return roleOf({}, place)
    case 'aurora-clone-sweep':
      return roleOf({ mode: 'sweep' }, place)
    case 'aurora-clone-sweep-account':
      return roleOf({ mode: 'sweep', scope: 'account' }, place)
    case 'aurora-clone-nightly':
      return roleOf({ 'clone-key': 'nightly' }, place)
    default:
      return []
  }
}

/** The policies of a role, by its ARN. */
export type RoleNamed = (arn: string, place: OwnPlace) => readonly PolicyDocument[]

/** Which access key has which role. A key that was never given belongs to somebody with all rights. */
export class Roles {
  readonly #policies = new Map<string, readonly PolicyDocument[]>()
  readonly #roleNamed: RoleNamed

  constructor(named: RoleNamed = roleNamed) {
    this.#roleNamed = named
  }

  readonly policiesOf = (accessKeyId: string): readonly PolicyDocument[] | undefined =>
    this.#policies.get(accessKeyId)

  /** An access key for a role: the same one for the same role. */
  accessKeyFor(role: readonly PolicyDocument[]): string {
    const digest = createHash('sha256').update(JSON.stringify(role)).digest('hex')
    const accessKeyId = `ASIA${digest.slice(0, 16).toUpperCase()}`
    this.#policies.set(accessKeyId, role)
    return accessKeyId
  }

  /** The actions of others, of which the one that assumes a role gives its policies to the new access key. */
  actionsIn(place: Place): Readonly<Record<string, LocalAction>> {
    const configure = 'aws-actions/configure-aws-credentials'
    const assume = replacedActions[configure]
    if (assume === undefined) throw new Error(`${configure} has no replacement`)
    return {
      ...replacedActions,
      [configure]: async (step) => {
        const assumed = await assume(step)
        const own = { ...place, repositoryId: step.event.repository.id }
        const accessKeyId = assumed.exportedEnv?.['AWS_ACCESS_KEY_ID'] ?? ''
        this.#policies.set(accessKeyId, this.#roleNamed(step.inputs['role-to-assume'] ?? '', own))
        return assumed
      },
    }
  }
}

function list(text = ''): readonly string[] {
  return text === '' ? [] : [text]
}
