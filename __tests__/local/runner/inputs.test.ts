import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../../local/github/representation.ts'
import {
  callInputs,
  dispatchInputs,
  type InputDefinition,
  type InputValue,
} from '../../../local/runner/inputs.ts'

function input(type: InputDefinition['type'], more: Partial<InputDefinition> = {}): InputDefinition {
  return { name: 'in', type, required: false, default: undefined, options: ['a', 'b'], ...more }
}

describe('a dispatch', () => {
  test.each<[InputDefinition, Record<string, string>, InputValue]>([
    [input('string'), { in: 'x' }, 'x'],
    [input('string'), { IN: 'x' }, 'x'],
    [input('string'), {}, ''],
    [input('string', { default: 'd' }), {}, 'd'],
    [input('string', { default: 'd' }), { in: '' }, ''],
    [input('boolean'), { in: 'true' }, true],
    [input('boolean', { default: true }), { in: 'false' }, false],
    [input('boolean'), {}, false],
    [input('number'), { in: '15' }, '15'],
    [input('number', { default: 4 }), {}, '4'],
    [input('number', { default: 4 }), { in: '' }, ''],
    [input('number'), {}, ''],
    [input('choice'), { in: 'b' }, 'b'],
    [input('string', { required: true, default: 'd' }), {}, 'd'],
  ])('%j given %j is %j', (definition, given, value) => {
    expect(dispatchInputs([definition], given)).toEqual({ in: value })
  })

  test.each<[InputDefinition, Record<string, string>, string]>([
    [input('string', { required: true }), {}, "Required input 'in' not provided"],
    [input('string'), { other: 'x' }, 'Unexpected inputs provided: ["other"]'],
    [input('boolean'), { in: 'yes' }, 'is not a boolean'],
    [input('number'), { in: 'many' }, 'is not a number'],
    [input('choice'), { in: 'c' }, 'allowed values: a, b'],
  ])('%j given %j is refused', (definition, given, message) => {
    expect(() => dispatchInputs([definition], given)).toThrow(message)
  })
})

describe('a call', () => {
  test.each<[InputDefinition, JsonObject, InputValue]>([
    [input('string'), { in: 'x' }, 'x'],
    [input('string'), {}, ''],
    [input('string', { default: 'd' }), {}, 'd'],
    [input('string', { default: 'd' }), { in: null }, ''],
    [input('string'), { in: 15 }, '15'],
    [input('boolean'), { in: true }, true],
    [input('boolean', { default: true }), { in: false }, false],
    [input('boolean'), {}, false],
    [input('number'), {}, 0],
    [input('number'), { in: 4 }, 4],
  ])('%j given %j is %j', (definition, given, value) => {
    expect(callInputs([definition], given)).toEqual({ in: value })
  })

  test.each<[InputDefinition, JsonObject]>([
    [input('boolean'), { in: 'true' }],
    [input('number'), { in: '4' }],
    [input('boolean'), { in: null }],
    [input('string'), { in: {} }],
  ])('%j given %j is refused', (definition, given) => {
    expect(() => callInputs([definition], given)).toThrow(/^input in: expected a /)
  })
})
