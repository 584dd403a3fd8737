import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { InjectedFault } from '../../local/aurora/fault-injection.ts'
import type { StepResult } from '../../local/runner/step.ts'
import { type PlayOptions, type World, aTableWorld } from './world.ts'

// What AWS, GitHub or a proxy answers is text from outside: it must neither tell a secret nor drown what matters. GitHub masks logs and
// summaries, but no comment.

const SECRET_KEY = 'wJalrXUtnFEMI+K7MDENG/bPxRfiCYEXAMPLE+EY'
const TOKEN = `IQoJb3JpZ2luX2VjEHoaCWV1LXdlc3QtMSJHMEUCIQD${'a1B2c3/+'.repeat(60)}==`
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'ASIALOCALCLOUD000001',
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  AWS_SESSION_TOKEN: TOKEN,
}

/** Everything that people can read of a run, now or when it is uploaded, but for the commands that mask. */
function readable(world: World, { stdout, stderr, log, summary, outputs, annotations }: StepResult): string {
  const printed = stdout.replaceAll(/^::add-mask::.*$/gm, '')
  const comments = world.pull.comments().map(({ body }) => body)
  return [printed, stderr, log, summary, ...comments, JSON.stringify({ outputs, annotations })].join('\n')
}

function expectNothingTold(world: World, run: StepResult, secrets: readonly string[]): void {
  expect(run.masks).toEqual(expect.arrayContaining([...secrets]))
  const text = readable(world, run)
  for (const secret of secrets)
    for (const form of [
      secret,
      encodeURIComponent(secret),
      secret.replaceAll('+', String.raw`\+`),
      secret.slice(0, 12),
    ])
      expect(text.includes(form)).toBe(false)
}

/** A private repository, where the comment shows why a run failed; AWS takes the clone and then refuses its writer. */
async function refusedWriter(
  fault: InjectedFault,
  options: PlayOptions = { env: CREDENTIALS },
): Promise<{ readonly world: World; readonly run: StepResult }> {
  const world = await aTableWorld()
  world.cloud.aws.faults.add({ operation: 'CreateDBInstance', fault })
  const run = await world.create({}, options)
  expect(run.exitCode).toBe(1)
  expect(run.stderr).toBe('')
  return { world, run }
}

function onlyError({ annotations }: StepResult) {
  const errors = annotations.filter(({ level }) => level === 'error')
  expect(errors).toHaveLength(1)
  return errors[0]
}

describe('AWS repeats the request that it refuses', () => {
  test('as it does with a signature that does not match: what is told ends before the request', async () => {
    const message = [
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      '',
      'The Canonical String for this request should have been',
      `'POST\n/\n\nhost:rds.eu-west-1.amazonaws.com\nx-amz-date:20261127T100000Z\nx-amz-security-token:${TOKEN}\n\nhost;x-amz-date;x-amz-security-token\nabc'`,
    ].join('\n')
    const { world, run } = await refusedWriter({ code: 'SignatureDoesNotMatch', message, httpStatus: 403 })
    expectNothingTold(world, run, [SECRET_KEY, TOKEN])
    expect(onlyError(run)).toEqual({
      level: 'error',
      title: 'Rejected AWS credentials',
      message: expect.stringMatching(
        /^CreateDBInstance failed: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided\. Check role-to-assume [^\n]*\(AWS request [\w-]+\)$/,
      ),
    })
    expect(world.comment()).toContain('does not match the signature you provided')
  })

  test.each([
    ['a token in the middle of a sentence', `The security token ${TOKEN} is not valid for this Region.`],
    [
      'the secret key, put in the place of its id',
      `Credential=${SECRET_KEY}/20261127/eu-west-1/rds is unknown`,
    ],
    ['the secret key alone, which looks like nothing', `No such key: ${SECRET_KEY}. Look again.`],
    [
      'parameters',
      `GET /?X-Amz-Security-Token=${encodeURIComponent(TOKEN)}&X-Amz-Signature=abc is not allowed`,
    ],
  ])('%s', async (_, message) => {
    const { world, run } = await refusedWriter({ code: 'InvalidParameterValue', message })
    expectNothingTold(world, run, [SECRET_KEY, TOKEN])
    expect(onlyError(run)?.message).toContain('***')
    expect(world.comment()).toContain(String.raw`\*\*\*`)
  })
})

