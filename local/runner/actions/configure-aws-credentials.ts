import { randomBytes } from 'node:crypto'
import type { LocalAction } from '../local-action.ts'
import { booleanInput, checkInputs } from './declared-inputs.ts'

/** What aws-actions/configure-aws-credentials 6.2.3 declares and this replacement plays; whoever needs more adds it. */
const OPTIONAL = [
  'role-to-assume',
  'role-session-name',
  'role-duration-seconds',
  'audience',
  'allowed-account-ids',
  'mask-aws-account-id',
  'unset-current-credentials',
]
const ROLE = /^arn:aws(?:-[a-z]+)*:iam::(?<account>\d{12}):role\/(?:[\w+=,.@-]+\/)*(?<name>[\w+=,.@-]{1,64})$/
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/
const DURATION_SECONDS = { atLeast: 900, atMost: 43_200 }

/** Trades the run's identity for credentials, fresh ones each time. AWS is not asked: the local cloud takes every signature. */
export const configureAwsCredentials: LocalAction = ({ env, inputs, log, uses }) => {
  checkInputs(uses, inputs, { required: ['aws-region'], optional: OPTIONAL })
  const region = inputs['aws-region'] ?? ''
  if (!REGION.test(region)) throw new Error(`Region is not valid: ${region}`)
  const roleArn = inputs['role-to-assume'] ?? ''
  const { account, name } = ROLE.exec(roleArn)?.groups ?? {}
  if (account === undefined || name === undefined)
    throw new Error(`role-to-assume is "${roleArn}", expected the ARN of an IAM role`)
  checkDuration(inputs['role-duration-seconds'] ?? '')
  if ((env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') === '') {
    log(
      'It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission? ' +
        'If you are not trying to authenticate with OIDC and the action is working successfully, you can ignore this message.',
    )
    throw new Error(
      'Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers. ' +
        'Did you mean to set the `id-token: write` permission?',
    )
  }
  const allowed = (inputs['allowed-account-ids'] ?? '').split(',').map((id) => id.trim())
  if (allowed.some((id) => id !== '') && !allowed.includes(account))
    throw new Error(
      `The account ID of the provided credentials (${account}) does not match any of the expected account IDs: ${allowed.join(', ')}`,
    )
  booleanInput(inputs, 'unset-current-credentials')
  const masksAccount = booleanInput(inputs, 'mask-aws-account-id') === true

  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const secretAccessKey = randomBytes(30).toString('base64url')
  const sessionToken = randomBytes(60).toString('base64url')
  const session = inputs['role-session-name'] ?? ''
  log(
    `Authenticated as assumedRoleId AROALOCALCLOUD000001:${session === '' ? 'GitHubActions' : session} (${name})`,
  )
  return {
    outputs: { 'aws-account-id': account },
    exportedEnv: {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_DEFAULT_REGION: region,
      AWS_REGION: region,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
    // The account id is masked only on request: a masked value is dropped from the outputs of its job [actions §0].
    masks: [accessKeyId, secretAccessKey, sessionToken, ...(masksAccount ? [account] : [])],
  }
}

function checkDuration(text: string): void {
  if (text === '') return
  const seconds = Number(text)
  const { atLeast, atMost } = DURATION_SECONDS
  if (!Number.isInteger(seconds) || seconds < atLeast || seconds > atMost)
    throw new Error(`role-duration-seconds is "${text}", expected ${atLeast} to ${atMost}`)
}
