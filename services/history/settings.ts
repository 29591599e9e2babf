/** The settings of history. */
import { drainSetting, grpcSettings, httpSettings, jwksSetting } from '../runtime/host-settings.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const historySettings = declareSettings('history', {
  ...httpSettings,
  ...grpcSettings,
  ...jwksSetting,
  ...drainSetting,
});

export type HistorySettings = ValuesOf<(typeof historySettings)['settings']>;
