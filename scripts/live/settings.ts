import type { Stage } from './stage.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Settings {
  readonly stage: Stage
  readonly setUpRole: string
  readonly clonesRole: string
}

const ROLE = /^arn:aws(?:-[a-z]+)*:iam::(?<account>\d{12}):role\/.+$/

/** What the workflow hands over. Pure. */
export function readSettings(env: Environment): Settings {
  const needed = (name: string): string => {
    const value = env[name] ?? ''
    if (value === '') throw new Error(`${name} is not set: see docs/live-test.md.`)
    return value
  }
  const role = (name: string): string => {
    if (ROLE.test(needed(name))) return needed(name)
    throw new Error(`${name} is "${needed(name)}", expected the ARN of an IAM role.`)
  }
  const [setUpRole, clonesRole] = [role('LIVE_SET_UP_ROLE'), role('LIVE_ROLE')]
  const [account, other] = [setUpRole, clonesRole].map((arn) => ROLE.exec(arn)?.groups?.['account'] ?? '')
  if (account === undefined || account !== other)
    throw new Error('The two roles belong to different accounts.')
  return {
    setUpRole,
    clonesRole,
    stage: {
      accountId: account,
      region: needed('AWS_REGION'),
      repository: needed('GITHUB_REPOSITORY').split('/')[1] ?? '',
      repositoryId: needed('GITHUB_REPOSITORY_ID'),
      server: new URL(needed('GITHUB_SERVER_URL')).host,
      subnetGroup: env['LIVE_SUBNET_GROUP'] ?? '',
      kmsKeyId: env['LIVE_KMS_KEY_ID'] ?? '',
      replicationGroup: env['LIVE_REPLICATION_GROUP'] ?? '',
      securityGroupId: env['LIVE_SECURITY_GROUP_ID'] ?? '',
      withMysql: env['LIVE_MYSQL'] === 'true',
      withSlots: env['LIVE_SIXTEEN_CLONES'] === 'true',
    },
  }
}
