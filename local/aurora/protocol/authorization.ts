import { AwsFault } from '../aws-fault.ts'

/** Who asks, of which service, where: all three stand in the credential scope of a SigV4 header. */
export interface Caller {
  readonly accessKeyId: string
  readonly region: string
  readonly service: string
}

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 +.*Credential=(?<accessKeyId>[^/,\s]+)\/\d{8}\/(?<region>[a-z0-9-]+)\/(?<service>[a-z0-9-]+)\/aws4_request/

/** The signature itself is not verified: any key opens the local cloud. */
export function callerOf(authorization: string | undefined): Caller {
  if (authorization === undefined || authorization === '') {
    throw new AwsFault({
      code: 'MissingAuthenticationToken',
      httpStatus: 403,
      message: 'Request is missing Authentication Token',
    })
  }
  const { accessKeyId, region, service } = CREDENTIAL.exec(authorization)?.groups ?? {}
  if (accessKeyId === undefined || region === undefined || service === undefined) {
    throw new AwsFault({
      code: 'IncompleteSignature',
      httpStatus: 400,
      message: 'Authorization header requires a Credential of the form key/date/region/service/aws4_request.',
    })
  }
  return { accessKeyId, region, service }
}
