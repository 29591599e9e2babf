import { beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../compose/compose-model.ts';
import { messagingIds, portNames, type Ports } from '../../ports.ts';
import { readStackCompose } from '../provision/stack-compose.ts';
import { isServer, portVariable, serversProfile, stopGroups, withMessaging } from './server-services.ts';

const ports: Ports = Object.fromEntries(portNames(3).map((name, index) => [name, 21_000 + index]));
let services: readonly Service[];
beforeAll(async () => {
  const variables = Object.entries(ports).map(([name, port]) => [portVariable(name), String(port)]);
  const secret = { CECOCHAT_ADMIN_TOKEN: 'a-token-of-the-administrator' };
  const model = await readStackCompose({ ...Object.fromEntries(variables), ...secret }, true);
  services = model.services.filter(({ profiles }) => profiles.includes(serversProfile));
});

describe('the servers as services', () => {
  test('are not root, cannot write, have a bound of memory, and come back when they end', () => {
    expect(services).toHaveLength(7);
    for (const service of services) {
      expect(service).toMatchObject({ readOnly: true, capDrop: ['ALL'], restart: 'unless-stopped', user: undefined });
      expect(service.memoryBytes).toBeLessThanOrEqual(256 * 1024 ** 2);
      expect(isServer(service.name)).toBe(true);
    }
  });

  test('are reached at the ports that were chosen', () => {
    const published = withMessaging(services, messagingIds(3), ports).flatMap((service) => service.ports);
    expect(new Set(published.map((port) => port.published))).toEqual(new Set(Object.values(ports)));
    expect(published.every(({ hostAddress }) => hostAddress === '127.0.0.1')).toBe(true);
  });

  test('have as many messaging servers as are wanted, and the first two as the file has them', () => {
    const of = (count: number) => withMessaging(services, messagingIds(count), ports);
    const messaging = (count: number) => of(count).filter(({ name }) => name.startsWith('messaging-'));
    expect(messaging(1).map(({ name }) => name)).toEqual(['messaging-s1']);
    expect(messaging(2)).toEqual(services.filter(({ name }) => name.startsWith('messaging-')));
    expect(messaging(3)[2]?.environment).toMatchObject({
      CECOCHAT_MESSAGING_SERVER_ID: 's3',
      CECOCHAT_MESSAGING_ADVERTISED_ADDRESS: `127.0.0.1:${ports['messaging.s3.grpc']}`,
    });
  });

  test('give the token to those who need it, and to nobody else', () => {
    const holders = services.filter(({ environment }) => JSON.stringify(environment).includes('a-token-of'));
    expect(holders.map(({ name }) => name).toSorted()).toEqual(['configurator', 'materialize', 'profile']);
  });

  test('stop before the engines, in the order in which they need each other', () => {
    const parts = ['kafka', 'profile', 'materialize', 'messaging-s2', 'configurator', 'connect'];
    expect(stopGroups(parts, (part) => part)).toEqual([
      ['configurator'],
      ['messaging-s2', 'connect'],
      ['materialize'],
      ['profile'],
      ['kafka'],
    ]);
  });
});
