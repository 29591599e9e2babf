/**
 * Variables in a compose file: ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?message}, ${NAME?message}, $NAME;
 * $$ is a dollar sign.
 * https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export type Variables = Readonly<Record<string, string | undefined>>;

const pattern = /\$(?:\$|(?<plain>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)(?:(?<operator>:?[-?])(?<rest>[^{}$]*))?\}|)/g;

/** Error: a plain one that says which variable or expression is wrong. */
export function interpolate(text: string, variables: Variables): string {
  let filled = '';
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    filled += text.slice(end, match.index) + valueOf(match, variables);
    end = match.index + match[0].length;
  }
  return filled + text.slice(end);
}

function valueOf({ 0: whole, input, groups = {} }: RegExpMatchArray, variables: Variables): string {
  if (whole === '$$') return '$';
  const { plain, braced, operator, rest = '' } = groups;
  const name = plain ?? braced;
  if (name === undefined) throw new Error(`"${input}" has a $ that starts no variable; a dollar sign is $$`);
  const value = variables[name];
  const isMissing = value === undefined || (operator?.startsWith(':') === true && value === '');
  if (!isMissing) return value;
  if (operator?.endsWith('?') === true) throw new Error(rest === '' ? `the variable ${name} is not set` : rest);
  return rest;
}
