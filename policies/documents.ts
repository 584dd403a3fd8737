import {
  type CreatingRole,
  PULL_REQUEST_KEYS,
  namedClonePermissions,
  namedClonePreparation,
  pullRequestPermissions,
  pullRequestPreparation,
  sweepPermissions,
} from './permissions.ts'
import type { PolicyDocument } from './policy-document.ts'
import { OWN_REPOSITORY, OWN_TAG } from './publisher.ts'
import {
  calledTrust,
  defaultBranchTrust,
  directTrust,
  enterpriseDefaultBranchTrust,
  enterpriseTrust,
} from './trust.ts'

/** Words that stand for a reader's own values. None of them is a real name: an unused one may stay as it is. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ACCOUNT: 'the AWS account',
  BRANCH: 'the default branch',
  CLONE_KEY: 'a `clone-key`; without named clones, leave it',
  COMMIT: 'the commit of the called workflow, where it is pinned by one; else leave it',
  ISSUER: 'an enterprise’s own issuer',
  KEY_ID: 'the KMS key of the source; without one of your own, leave it',
  ORG: 'the owner of the repository',
  ORG_ID: 'the id of the owner',
  PREFIX: 'the `identifier-prefix`, `clone` unless you set it',
  REGION: 'the Region',
  REPO: 'the repository',
  REPO_ID: 'the id of the repository',
  SOURCE: 'the source cluster',
}

const ACCOUNT = { region: 'REGION', accountId: 'ACCOUNT', prefix: 'PREFIX' }
const CLONE_KEY = 'CLONE_KEY'
const REPOSITORY = {
  accountId: 'ACCOUNT',
  owner: 'ORG',
  ownerId: 'ORG_ID',
  repository: 'REPO',
  repositoryId: 'REPO_ID',
  defaultBranch: 'BRANCH',
}
const ENTERPRISE = { ...REPOSITORY, issuer: 'ISSUER' }

const CREATING: CreatingRole = {
  ...ACCOUNT,
  repositoryId: 'REPO_ID',
  sources: ['SOURCE'],
  sourceKeys: [],
  instanceClasses: ['db.serverless'],
  kmsKeyIds: ['KEY_ID'],
}
const KEYS = [PULL_REQUEST_KEYS, CLONE_KEY]

/** The called workflow, as it is named by its tag and by a commit. */
const WORKFLOW = `${OWN_REPOSITORY}/.github/workflows/pr-database.yml`
export const CALLED = [`${WORKFLOW}@refs/tags/${OWN_TAG}`, `${WORKFLOW}@COMMIT`] as const

/** The files of this directory, by name. `npm run docs` writes them. */
export const DOCUMENTS: Readonly<Record<string, PolicyDocument>> = {
  'pull-requests.json': pullRequestPermissions({ ...CREATING, sourceKeys: [CLONE_KEY] }),
  'pull-requests-warm.json': pullRequestPermissions({
    ...CREATING,
    sources: [],
    sourceKeys: [CLONE_KEY],
    onlyClean: true,
  }),
  'named-clones.json': namedClonePermissions({ ...CREATING, cloneKey: CLONE_KEY }),
  'pull-requests-prepare.json': pullRequestPreparation({ ...ACCOUNT, repositoryId: 'REPO_ID' }),
  'named-clones-prepare.json': namedClonePreparation({
    ...ACCOUNT,
    repositoryId: 'REPO_ID',
    cloneKey: CLONE_KEY,
  }),
  'sweep.json': sweepPermissions({ ...ACCOUNT, repositoryId: 'REPO_ID', keys: KEYS }),
  'sweep-account.json': sweepPermissions({ ...ACCOUNT, repositoryId: undefined, keys: KEYS }),
  'trust-called.json': calledTrust(REPOSITORY, CALLED),
  'trust-direct.json': directTrust(REPOSITORY),
  'trust-default-branch.json': defaultBranchTrust(REPOSITORY),
  'trust-enterprise.json': enterpriseTrust(ENTERPRISE),
  'trust-enterprise-default-branch.json': enterpriseDefaultBranchTrust(ENTERPRISE),
}

interface Role {
  /** As the examples call it. */
  readonly name: string
  readonly runs: string
  /** Files of this directory. */
  readonly trust: readonly string[]
  readonly permissions: string
  /** Needed, too, where clones are prepared: passwords of their own, sanitising, quarantine. */
  readonly preparation?: string
  readonly may: string
}

/** Which role takes which files. */
export const ROLES: readonly Role[] = [
  {
    name: 'aurora-clone',
    runs: 'pull requests',
    trust: ['trust-called.json', 'trust-direct.json'],
    permissions: 'pull-requests.json',
    preparation: 'pull-requests-prepare.json',
    may: 'create, extend and delete clones of pull requests of your repository',
  },
  {
    name: 'aurora-clone-sweep',
    runs: 'the sweep',
    trust: ['trust-default-branch.json'],
    permissions: 'sweep.json',
    may: 'delete clones of your repository, and nothing else',
  },
  {
    name: 'aurora-clone-nightly',
    runs: 'a `clone-key`',
    trust: ['trust-default-branch.json'],
    permissions: 'named-clones.json',
    preparation: 'named-clones-prepare.json',
    may: 'create, extend and delete clones of your repository with that key',
  },
]

const WIDTH = 110

/** JSON whose lists and objects stand on one line where they fit. */
export function renderPolicy(document: PolicyDocument): string {
  return `${render(document, '')}\n`
}

function render(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const parts = Array.isArray(value)
    ? value.map((item: unknown) => render(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${render(item, inner)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const line = Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
  if (!line.includes('\n') && indent.length + line.length <= WIDTH) return line
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}
