import {
  type CreatingRole,
  PULL_REQUEST_KEYS,
  namedClonePermissions,
  pullRequestPermissions,
  sweepPermissions,
} from './permissions.ts'
import type { PolicyDocument } from './policy-document.ts'
import {
  calledTrust,
  defaultBranchTrust,
  directTrust,
  enterpriseDefaultBranchTrust,
  enterpriseTrust,
} from './trust.ts'

/** Words that stand for a reader's own values. None of them is a real name: a key that nobody uses may stay as it is. */
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
const WORKFLOW = 'org/aurora-clone-action/.github/workflows/pr-database.yml'
const CALLED = [`${WORKFLOW}@refs/tags/v1`, `${WORKFLOW}@COMMIT`]

/** The files of this directory, by name. `npm run docs` writes them. */
export const DOCUMENTS: Readonly<Record<string, PolicyDocument>> = {
  'pull-requests.json': pullRequestPermissions({ ...CREATING, sourceKeys: [CLONE_KEY] }),
  'named-clones.json': namedClonePermissions({ ...CREATING, cloneKey: CLONE_KEY }),
  'sweep.json': sweepPermissions({ ...ACCOUNT, repositoryId: 'REPO_ID', keys: KEYS }),
  'sweep-account.json': sweepPermissions({ ...ACCOUNT, repositoryId: undefined, keys: KEYS }),
  'trust-called.json': calledTrust(REPOSITORY, CALLED),
  'trust-direct.json': directTrust(REPOSITORY),
  'trust-default-branch.json': defaultBranchTrust(REPOSITORY),
  'trust-enterprise.json': enterpriseTrust(ENTERPRISE),
  'trust-enterprise-default-branch.json': enterpriseDefaultBranchTrust(ENTERPRISE),
}

export function renderPolicy(document: PolicyDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`
}
