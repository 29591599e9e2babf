/**
 * The compose file is an ordinary one: Docker Compose makes the same containers from it as `up` does.
 */
import { execFile } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../stack/docker/engine/dockerode-engine.ts';
import {
  containerName,
  networkName,
  projectLabels,
  projectName,
  volumeName,
} from '../../stack/docker/provision/project.ts';
import type { Service } from '../../stack/docker/compose/compose-model.ts';
import { serversProfile } from '../../stack/docker/servers/server-services.ts';
import { composeFiles, readStackCompose, serverComposeFile } from '../../stack/docker/provision/stack-compose.ts';
import { json, type Json } from '../envelope.ts';
import { docker, engineUrl, requireEngine, snapshot } from './docker-command.ts';

beforeAll(requireEngine);

const ports = { CECOCHAT_KAFKA_PORT: '24092', CECOCHAT_CASSANDRA_PORT: '24042', CECOCHAT_REDIS_PORT: '24079' };
/** What the servers are made of does not matter here. */
const ofServers = { CECOCHAT_SERVERS_IMAGE: 'redis:7', CECOCHAT_ADMIN_TOKEN: 'a-token-for-a-test' };

test('Docker Compose takes the compose file, and makes the same containers from it', async () => {
  const before = await snapshot();
  const project = { stack: `same-${process.pid}`, home: '/nowhere' };
  const other = `compose-${process.pid}`;
  const engine = connectEngine({ url: engineUrl, origin: 'the test', tls: undefined });
  const { services, volumes } = await readStackCompose({ ...ports, ...ofServers }, true);
  const isMade = ({ profiles }: Service): boolean => profiles.length === 0 || profiles.includes(serversProfile);
  const names = services.filter(isMade).map(({ name }) => name);
  const network = networkName(project);
  try {
    await compose(other, '--profile', 'observability', '--profile', 'tools', 'config', '--quiet');
    await compose(other, '--profile', serversProfile, 'up', '--no-start');
    await engine.createNetwork(network, projectLabels(project));
    for (const volume of volumes) await engine.createVolume(volumeName(project, volume), projectLabels(project));
    for (const service of services.filter(({ name }) => names.includes(name))) {
      const name = containerName(project, service.name);
      await engine.createContainer({
        name,
        service,
        labels: projectLabels(project),
        network,
        volumeName: (volume) => volumeName(project, volume),
      });
    }
    for (const name of names) {
      const [ours, theirs] = await Promise.all([
        describe(projectName(project), `name=^${containerName(project, name)}$`),
        describe(other, `label=com.docker.compose.project=${other}`, `label=com.docker.compose.service=${name}`),
      ]);
      expect(ours, name).toEqual(theirs);
    }
  } finally {
    await compose(other, '--profile', serversProfile, 'down', '--volumes');
    const made = await docker('ps', '--all', '--quiet', '--filter', `label=cecochat.stack=${project.stack}`);
    if (made !== '') await docker('rm', '--force', '--volumes', ...made.split('\n'));
    await docker('volume', 'rm', '--force', ...volumes.map((volume) => volumeName(project, volume)));
    await docker('network', 'rm', network);
  }
  expect(await snapshot()).toEqual(before);
});

/** What a container was made with, without what names its project. */
async function describe(prefix: string, ...filters: readonly string[]): Promise<object> {
  const id = await docker('ps', '--all', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]));
  const found = json(JSON.parse(await docker('inspect', id))).at(0);
  const host = found.at('HostConfig');
  const mounts = found
    .at('Mounts')
    .list()
    .filter((mount) => !/^[0-9a-f]{64}$/.test(mount.at('Name').text()));
  return {
    image: found.at('Config', 'Image').value,
    env: sorted(found.at('Config', 'Env')),
    command: found.at('Config', 'Cmd').value,
    entrypoint: found.at('Config', 'Entrypoint').value,
    healthcheck: found.at('Config', 'Healthcheck').value,
    exposed: found.at('Config', 'ExposedPorts').value,
    ports: host.at('PortBindings').value,
    memory: host.at('Memory').value,
    restart: host.at('RestartPolicy', 'Name').value,
    log: host.at('LogConfig').value,
    readOnly: host.at('ReadonlyRootfs').value,
    mounts: mounts.map((mount) => [
      mount.at('Type').text(),
      mount.at('Name').text().replace(`${prefix}_`, ''),
      mount.at('Destination').text(),
      mount.at('RW').value,
    ]),
    networks: Object.keys(Object(found.at('NetworkSettings', 'Networks').value)).map((name) =>
      name.replace(`${prefix}_`, ''),
    ),
  };
}

function sorted(list: Json): string[] {
  return list
    .list()
    .map((one) => one.text())
    .toSorted();
}

/** As a plugin of the docker command, or as a command of its own. */
async function compose(project: string, ...args: readonly string[]): Promise<void> {
  const isPlugin = await run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
  const words = [
    '--project-name',
    project,
    ...[...composeFiles(), serverComposeFile()].flatMap((file) => ['--file', file]),
    ...args,
  ];
  await (isPlugin ? run('docker', ['compose', ...words]) : run('docker-compose', words));
}

function run(file: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, DOCKER_HOST: engineUrl, ...ports, ...ofServers };
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { env }, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${file} ${args.join(' ')}: ${stderr || error.message}`)),
    );
  });
}
