import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { CecochatError } from '../../core/errors.ts';
import { parseAddress, wireSecurity } from './kafka-options.ts';

test('without settings nothing is encrypted and nobody logs in', () => {
  expect(wireSecurity({})).toEqual({ ssl: null, sasl: null });
});

test('TLS without more takes the authorities of the system and checks the certificate', () => {
  const { ssl } = wireSecurity({ tls: {} });
  expect(ssl).toEqual({});
  expect(ssl?.rejectUnauthorized).toBeUndefined();
});

test('authority, client certificate, key and expected name reach TLS', () => {
  const tls = { ca: 'CA', cert: 'CERT', key: 'KEY', serverName: 'kafka.example' };
  expect(wireSecurity({ tls }).ssl).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kafka.example' });
});

test.for([[{ cert: 'CERT' }, 'key'] as const, [{ key: 'SECRET-KEY' }, 'certificate'] as const])(
  'half of a client certificate is refused, naming what is missing and no secret',
  ([tls, missing]) => {
    let refused: unknown;
    try {
      wireSecurity({ tls });
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(CecochatError);
    expect(refused).toMatchObject({
      code: 'settings.invalid',
      message: expect.stringContaining(`the ${missing} is missing`),
    });
    expect(inspect(refused)).not.toContain('SECRET');
  },
);

test.for([
  ['PLAIN', 'plain'],
  ['SCRAM-SHA-256', 'scram-sha-256'],
  ['SCRAM-SHA-512', 'scram-sha-512'],
] as const)('SASL %s is the mechanism %s of the driver', ([mechanism, name]) => {
  const { sasl } = wireSecurity({ sasl: { mechanism, username: 'bob', password: 'pw' } });
  expect(sasl).toEqual({ mechanism: name, username: 'bob', password: 'pw' });
});

test.for([
  ['localhost:9092', 'localhost', 9092],
  [' 10.0.0.1:1 ', '10.0.0.1', 1],
  ['[::1]:9092', '::1', 9092],
] as const)('%s is an address', ([text, host, port]) => {
  expect(parseAddress(text)).toEqual({ host, port });
});

test.for(['', 'localhost', 'localhost:', ':9092', 'localhost:0', 'localhost:65536', '::1:9092', 'kafka://h:1'])(
  '"%s" is no address, and the message names it',
  (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'settings.invalid' }));
    expect(() => parseAddress(text)).toThrow(`"${text}"`);
  },
);
