import type { CommandSpec } from './command-line.ts'

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const HOST = /^[a-z0-9][a-z0-9.-]*$/
const IMAGE = /^[a-z0-9.-]+(?:\/[a-z0-9._-]+)+:[A-Za-z0-9._-]{1,128}$/
const PATH = /^[\w./-]+$/
const SETTING = /^[A-Za-z][\w.]*=\S+$/
const ANY = /^.+$/s
/** The short form of the AWS CLI, of which a list has one value. */
export const FORWARD =
  /^host=(?<host>[a-z0-9][a-z0-9.-]*),portNumber=(?<port>\d+),localPortNumber=(?<localPort>\d+)$/

/** The programs of GitHub's runners that the examples call, with just the commands and options that they use. */
export const COMMANDS: Readonly<Record<string, readonly CommandSpec[]>> = {
  aws: [
    { words: 'ecr get-login-password', prints: 'local-registry-password' },
    { words: 'eks update-kubeconfig', values: { '--name': NAME }, required: ['--name'] },
    {
      words: 'ssm put-parameter',
      values: {
        '--name': /^(?:\/[\w.-]+)+$/,
        '--type': /^String$/,
        '--value': ANY,
      },
      flags: ['--overwrite'],
      required: ['--name', '--value'],
    },
    {
      words: 'ssm start-session',
      values: {
        '--target': /^(?:i-[0-9a-f]{17}|ecs:[\w-]+_[0-9a-f]{32}_[0-9a-f]{32}-\d+)$/,
        '--document-name': /^AWS-StartPortForwardingSessionToRemoteHost$/,
        '--parameters': FORWARD,
      },
      required: ['--target', '--document-name', '--parameters'],
      stays: true,
    },
  ],
  docker: [
    {
      words: 'login',
      positionals: [HOST],
      values: { '--username': /^[\w[\]-]+$/ },
      flags: ['--password-stdin'],
      required: ['--username', '--password-stdin'],
      readsPassword: true,
    },
    { words: 'build', positionals: [PATH], values: { '--tag': IMAGE }, required: ['--tag'] },
    { words: 'push', positionals: [IMAGE] },
  ],
  gh: [
    {
      words: 'api',
      positionals: [/^\w[\w./-]*$/],
      values: { '--method': /^(?:POST|DELETE)$/, '--raw-field': /^\w+\[\]=/, '--jq': ANY },
      flags: ['--silent'],
    },
  ],
  helm: [
    {
      words: 'upgrade',
      positionals: [NAME, PATH],
      values: { '--namespace': NAME, '--set-string': SETTING, '--timeout': /^\d+[smh]$/ },
      flags: ['--install', '--create-namespace', '--wait'],
      required: ['--namespace'],
    },
  ],
  kubectl: [
    {
      words: 'apply',
      values: { '--namespace': NAME, '--filename': PATH },
      required: ['--namespace', '--filename'],
    },
    {
      words: 'delete deployment',
      positionals: [NAME],
      values: { '--namespace': NAME },
      flags: ['--ignore-not-found'],
      required: ['--namespace'],
    },
    {
      words: 'delete namespace',
      positionals: [NAME],
      values: { '--timeout': /^\d+[smh]$/ },
      flags: ['--ignore-not-found'],
    },
  ],
  psql: [{ words: '', values: { '--command': ANY }, required: ['--command'] }],
}

/** AWS's programs and those that reach a cluster of EKS by them need credentials. */
export const NEEDS_AWS: readonly string[] = ['aws', 'helm', 'kubectl']
