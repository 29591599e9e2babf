/**
 * `config reference`: every setting of the servers and every key of the dynamic configuration.
 */
import { formatTable } from '../../output/table.ts';
import type { CommandResult } from '../command.ts';

/** The dynamic configuration; its values are read and changed with `config`. */
export const dynamicKeys = [
  {
    key: 'partitioning.partition-count',
    type: 'integer 2 to 10000',
    default: '360',
    doc: 'Partitions of the backplane; fixed once messages are stored.',
  },
  {
    key: 'partitioning.server-partitions',
    type: 'hash server id → ranges',
    default: 'even shares',
    doc: 'Which messaging server owns which partitions, like 0-179 or 0-9,20-29.',
  },
  {
    key: 'partitioning.server-addresses',
    type: 'hash server id → host:port',
    default: '(from up)',
    doc: 'Where clients reach each messaging server.',
  },
  { key: 'history.server-address', type: 'host:port', default: '(from up)', doc: 'Where clients reach history.' },
  {
    key: 'history.user.message-count',
    type: 'integer 1 to 1000',
    default: '64',
    doc: 'Most messages in one page of a user’s history.',
  },
  {
    key: 'history.dialog.message-count',
    type: 'integer 1 to 1000',
    default: '32',
    doc: 'Most messages in one page of a dialog’s history.',
  },
] as const;

export interface SettingRow {
  readonly scope: string;
  readonly name: string;
  readonly variable: string;
  readonly type: string;
  readonly unit: string | null;
  readonly default: string;
  readonly doc: string;
}

export async function configReference({ markdown = false } = {}): Promise<CommandResult> {
  const { settingRows } = await import('../../stack/servers/setting-rows.ts');
  const settings = settingRows();
  const sections = sectionsOf(settings);
  return { data: { settings, dynamic: dynamicKeys }, text: markdown ? markdownOf(sections) : textOf(sections) };
}

interface Section {
  readonly title: string;
  readonly rows: readonly string[][];
}

function textOf(sections: readonly Section[]): string {
  return sections.map(({ title, rows }) => `${title}\n${formatTable(rows)}`).join('\n\n');
}

function markdownOf(sections: readonly Section[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return sections
    .map(({ title, rows: [head = [], ...rows] }) =>
      [`**${title}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'),
    )
    .join('\n\n');
}

function sectionsOf(settings: readonly SettingRow[]): Section[] {
  const sections = [...new Set(settings.map((row) => row.scope))].map((scope) => {
    const rows = settings.filter((row) => row.scope === scope);
    const lines = rows.map(({ name, variable, type, unit, default: value, doc }) => [
      name,
      variable,
      unit === null ? type : `${type}, ${unit}`,
      value,
      doc,
    ]);
    return { title: scope, rows: [['setting', 'variable', 'type', 'default', 'meaning'], ...lines] };
  });
  const dynamic = dynamicKeys.map(({ key, type, default: value, doc }) => [key, type, value, doc]);
  return [...sections, { title: 'dynamic configuration', rows: [['key', 'type', 'default', 'meaning'], ...dynamic] }];
}
