import * as parser from '@typescript-eslint/parser'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'

// Who may import what in this house. The rules that many share are in .oxlintrc.json: oxlint takes a tenth of the time.

/** Where the commands that change AWS may be imported. Every name is allowed here one by one: a new one is a decision. */
const COMMANDS = [
  'AddTagsToResource',
  'CreateDBInstance',
  'Describe\\w+',
  'RestoreDBClusterToPointInTime',
  'StartDBCluster',
]
const DELETING_COMMANDS = [...COMMANDS, 'DeleteDBCluster', 'DeleteDBInstance']
const CHANGING_COMMANDS = [
  ...COMMANDS,
  'BacktrackDBCluster',
  'DisableHttpEndpoint',
  'EnableHttpEndpoint',
  'ModifyDBCluster',
]

function onlyCommands(names) {
  return {
    regex: '^@aws-sdk/client-rds$',
    // `RDS` is the client that has a method for every command.
    importNamePattern: `^(?:RDS$|(?!(?:${names.join('|')})Command$)\\w+Command$)`,
    message:
      'Only src/aurora/gone/delete-clone.ts deletes, only src/aurora/prepare/change-clone.ts modifies, and no code stops or reboots.',
  }
}

const NO_AWS = {
  regex: '^(?:@aws-sdk|@smithy)/',
  message: 'Only src/aurora talks to AWS.',
}
const NO_ACTIONS_CORE = {
  regex: '^@actions/core(?:/|$)',
  message: 'Only src/runner.ts and src/report/publish.ts know the runner: return an Outcome, or take a Log.',
}
const NO_ACTIONS_GITHUB = {
  regex: '^(?:@actions/github|@octokit/.*)(?:/|$)',
  message: 'Only src/github/api.ts talks to GitHub.',
}
const NO_OTHER_ACTIONS = {
  regex: '^@actions/(?!core|github)',
  message: 'The action uses the runner through @actions/core alone.',
}

/** What files of `src` may import from packages: each list replaces the one before it. */
function packageImports(files, patterns) {
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [...patterns, NO_OTHER_ACTIONS] }] },
  }
}

/** no-restricted-imports does not see `import()`. */
const NO_DYNAMIC_PACKAGE = {
  selector: 'ImportExpression:not([source.value=/^\\./])',
  message: 'Load packages with import() only where a file of its own wraps them.',
}

/** A file that wraps a package which it loads with `import()`. */
function lazyPackage(file, name) {
  const selector = `ImportExpression:not([source.value=/^(?:\\.|${name}$)/])`
  return {
    files: [file],
    rules: { 'no-restricted-syntax': ['error', { ...NO_DYNAMIC_PACKAGE, selector }] },
  }
}

/** The arrows between the folders: `from` is out of reach for `target`, types and `import()` included. */
const ARROWS = [
  { target: './src', from: ['./local', './policies', './infra', './__tests__', './scripts'] },
  { target: './local', from: ['./src', './policies', './infra', './__tests__', './scripts'] },
  { target: './policies', from: ['./local', './infra', './__tests__', './scripts'] },
  { target: './infra', from: ['./local', './__tests__', './scripts'] },
  { target: './scripts', from: ['./local', './__tests__'] },
  {
    target: './src/aurora',
    from: ['./src/github', './src/report', './src/modes', './src/main.ts', './src/inputs.ts'],
  },
  {
    target: './src/github',
    from: ['./src/aurora', './src/report', './src/modes', './src/main.ts', './src/inputs.ts'],
  },
  { target: './src/report', from: ['./src/aurora', './src/modes', './src/main.ts', './src/inputs.ts'] },
  { target: './src/modes', from: ['./src/report', './src/runner.ts', './src/main.ts'] },
  // What is to be done with data is decided without AWS and GitHub.
  {
    target: './src/sanitise',
    from: ['./src/aurora', './src/github', './src/report', './src/modes', './src/main.ts', './src/inputs.ts'],
  },
  // The rooms of src/aurora, from the inside out: api, clone, gone and prepare, ready.
  { target: './src/aurora/api', from: ['./src/aurora/!(api)/**'] },
  { target: './src/aurora/clone', from: ['./src/aurora/!(api|clone)/**'] },
  { target: './src/aurora/gone', from: ['./src/aurora/!(api|clone|gone)/**'] },
  { target: './src/aurora/prepare', from: ['./src/aurora/!(api|clone|prepare)/**'] },
  { target: './src/aurora/*.ts', from: ['./src/aurora/!(api)/**'] },
  { target: './src/!(index).ts', from: './src/index.ts' },
]

export default [
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    languageOptions: { parser },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
    },
    rules: { 'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: ARROWS }] },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      // oxlint does not follow `import()`.
      'import-x/no-cycle': 'error',
      'no-restricted-syntax': ['error', NO_DYNAMIC_PACKAGE],
    },
  },
  packageImports(['src/**/*.ts'], [NO_AWS, NO_ACTIONS_CORE, NO_ACTIONS_GITHUB]),
  packageImports(['src/runner.ts', 'src/report/publish.ts'], [NO_AWS, NO_ACTIONS_GITHUB]),
  packageImports(['src/github/api.ts'], [NO_AWS, NO_ACTIONS_CORE]),
  packageImports(['src/aurora/**/*.ts'], [onlyCommands(COMMANDS), NO_ACTIONS_CORE, NO_ACTIONS_GITHUB]),
  packageImports(
    ['src/aurora/gone/delete-clone.ts'],
    [onlyCommands(DELETING_COMMANDS), NO_ACTIONS_CORE, NO_ACTIONS_GITHUB],
  ),
  packageImports(
    ['src/aurora/prepare/change-clone.ts'],
    [onlyCommands(CHANGING_COMMANDS), NO_ACTIONS_CORE, NO_ACTIONS_GITHUB],
  ),
  // These packages are loaded only for the runs that use them.
  lazyPackage('src/aurora/api/account.ts', '@aws-sdk\\/client-sts'),
  lazyPackage('src/aurora/api/data-api.ts', '@aws-sdk\\/client-rds-data'),
  lazyPackage('src/sanitise/split/postgresql-parser.ts', 'libpg-query'),
]
