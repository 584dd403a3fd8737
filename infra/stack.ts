import { stringify } from 'yaml'
import { CALLED, DOCUMENTS, ROLES } from '../policies/documents.ts'
import type { PolicyDocument } from '../policies/policy-document.ts'
import { MAX_KEY_LENGTH, MAX_PREFIX_LENGTH } from '../src/aurora/clone/identity.ts'
import { type OptionalWord, stackPolicy, stackPolicyIf, stackPolicyText } from './stack-policy.ts'

/** infra/cloudformation.yml, which `npm run docs` writes: the roles of policies/, and who may assume them. */

export interface Parameter {
  readonly Type: 'String' | 'CommaDelimitedList'
  readonly Description: string
  readonly Default?: string
  readonly AllowedValues?: readonly string[]
  /** Of a list: of each of its items. It keeps out quotes and what IAM reads as a wildcard or a variable. */
  readonly AllowedPattern?: string
  readonly MaxLength?: number
}

const GITHUB = 'token.actions.githubusercontent.com'
const ID = '^[1-9][0-9]*$'

export const PARAMETERS: Readonly<Record<string, Parameter>> = {
  Owner: {
    Type: 'String',
    Description: 'The owner of the repository whose pull requests get clones',
    AllowedPattern: '^[A-Za-z0-9_-]+$',
  },
  OwnerId: { Type: 'String', Description: 'The id of the owner', AllowedPattern: ID },
  Repository: {
    Type: 'String',
    Description: 'The name of the repository, without its owner',
    AllowedPattern: '^[A-Za-z0-9._-]+$',
  },
  RepositoryId: { Type: 'String', Description: 'The id of the repository', AllowedPattern: ID },
  DefaultBranch: {
    Type: 'String',
    Description: 'The default branch: the sweep and named clones run on it alone',
    AllowedPattern: '^[^\\s*?$"\\\\]+$',
  },
  SourceClusterArns: {
    Type: 'CommaDelimitedList',
    Description: 'The ARNs of the clusters that may be cloned',
    AllowedPattern: '^arn:aws:rds:[a-z0-9-]+:[0-9]{12}:cluster:[a-z][a-z0-9-]*$',
  },
  OidcProvider: {
    Type: 'String',
    Description: 'Whether to create the identity provider of GitHub, or the account has it',
    AllowedValues: ['create', 'existing'],
  },
  Workflow: {
    Type: 'String',
    Description:
      'Who may assume the role for pull requests: called workflows alone, or any workflow (direct)',
    Default: 'called',
    AllowedValues: ['called', 'direct'],
  },
  CalledWorkflows: {
    Type: 'CommaDelimitedList',
    Description: 'The called workflows that may, each with the tag or commit that you call it by',
    Default: CALLED[0],
    AllowedPattern: '^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+/\\.github/workflows/[A-Za-z0-9._-]+@[A-Za-z0-9._/-]+$',
  },
  Prefix: {
    Type: 'String',
    Description: 'The identifier-prefix of the clones',
    Default: 'clone',
    AllowedPattern: '^[a-z][a-z0-9]*$',
    MaxLength: MAX_PREFIX_LENGTH,
  },
  CloneKey: {
    Type: 'String',
    Description: 'A clone-key. With one, there is a role for its clones, and pull requests may clone them',
    Default: '',
    AllowedPattern: '^$|^(?!pr$|pr-)[a-z0-9]+(-[a-z0-9]+)*$',
    MaxLength: MAX_KEY_LENGTH,
  },
  OnlyWarm: {
    Type: 'String',
    Description:
      'Whether pull requests may clone only sanitised and published clones of the CloneKey, and no cluster by its name',
    Default: 'no',
    AllowedValues: ['no', 'yes'],
  },
  Preparation: {
    Type: 'String',
    Description: 'Whether the roles may prepare clones before they are published',
    Default: 'no',
    AllowedValues: ['no', 'yes'],
  },
  KmsKeyArns: {
    Type: 'CommaDelimitedList',
    Description: 'The ARNs of the KMS keys of the sources, and of kms-key-id. Not needed for aws/rds',
    Default: '',
    AllowedPattern: '^$|^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+$',
  },
  InstanceClasses: {
    Type: 'CommaDelimitedList',
    Description: 'The instance classes that a clone may have',
    Default: 'db.serverless',
    AllowedPattern: '^db\\.[a-z0-9.-]+$',
  },
  SubnetGroup: {
    Type: 'String',
    Description: 'The only DB subnet group that a clone may be in; * for any',
    Default: '*',
    AllowedPattern: '^\\*$|^[a-z0-9._ -]+$',
  },
  Issuer: {
    Type: 'String',
    Description:
      'The issuer of an enterprise with its own: HOSTNAME/_services/token, or token.actions.SUBDOMAIN.ghe.com',
    Default: GITHUB,
    AllowedPattern: '^[a-z0-9.-]+(/[A-Za-z0-9._-]+)*$',
  },
  RoleName: {
    Type: 'String',
    Description: 'The name of the role for pull requests. Those of the others begin with it',
    Default: 'aurora-clone',
    AllowedPattern: '^[A-Za-z0-9_-]+$',
    MaxLength: 32,
  },
}

const HAS_CLONE_KEY = not(equals({ Ref: 'CloneKey' }, ''))

