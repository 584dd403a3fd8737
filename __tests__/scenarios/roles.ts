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
  /** How the stack of the roles was made that steps assume by name: as docs/role.md has its parameters. */
  readonly stack?: Stack
}

export interface Stack {
  readonly preparation?: boolean
  /** Pull requests may clone sanitised clones with the key `warm`, and nothing else. */
  readonly onlyWarm?: boolean
}

/** Each repository has roles of its own. */
interface OwnPlace extends Place {
  readonly repositoryId: number
}

/** Keys of the named clones in scenarios. */
const CLONE_KEYS = ['nightly', 'warm', 'release', 'feature-x', 'staging']
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
  const { sources, stack = {} } = place
  const creating: CreatingRole = {
    ...own,
    sources,
    sourceKeys: [],
    instanceClasses: [...INSTANCE_CLASSES, ...list(inputs['instance-class'])],
    kmsKeyIds: [],
  }
  // A run that only waits finishes what another one has begun.
  const prepares =
    stack.preparation === true ||
    ['wait', 'publish'].includes(inputs['mode'] ?? '') ||
    PREPARING.some((name) => (inputs[name] ?? '') !== '')
  return cloneKey === ''
    ? [
        pullRequestPermissions(
          stack.onlyWarm === true
            ? { ...creating, sources: [], sourceKeys: ['warm'], onlyClean: true }
            : { ...creating, sourceKeys: CLONE_KEYS },
        ),
        ...(prepares ? [pullRequestPreparation(own)] : []),
      ]
    : [
        namedClonePermissions({ ...creating, cloneKey }),
        ...(prepares ? [namedClonePreparation({ ...own, cloneKey })] : []),
      ]
}

/** The role that the examples call so; any other may do nothing with Amazon RDS. */
function roleNamed(arn: string, place: OwnPlace): readonly PolicyDocument[] {
  const name = arn.replace(/^.*:role\//, '')
  switch (name) {
    case 'aurora-clone':
      return roleOf({}, place)
    case 'aurora-clone-sweep':
      return roleOf({ mode: 'sweep' }, place)
    case 'aurora-clone-sweep-account':
      return roleOf({ mode: 'sweep', scope: 'account' }, place)
    default: {
      const key = name.replace(/^aurora-clone-/, '')
      return CLONE_KEYS.includes(key) ? roleOf({ 'clone-key': key }, place) : []
    }
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
