import { expect, test } from 'vitest';
import { booleanSetting, choiceSetting, integerSetting, secretSetting, textSetting } from './setting-types.ts';
import { declareSettings, describeSettings, resolveSettings, settingsWith, withoutSecrets } from './settings.ts';

const declaration = declareSettings('messaging', {
  queueBytes: integerSetting({ default: 1024, min: 1, max: 4096, unit: 'bytes', doc: 'Size of a queue.' }),
  host: textSetting({ default: '127.0.0.1', doc: 'Address.' }),
  fast: booleanSetting({ default: false, doc: 'Faster.' }),
  mode: choiceSetting({ default: 'a', choices: ['a', 'b'], doc: 'Mode.' }),
  token: secretSetting({ minLength: 8, doc: 'Token.' }),
});
const environment = (values: Record<string, string>) =>
  ({ origin: 'environment', keyedBy: 'variable', values }) as const;
const flags = (values: Record<string, string>) => ({ origin: 'flag', keyedBy: 'name', values }) as const;

test('takes the strongest source and tells where each value is from', () => {
  const resolved = resolveSettings(declaration, [
    flags({ queueBytes: '7' }),
    environment({ CECOCHAT_MESSAGING_QUEUE_BYTES: '8', CECOCHAT_MESSAGING_TOKEN: 'long-enough', HOME: '/root' }),
  ]);
  expect(resolved.values).toEqual({ queueBytes: 7, host: '127.0.0.1', fast: false, mode: 'a', token: 'long-enough' });
  expect(resolved.origins).toMatchObject({
    queueBytes: 'flag',
    token: 'environment CECOCHAT_MESSAGING_TOKEN',
    host: 'default',
  });
});

test('reports every fault at once, unknown keys too, and never a secret', () => {
  const sources = [
    flags({ queueBytes: '0', fast: 'yes', mode: 'c', host: '', colour: 'red', token: 'short' }),
    environment({ CECOCHAT_MESSAGING_QUEUE: '1' }),
  ];
  expect(() => resolveSettings(declaration, sources)).toThrow(
    expect.objectContaining({
      code: 'settings.invalid',
      data: {
        queueBytes: '"0" (from flag) is not between 1 and 4096',
        fast: '"yes" (from flag) is neither true nor false',
        mode: '"c" (from flag) is none of a, b',
        host: '"" (from flag) is empty',
        token: '(from flag) is shorter than 8 characters',
        colour: expect.stringContaining('is no setting of messaging; known: queueBytes, host'),
        CECOCHAT_MESSAGING_QUEUE: expect.stringContaining('is no setting of messaging'),
      },
    }),
  );
});

test('says how to give what is required', () => {
  expect(() => settingsWith(declaration, {})).toThrow(/token is required: give token or CECOCHAT_MESSAGING_TOKEN/);
});

test('cannot be changed afterwards', () => {
  const values = settingsWith(declaration, { token: 'long-enough', fast: true });
  expect(() => Object.assign(values, { fast: false })).toThrow(TypeError);
  expect(values.fast).toBe(true);
});

test('hides secrets in what is shown', () => {
  const values = settingsWith(declaration, { token: 'long-enough' });
  expect(JSON.stringify(withoutSecrets(declaration, values))).not.toContain('long-enough');
});

test('describes itself for the reference', () => {
  expect(describeSettings(declaration)[0]).toEqual({
    name: 'queueBytes',
    variable: 'CECOCHAT_MESSAGING_QUEUE_BYTES',
    type: 'integer 1 to 4096',
    unit: 'bytes',
    default: '1024',
    doc: 'Size of a queue.',
  });
});
