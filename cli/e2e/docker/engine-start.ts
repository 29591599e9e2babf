/**
 * How long the engines themselves take, started with the docker command from the same compose file: what `up` is
 * compared with in the same run.
 */
import { systemClock } from '../../../services/core/time/clock.ts';
import type { Service } from '../../stack/docker/compose/compose-model.ts';
import { readStackCompose } from '../../stack/docker/provision/stack-compose.ts';
import { docker } from './docker-command.ts';

/** Milliseconds from `docker run` until the container's own health check passes, of the slowest; all start at once. */
export async function engineStartMs(): Promise<number> {
  const { services } = await readStackCompose({});
  const engines = services.filter(({ profiles }) => profiles.length === 0);
  return Math.max(...(await Promise.all(engines.map(startMsOf))));
}

async function startMsOf(service: Service): Promise<number> {
  const name = `bare-${service.name}-${process.pid}`;
  const environment = Object.entries(service.environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const memory = ['--memory', String(service.memoryBytes)];
  const beganMs = systemClock.monotonicMs();
  try {
    await docker(
      'run',
      '--detach',
      '--name',
      name,
      ...memory,
      ...environment,
      service.image,
      ...(service.command ?? []),
    );
    const [kind, ...words] = service.healthcheck?.test ?? [];
    const check = kind === 'CMD' ? words : ['/bin/sh', '-c', ...words];
    while (
      !(await docker('exec', name, ...check).then(
        () => true,
        () => false,
      ))
    )
      await systemClock.sleep(200);
    return systemClock.monotonicMs() - beganMs;
  } finally {
    await docker('rm', '--force', '--volumes', name);
  }
}
