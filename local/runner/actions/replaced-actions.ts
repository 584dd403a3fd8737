import type { LocalAction } from '../local-action.ts'
import { checkout } from './checkout.ts'
import { configureAwsCredentials } from './configure-aws-credentials.ts'

/** The actions of others that the callable workflows and the examples use, by repository. */
export const replacedActions: Readonly<Record<string, LocalAction>> = {
  'actions/checkout': checkout,
  'aws-actions/configure-aws-credentials': configureAwsCredentials,
}
