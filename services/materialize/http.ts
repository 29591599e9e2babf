/**
 * The HTTP API of materialize, for the administrator: dead letters.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { AdminCheck } from '../runtime/admin.ts';
import type { HttpApi } from '../runtime/http.ts';
import * as schema from './http-schemas.ts';
import type { DeadLetterDesk, DescribedLetter } from './replay.ts';

const defaultPage = 100;

export function materializeApi({ desk, isAdmin }: { desk: DeadLetterDesk; isAdmin: AdminCheck }): HttpApi {
  return {
    title: 'cecochat materialize',
    description: 'Dead letters: records of the log that the history database refuses, or that cannot be read.',
    routes(app) {
      const onRequest = async (request: { headers: IncomingHttpHeaders }): Promise<void> =>
        isAdmin(request.headers.authorization);
      app.get('/api/dead-letters', { onRequest, schema: schema.list }, async (request) => {
        const { after, limit } = request.query;
        const page = await desk.list(after, limit === undefined ? defaultPage : Number(limit));
        return { total: page.total, deadLetters: page.letters.map(letterJson), next: page.next ?? null };
      });
      app.post('/api/dead-letters/replay', { onRequest, schema: schema.replay }, async (request) => {
        const { ids, after, limit = defaultPage } = request.body;
        const answer = ids === undefined ? await desk.replayNext(after, limit) : await desk.replay(ids);
        return { ...answer, next: answer.next ?? null };
      });
    },
  };
}

function letterJson(letter: DescribedLetter) {
  const { id, place, reason, atMs, sizeBytes, kind, owners, message } = letter;
  const { partition, position } = place;
  return {
    id,
    partition,
    incarnation: position.incarnation,
    offset: position.offset,
    reason,
    atMs,
    sizeBytes,
    kind,
    owners: owners.map(String),
    messageId: message === undefined ? null : String(message.messageId),
    chatId: message?.chatId ?? null,
    senderId: message === undefined ? null : String(message.senderId),
  };
}
