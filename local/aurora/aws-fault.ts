/** What AWS answers instead of a result: the code as it stands on the wire, not the name of an SDK class. */
export interface Fault {
  readonly code: string
  readonly httpStatus: number
  readonly message: string
}

export class AwsFault extends Error implements Fault {
  override readonly name = 'AwsFault'
  readonly code: string
  readonly httpStatus: number

  constructor(fault: Fault) {
    super(fault.message)
    this.code = fault.code
    this.httpStatus = fault.httpStatus
  }
}

// Codes that no machine-readable model holds. [aurora §2.5, last row]

export const invalidValue = (message: string): AwsFault =>
  new AwsFault({ code: 'InvalidParameterValue', httpStatus: 400, message })

export const invalidCombination = (message: string): AwsFault =>
  new AwsFault({ code: 'InvalidParameterCombination', httpStatus: 400, message })

export const validationError = (message: string): AwsFault =>
  new AwsFault({ code: 'ValidationError', httpStatus: 400, message })

export const missingParameter = (parameter: string): AwsFault =>
  new AwsFault({
    code: 'MissingParameter',
    httpStatus: 400,
    message: `The request must contain the parameter ${parameter}.`,
  })

/** What this cloud does not know how to do is refused, lest a test believes that it happened. */
export function refuseUnmodelled(operation: string, members: readonly string[]): void {
  if (members.length === 0) return
  throw new AwsFault({
    code: 'InvalidAction',
    httpStatus: 400,
    message: `The local cloud does not know what ${operation} does with ${members.join(', ')}.`,
  })
}
