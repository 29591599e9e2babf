/**
 * Why an image cannot be pulled, from the engine's own words: what that means, and what helps. Pure.
 */

export interface PullFailure {
  /** Half a sentence; undefined for words that are not known here. */
  readonly reason: string | undefined;
  readonly hint: string;
}

interface Known {
  readonly words: RegExp;
  readonly reason: (reference: string) => string;
  readonly hint: (reference: string) => string;
}

const carry = (reference: string): string =>
  `docker pull ${reference}, or on a machine that can: docker save ${reference} | gzip > image.tgz, and here: docker load < image.tgz`;
const retry = (reference: string): string =>
  `repeat the command, or see what the engine says: docker pull ${reference}`;

/** The first that fits. */
const known: readonly Known[] = [
  {
    words: /no space left on device|disk quota exceeded/i,
    reason: () => 'the disk of the Docker engine is full',
    hint: () => '"docker system df" says what takes the room, "docker system prune" frees what nothing uses',
  },
  {
    words: /no matching manifest|no match for platform|operating system .* (cannot be used|is not supported)/i,
    reason: () => 'it does not exist for the architecture of this engine',
    hint: (reference) =>
      `"docker manifest inspect ${reference}" lists the architectures that there are; an engine that emulates one of them takes it with docker pull --platform`,
  },
  {
    words: /toomanyrequests|rate limit/i,
    reason: (reference) => `${registryOf(reference)} refuses more pulls for now`,
    hint: (reference) => `docker login ${registryOf(reference)}, or repeat the command later`,
  },
  {
    words:
      /manifest unknown|manifest for .* not found|name unknown|repository (.* )?(not found|does not exist)|: not found$/i,
    reason: (reference) => `${registryOf(reference)} does not have it, or not for everybody`,
    hint: (reference) => `look at its name and tag; if it is private: docker login ${registryOf(reference)}`,
  },
  {
    words: /unauthorized|authentication required|access denied|denied:/i,
    reason: (reference) => `${registryOf(reference)} does not give it to everybody`,
    hint: (reference) => `docker login ${registryOf(reference)}`,
  },
  {
    words:
      /verification failed|digest (mismatch|did not match)|unexpected (EOF|commit digest)|gzip: invalid|invalid tar header|invalid checksum|blob unknown|unknown blob|unexpected status code/i,
    reason: (reference) => `what ${registryOf(reference)} sends of it is damaged`,
    hint: retry,
  },
  {
    words:
      /no such host|server misbehaving|connection refused|timeout|timed out|network is unreachable|no route to host|proxyconnect|TLS|x509|EOF$/i,
    reason: (reference) => `${registryOf(reference)} cannot be reached from this engine`,
    hint: carry,
  },
];

export function explainPullFailure(reference: string, words: string): PullFailure {
  const found = known.find((each) => each.words.test(words));
  return { reason: found?.reason(reference), hint: (found?.hint ?? carry)(reference) };
}

/** "ghcr.io" of "ghcr.io/owner/image:1"; "docker.io" where none is named. */
export function registryOf(reference: string): string {
  const [first = '', rest] = reference.split('/', 2);
  return rest !== undefined && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}