const RULES = {
  OnlyWarm: {
    RuleCondition: equals({ Ref: 'OnlyWarm' }, 'yes'),
    Assertions: [{ Assert: HAS_CLONE_KEY, AssertDescription: 'OnlyWarm needs a CloneKey' }],
  },
}

const CONDITIONS = {
  CreatesProvider: equals({ Ref: 'OidcProvider' }, 'create'),
  IsEnterprise: not(equals({ Ref: 'Issuer' }, GITHUB)),
  IsCalled: equals({ Ref: 'Workflow' }, 'called'),
  HasCloneKey: HAS_CLONE_KEY,
  IsOnlyWarm: equals({ Ref: 'OnlyWarm' }, 'yes'),
  Prepares: equals({ Ref: 'Preparation' }, 'yes'),
  PreparesNamedClones: { 'Fn::And': [{ Condition: 'Prepares' }, { Condition: 'HasCloneKey' }] },
  HasKmsKeys: not(equals({ 'Fn::Join': ['', { Ref: 'KmsKeyArns' }] }, '')),
}

const ON_DEFAULT_BRANCH = trust('trust-enterprise-default-branch.json', policy('trust-default-branch.json'))

const RESOURCES = {
  GitHub: {
    Type: 'AWS::IAM::OIDCProvider',
    Condition: 'CreatesProvider',
    // Roles of others may have come to need it, but not before the stack is made.
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: { Url: { 'Fn::Sub': 'https://${Issuer}' }, ClientIdList: ['sts.amazonaws.com'] },
  },
  PullRequests: role('pull-requests.json', {
    name: { Ref: 'RoleName' },
    trust: trust('trust-enterprise.json', {
      'Fn::If': ['IsCalled', policy('trust-called.json'), policy('trust-direct.json')],
    }),
    own: stackPolicyIf({
      condition: 'IsOnlyWarm',
      met: documentOf('pull-requests-warm.json'),
      givenIfMet: ['CLONE_KEY'],
      otherwise: documentOf('pull-requests.json'),
    }),
  }),
  Sweep: role('sweep.json', { name: { 'Fn::Sub': '${RoleName}-sweep' }, trust: ON_DEFAULT_BRANCH }),
  NamedClones: {
    Condition: 'HasCloneKey',
    ...role('named-clones.json', {
      name: { 'Fn::Sub': '${RoleName}-${CloneKey}' },
      trust: ON_DEFAULT_BRANCH,
      given: ['CLONE_KEY'],
    }),
  },
  PullRequestsPreparation: {
    Condition: 'Prepares',
    ...preparation('PullRequests', policy('pull-requests-prepare.json')),
  },
  NamedClonesPreparation: {
    Condition: 'PreparesNamedClones',
    ...preparation('NamedClones', policy('named-clones-prepare.json', ['CLONE_KEY'])),
  },
}

const OUTPUTS = {
  PullRequests: output('PullRequests'),
  Sweep: output('Sweep'),
  NamedClones: { Condition: 'HasCloneKey', ...output('NamedClones') },
}

/** The template, as the file has it. Its policies are those of policies/. */
export function renderStack(): string {
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'The IAM roles of aurora-clone-action',
    Parameters: PARAMETERS,
    Rules: RULES,
    Conditions: CONDITIONS,
    Resources: RESOURCES,
    Outputs: OUTPUTS,
  }
  const head =
    '# npm run docs writes this file: the policies are those of policies/. docs/role.md explains it.\n'
  // CloudFormation reads YAML 1.1, where a version such as 2012-10-17 without quotes is a date.
  return (
    head +
    stringify(template, { version: '1.1', lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false })
  )
}

interface Role {
  readonly name: object
  readonly trust: object
  readonly given?: readonly OptionalWord[]
  /** Instead of the policy of the role's own file. */
  readonly own?: object
}

function role(permissions: string, { name, trust: AssumeRolePolicyDocument, given = [], own }: Role): object {
  const Description = ROLES.find((known) => known.permissions === permissions)?.may
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      Description,
      AssumeRolePolicyDocument,
      // Inline: a managed policy may have 6,144 characters only.
      Policies: [{ PolicyName: 'aurora-clone', PolicyDocument: own ?? policy(permissions, given) }],
    },
  }
}

/** A second inline policy of a role, as a resource: moto takes no conditions in Policies. */
function preparation(resource: string, document: object): object {
  return {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'aurora-clone-prepare',
      PolicyDocument: document,
      Roles: [{ Ref: resource }],
    },
  }
}

function trust(ofEnterprise: string, otherwise: object): object {
  return { 'Fn::If': ['IsEnterprise', stackPolicyText(documentOf(ofEnterprise)), otherwise] }
}

function policy(name: string, given: readonly OptionalWord[] = []): object {
  return stackPolicy(documentOf(name), given)
}

function documentOf(name: string): PolicyDocument {
  const document = DOCUMENTS[name]
  if (document === undefined) throw new Error(`There is no policies/${name}.`)
  return document
}

function output(resource: string): object {
  return { Value: { 'Fn::GetAtt': [resource, 'Arn'] } }
}

function equals(...values: readonly [unknown, string]): object {
  return { 'Fn::Equals': values }
}

function not(condition: object): object {
  return { 'Fn::Not': [condition] }
}
