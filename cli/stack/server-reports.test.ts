import { expect, test } from 'vitest';
import { reportServers } from './server-reports.ts';

function told(awaitsEngines: boolean) {
  const said: string[] = [];
  const reports = reportServers(({ part, step }) => void said.push(`${part} ${step}`), awaitsEngines);
  return {
    ...reports,
    /** Since it was asked last. */
    said: () => said.splice(0),
  };
}

test('what is seeded is told as its engine comes up, the servers once all engines are open', () => {
  const { engineUp, heard, said } = told(true);
  expect(said()).toEqual(['topic wait', 'schema wait', 'configuration wait', 'users wait', 'servers wait']);
  engineUp('redis');
  heard({ kind: 'prepared', engine: 'redis' });
  expect(said()).toEqual([]);
  engineUp('cassandra');
  engineUp('kafka');
  expect(said()).toEqual(['schema seed', 'topic seed']);
  heard({ kind: 'prepared', engine: 'cassandra' });
  heard({ kind: 'prepared', engine: 'kafka' });
  expect(said()).toEqual(['schema ready', 'topic ready', 'configuration seed', 'users seed', 'servers start']);
  heard({ kind: 'listening', afterMs: 1 });
  heard({ kind: 'ready', afterMs: 2 });
  expect(said()).toEqual(['configuration ready', 'users ready', 'servers health', 'servers ready']);
});

test('on engines that are there already, the servers start at once', () => {
  const { heard, said } = told(false);
  expect(said()).toEqual(['configuration seed', 'users seed', 'servers start']);
  heard({ kind: 'listening', afterMs: 1 });
  heard({ kind: 'ready', afterMs: 2 });
  expect(said()).toEqual(['configuration ready', 'users ready', 'servers health', 'servers ready']);
});
