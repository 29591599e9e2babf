import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialogOf, parseChatId, parseDialog, partnerIn } from './chat-id.ts';
import { parseUserId, type UserId } from './ids.ts';

const userId = fc.bigInt(1n, 2n ** 63n - 1n).map((id): UserId => {
  const user = parseUserId(id);
  if (user === undefined) throw new Error(`${id} is no user id`);
  return user;
});

describe('chat ids', () => {
  it('are the same from both sides, and parse back', () => {
    fc.assert(
      fc.property(userId, userId, (one, other) => {
        fc.pre(one !== other);
        const dialog = dialogOf(one, other);
        expect(dialogOf(other, one)).toEqual(dialog);
        expect(parseDialog(dialog?.chatId ?? '')).toEqual(dialog);
        if (dialog === undefined) return;
        expect(partnerIn(dialog, one)).toBe(other);
        expect(partnerIn(dialog, other)).toBe(one);
      }),
    );
  });

  it('leave nobody alone with himself, and give strangers no partner', () => {
    const [one, two, three] = [parseUserId(1n), parseUserId(2n), parseUserId(3n)];
    if (one === undefined || two === undefined || three === undefined) throw new Error('small ids are user ids');
    expect(dialogOf(one, one)).toBeUndefined();
    const dialog = dialogOf(one, two);
    expect(dialog && partnerIn(dialog, three)).toBeUndefined();
  });

  it.each(['', '-', '1', '1-', '-2', '2-1', '1-1', '1-2-3', '01-2', '1-02', ' 1-2', '0-1', 'g', 'g0', 'gx', 'g1-2'])(
    'refuse %j',
    (text) => expect(parseChatId(text)).toBeUndefined(),
  );

  it('keep room for groups', () => expect(parseChatId('g42')).toBe('g42'));
});
