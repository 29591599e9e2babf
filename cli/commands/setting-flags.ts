/**
 * Settings given as flags: "--server-id s1" or "--server-id=s1" is the setting serverId. Which settings there
 * are is known to the servers; here only the form is checked.
 */
import { CecochatError } from '../../services/core/errors.ts';

export function parseSettingFlags(words: readonly string[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const match = /^--([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      throw new CecochatError('usage.invalid', `argument "${word}" is no setting like --http-port 7100`, {
        hint: 'cecochat config reference',
      });
    }
    const [, flag = '', inline] = match;
    const value = inline ?? words[(index += 1)];
    if (value === undefined) {
      throw new CecochatError('usage.invalid', `option --${flag}: its value is missing`);
    }
    const name = flag.replaceAll(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
    if (Object.hasOwn(values, name)) {
      throw new CecochatError('usage.invalid', `option --${flag} is given twice`);
    }
    values[name] = value;
  }
  return values;
}
