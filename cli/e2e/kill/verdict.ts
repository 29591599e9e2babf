/**
 * Judges what the clients saw, and shows that the judge is awake: the same evidence with a loss, a duplicate
 * or a swap planted in it must be found guilty.
 */
import { randomInt, type Random } from '../../../services/core/random.ts';
import { checkFeeds, type Evidence, type FeedLog, type Finding, type Sighting } from '../../client/feed-checker.ts';

export interface Verdict {
  /** What breaks a promise, in words. */
  readonly findings: readonly string[];
  /** Planted faults that the checker did not report. */
  readonly blindTo: readonly string[];
}

const planted: Readonly<
  Record<string, { kinds: readonly Finding['kind'][]; tamper: (seen: Sighting[], at: number) => void }>
> = {
  loss: { kinds: ['loss'], tamper: (seen, at) => void seen.splice(at, 1) },
  duplicate: {
    kinds: ['duplicate'],
    tamper: (seen, at) => void seen.splice(at, 0, ...seen.slice(at, at + 1)),
  },
  reordering: {
    kinds: ['reorder'],
    tamper: (seen, at) => {
      const [one] = seen.splice(at, 1);
      const next = seen.findIndex(
        (other, place) => place >= at && other.chatId === one?.chatId && other.senderId === one.senderId,
      );
      if (one !== undefined) seen.splice(next + 1, 0, one);
    },
  },
};

export function judge(evidence: Evidence, random: Random): Verdict {
  const blindTo: string[] = [];
  for (const [name, { kinds, tamper }] of Object.entries(planted)) {
    const place = randomInt(random, evidence.feeds.length);
    const tampered = withFeed(evidence, { place, tamper, random });
    const seen = checkFeeds(tampered).map((finding) => finding.kind);
    if (!kinds.every((kind) => seen.includes(kind)))
      blindTo.push(`a ${name} planted at ${evidence.feeds[place]?.client}`);
  }
  return { findings: checkFeeds(evidence).map(({ kind, where, what }) => `${kind}: ${where}: ${what}`), blindTo };
}

interface Planting {
  readonly place: number;
  readonly tamper: (seen: Sighting[], at: number) => void;
  readonly random: Random;
}

/** What concerns one user, with one of its feeds tampered with. */
function withFeed({ sent, feeds, histories }: Evidence, { place, tamper, random }: Planting): Evidence {
  const target = feeds[place];
  const tampered = feeds.flatMap((feed): FeedLog[] => {
    if (feed.userId !== target?.userId) return [];
    if (feed !== target) return [feed];
    const seen = [...feed.seen];
    // The first half, so that a later message of the same sender to the same chat follows.
    tamper(seen, randomInt(random, Math.max(1, Math.floor(seen.length / 2))));
    return [{ ...feed, seen }];
  });
  return { sent, feeds: tampered, histories: histories.filter(({ userId }) => userId === target?.userId) };
}
