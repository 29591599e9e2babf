/**
 * The settings of all servers as rows. It loads the servers, so it is loaded only for `config reference`.
 */
import { settingsReference } from '../../../services/run.ts';
import type { SettingRow } from '../../commands/config/reference.ts';

export function settingRows(): SettingRow[] {
  return settingsReference().map((setting) => ({ ...setting, unit: setting.unit ?? null }));
}
