import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type AwsService, apiVersionOf } from '../../local/aurora/protocol/model.ts'

// AWS's service model as botocore ships it, as far as a comparison needs it.

export interface ShapeReference {
  readonly shape: string
  readonly locationName?: string
}

export interface Shape {
  readonly type: string
  readonly members?: Readonly<Record<string, ShapeReference>>
  readonly required?: readonly string[]
  readonly member?: ShapeReference
  readonly flattened?: boolean
  readonly exception?: boolean
  readonly error?: { readonly code: string; readonly httpStatusCode: number }
}

export interface Operation {
  readonly input?: ShapeReference
  readonly output?: ShapeReference
  readonly errors?: readonly ShapeReference[]
}

export interface ServiceModel {
  readonly metadata: { readonly apiVersion: string; readonly protocol: string; readonly xmlNamespace: string }
  readonly operations: Readonly<Record<string, Operation>>
  readonly shapes: Readonly<Record<string, Shape>>
}

/** The model in the virtual environment whose programs are in `bin`. */
export function botocoreModel(bin: string, service: AwsService): ServiceModel {
  const lib = join(dirname(bin), 'lib')
  const [version = ''] = readdirSync(lib).filter((name) => name.startsWith('python3'))
  const data = join(lib, version, 'site-packages', 'botocore', 'data', service, apiVersionOf[service])
  return JSON.parse(gunzipSync(readFileSync(join(data, 'service-2.json.gz'))).toString()) as ServiceModel
}