describe('credentials that no step configured', () => {
  const servers: (() => Promise<unknown>)[] = []

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((close) => close()))
  })

  /** The agent of EKS Pod Identity, on this machine. */
  async function podIdentity(): Promise<string> {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          AccessKeyId: 'ASIAPODIDENTITY00001',
          SecretAccessKey: SECRET_KEY,
          Token: TOKEN,
          Expiration: '2099-01-01T00:00:00Z',
        }),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(() => new Promise((resolve) => server.close(resolve)))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/credentials`
  }

  test('are masked before anything is sent with them, and never shown', async () => {
    const { world, run } = await refusedWriter(
      { code: 'AccessDenied', message: `${SECRET_KEY} and ${TOKEN} are not authorized`, httpStatus: 403 },
      {
        env: {
          AWS_ACCESS_KEY_ID: '',
          AWS_SECRET_ACCESS_KEY: '',
          AWS_SESSION_TOKEN: '',
          AWS_CONTAINER_CREDENTIALS_FULL_URI: await podIdentity(),
          AWS_CONTAINER_AUTHORIZATION_TOKEN: 'the-token-of-the-pod-identity-agent',
        },
        // In this process the clock would not know that the agent is asked.
        inProcess: false,
      },
    )
    expectNothingTold(world, run, [SECRET_KEY, TOKEN, 'the-token-of-the-pod-identity-agent'])
    expect(run.stdout.indexOf(`::add-mask::${SECRET_KEY}`)).toBeLessThan(
      run.stdout.indexOf('Aurora clusters in'),
    )
    expect(onlyError(run)?.title).toBe('Missing IAM permission')
  })

  test('the id of an access key is no secret', async () => {
    const { run } = await refusedWriter({ code: 'ValidationError', message: 'odd' })
    expect(run.masks).not.toContain(CREDENTIALS.AWS_ACCESS_KEY_ID)
  })
})

describe('every message fits where it is shown', () => {
  test.each([
    ['in words', 'Something went wrong. '.repeat(3_200)],
    ['in one word', 'x'.repeat(70_000)],
    ['of marks of Markdown', '|*`_<@#'.repeat(10_000)],
    ['of characters outside the basic plane', '😀'.repeat(35_000)],
    ['in lines', '::error::owned\n'.repeat(5_000)],
  ])('an answer of 70,000 characters %s', async (_, message) => {
    const { world, run } = await refusedWriter({ code: 'InvalidParameterValue', message })
    const error = onlyError(run)
    expect(error?.message.length).toBeLessThanOrEqual(4_096)
    expect(error?.message).toMatch(
      /^CreateDBInstance failed: InvalidParameterValue: .* Correct the input that the message names, then run again\. \(AWS request [\w-]+\)$/,
    )
    expect(error?.message.isWellFormed()).toBe(true)
    expect(Buffer.byteLength(run.summary)).toBeLessThan(1_048_576)
    for (const text of [run.summary, world.comment()])
      expect(text).toContain('**What to do:** Correct the input that the message names, then run again.')
    expect(world.comment().length).toBeLessThan(65_536)
    for (const line of run.log.split('\n')) expect(line.length).toBeLessThan(5_000)
  })

  test('an input of 70,000 characters', async () => {
    const world = await aTableWorld()
    const run = await world.create({ ttl: 'x'.repeat(70_000) })
    const error = onlyError(run)
    expect(error?.message.length).toBeLessThan(1_000)
    expect(error?.message).toMatch(/expected a duration such as .* Correct it under `with:` of this step\.$/)
  })

  test('nothing but the first line of an answer is shown', async () => {
    const { world, run } = await refusedWriter({
      code: 'ValidationError',
      message: 'odd\n::error::owned\nowned',
    })
    expect(readable(world, run)).not.toContain('owned')
  })
})
