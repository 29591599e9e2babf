/**
 * Images under the names that the profiles use, where no registry gives the real ones: a program that answers every
 * HTTP request on every port of the profiles, and the commands of their health checks, which ask it. What is tested
 * with them is the provisioning, not the images.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStackCompose } from '../../stack/docker/provision/stack-compose.ts';
import { docker } from './docker-command.ts';

const jaegerHealthPort = 13_133;

const server = `
use strict; use IO::Socket::INET;
for my $port (split /,/, $ENV{PORTS}) {
  next if fork;
  my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "$port: $!";
  while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\\s*$/ }
    print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok";
    close $client;
  }
}
$SIG{TERM} = sub { kill 9, -getpgrp }; sleep 1 while 1;
`;

/** Connects to the port that its arguments name. */
const check = `#!/bin/bash
port=$(grep -oE '127.0.0.1(:|", )[0-9]+' <<<"$*" | grep -oE '[0-9]+$')
exec 3<>"/dev/tcp/127.0.0.1/$port"
`;

/** Removes the names again when it is disposed of; those that the engine had are left alone. */
export async function openStandIns(): Promise<AsyncDisposable> {
  const { services } = await readStackCompose({});
  const others = services.filter(({ profiles }) => profiles.length > 0);
  const had = new Set((await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')).split('\n'));
  const missing = others.map(({ image }) => image).filter((image) => !had.has(image));
  const ports = [...new Set(others.flatMap((service) => service.ports.map(({ target }) => target))), jaegerHealthPort];
  const folder = await mkdtemp(join(tmpdir(), 'cecochat-stand-ins-'));
  await writeFile(join(folder, 'server.pl'), server);
  await writeFile(join(folder, 'check'), check, { mode: 0o755 });
  const lines = [
    'FROM redis:7',
    'COPY server.pl /',
    ...['wget', 'curl', 'ruby'].map((name) => `COPY check /usr/local/bin/${name}`),
    `ENV PORTS=${ports.join(',')}`,
    'ENTRYPOINT ["perl", "/server.pl"]',
  ];
  await writeFile(join(folder, 'Dockerfile'), lines.join('\n'));
  const names = missing.flatMap((image) => ['--tag', image]);
  if (missing.length > 0) await docker('build', '--quiet', ...names, folder);
  return {
    [Symbol.asyncDispose]: async () => {
      if (missing.length > 0) await docker('rmi', '--force', ...missing);
      await rm(folder, { recursive: true });
    },
  };
}
