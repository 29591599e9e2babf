import { expect, test } from 'vitest';
import { engineOptionsOf } from './engine-options.ts';
import { resolveSettings } from './settings.ts';
import { engineSettings } from './stack-settings.ts';

function settingsOf(values: Record<string, string>) {
  return resolveSettings(engineSettings, [{ origin: 'flag', keyedBy: 'name', values }]).values;
}

const external = { backend: 'external', kafka: '10.0.0.1:9092,10.0.0.2:9092', redis: 'redis://10.0.0.3' };

test('a bound by size is refused with Kafka, naming the command that sets it there', () => {
  const settings = settingsOf({ ...external, retentionBytes: '1000000', kafkaTopic: 'chat' });
  const command =
    'kafka-configs.sh --bootstrap-server 10.0.0.1:9092 --alter --entity-type topics --entity-name chat --add-config retention.bytes=1000000';
  expect(() => engineOptionsOf(settings, ['backplane', 'configDb'])).toThrow(command);
});

test('a bound by size does not concern servers without a backplane, and is taken by the embedded one', () => {
  expect(engineOptionsOf(settingsOf({ ...external, retentionBytes: '1000000' }), ['configDb']).backend).toBe(
    'external',
  );
  const embedded = settingsOf({ backend: 'embedded', dataFolder: '/data', retentionBytes: '1000000' });
  expect(engineOptionsOf(embedded, ['backplane'])).toMatchObject({ retentionBytes: 1_000_000 });
});
