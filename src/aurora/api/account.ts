import { Failure } from '../../failure.ts'
import { quote } from '../../quotation.ts'
import { AwsCallError } from './aws-call.ts'
import { type ClientOptions, clientConfiguration, maskCredentials } from './client.ts'
import { beforeDeadline } from './time-limit.ts'

/** Refuses credentials of an account that is not on the list. STS's client is loaded here, since most runs have no list. */
export async function checkAccount(
  asked: ClientOptions & Readonly<{ allowedAccountIds: readonly string[] }>,
): Promise<Readonly<{ account: string; arn: string }>> {
  const { allowedAccountIds, ...options } = asked
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts')
  const sts = new STSClient(clientConfiguration(options))
  maskCredentials(sts.config, options)
  let identity
  try {
    identity = await beforeDeadline(options.deadline, () => sts.send(new GetCallerIdentityCommand({})))
  } catch (error) {
    throw new AwsCallError('GetCallerIdentity', error)
  }
  const account = quote(identity.Account ?? '')
  if (!allowedAccountIds.includes(account))
    throw new Failure({
      title: 'Wrong AWS account',
      what: `The credentials belong to account "${account}", allowed-account-ids is "${allowedAccountIds.join(', ')}". Nothing was done.`,
      remedy: 'Assume a role of an allowed account, or correct allowed-account-ids.',
    })
  return { account, arn: quote(identity.Arn ?? '') }
}
