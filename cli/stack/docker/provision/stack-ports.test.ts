import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { choosePublishedPorts, type PortRequest } from './stack-ports.ts';

const nobody: PortRequest = {
  env: {},
  remembered: {},
  held: new Set(),
  reserved: new Set(),
  profiles: [],
  base: 24_100,
};
/** Ports that tests of this file use; the usual ones may be taken on this machine. */
const remembered = { CECOCHAT_KAFKA_PORT: 24_001, CECOCHAT_CASSANDRA_PORT: 24_002, CECOCHAT_REDIS_PORT: 24_003 };

async function occupy(port: number) {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { [Symbol.dispose]: () => void server.close() };
}

describe('the ports of a stack in Docker', () => {
  test('are those that it had', async () => {
    expect(await choosePublishedPorts({ ...nobody, remembered })).toEqual({ ports: remembered, warnings: [] });
  });

  test('are replaced when somebody else has them, which is said; unless our own container has them', async () => {
    using _taken = await occupy(24_002);
    const usual = new Set([9042]);
    const { ports, warnings } = await choosePublishedPorts({ ...nobody, remembered, reserved: usual });
    expect(ports).toEqual({ ...remembered, CECOCHAT_CASSANDRA_PORT: 24_121 });
    expect(warnings).toEqual([expect.stringMatching(/^port 24002 is busy.*: using 24121 for cassandra$/)]);
    expect((await choosePublishedPorts({ ...nobody, remembered, held: new Set([24_002]) })).ports).toEqual(remembered);
  });

  test('are not those that another stack may want back', async () => {
    const reserved = new Set([9092, 9042, 6379, 24_122]);
    const { ports, warnings } = await choosePublishedPorts({ ...nobody, reserved });
    expect([ports, warnings]).toEqual([
      { CECOCHAT_KAFKA_PORT: 24_120, CECOCHAT_CASSANDRA_PORT: 24_121, CECOCHAT_REDIS_PORT: 24_222 },
      [],
    ]);
  });

  test('of the environment are taken as they are, or refused', async () => {
    const env = { CECOCHAT_REDIS_PORT: '24004' };
    expect((await choosePublishedPorts({ ...nobody, remembered, env })).ports.CECOCHAT_REDIS_PORT).toBe(24_004);
    using _taken = await occupy(24_004);
    await expect(choosePublishedPorts({ ...nobody, remembered, env })).rejects.toMatchObject({
      code: 'port.busy',
      message: expect.stringContaining('port 24004 of CECOCHAT_REDIS_PORT is taken'),
    });
    await expect(
      choosePublishedPorts({ ...nobody, remembered, env: { CECOCHAT_KAFKA_PORT: 'x' } }),
    ).rejects.toMatchObject({ code: 'usage.invalid' });
  });
});
