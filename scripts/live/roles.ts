import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from './driver.ts'
import type { Role } from './script.ts'

/** What a session may do less than its role: a question is settled by a right that is missing. */
export const SESSION_LIMITS: Readonly<Partial<Record<Role, object>>> = {
  'clones-without-snapshots': {
    Effect: 'Deny',
    Action: ['rds:DeleteDBCluster'],
    Resource: ['arn:aws:rds:*:*:cluster-snapshot:*'],
  },
  'clones-with-their-tags': {
    Effect: 'Deny',
    Action: ['rds:CreateDBInstance'],
    Resource: ['arn:aws:rds:*:*:db:*'],
    Condition: { Null: { 'aws:ResourceTag/aurora-clone:version': 'true' } },
  },
}

/** A session has what its role and this allow, both. */
function sessionPolicy(limit: object): string {
  const everything = { Effect: 'Allow', Action: ['*'], Resource: ['*'] }
  return JSON.stringify({ Version: '2012-10-17', Statement: [everything, limit] })
}

interface Job {
  readonly region: string
  readonly setUpRole: string
  readonly clonesRole: string
  /** Where GitHub gives this job its token, and what it is asked for with. */
  readonly tokenUrl: string
  readonly tokenBearer: string
  /** Where STS is, if not at AWS. */
  readonly endpoint?: string
}

/** (GitHub, "OpenID Connect reference".) */
async function webIdentityToken({ tokenUrl, tokenBearer }: Job): Promise<string> {
  const url = new URL(tokenUrl)
  url.searchParams.set('audience', 'sts.amazonaws.com')
  const answer = await fetch(url, { headers: { authorization: `Bearer ${tokenBearer}` } })
  const { value } = (answer.ok ? await answer.json() : {}) as { readonly value?: unknown }
  if (typeof value !== 'string') throw new Error(`GitHub gave no token: HTTP status ${answer.status}.`)
  return value
}

/** The client asks again before they expire: the test takes longer than an hour. */
export function jobCredentials(job: Job): (role: Role) => Credentials {
  const { endpoint, region } = job
  const sts = new STSClient({ region, ...(endpoint === undefined ? {} : { endpoint }) })
  return (role) => async () => {
    const limit = SESSION_LIMITS[role]
    const { Credentials: given } = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: role === 'set-up' ? job.setUpRole : job.clonesRole,
        RoleSessionName: role,
        WebIdentityToken: await webIdentityToken(job),
        ...(limit === undefined ? {} : { Policy: sessionPolicy(limit) }),
      }),
    )
    const { AccessKeyId, Expiration, SecretAccessKey, SessionToken } = given ?? {}
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
      throw new Error(`AWS gave no credentials for ${role}.`)
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    }
  }
}
