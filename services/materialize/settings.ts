/** The settings of materialize. */
import { adminSetting, drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { integerSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const materializeSettings = declareSettings('materialize', {
  ...httpSettings,
  ...adminSetting,
  ...drainSetting,
  restMs: integerSetting({
    default: 1000,
    min: 0,
    max: 10_000,
    unit: 'ms',
    doc: 'How long a busy partition rests between two writes to the history, on average; a quiet one never does.',
  }),
});

export type MaterializeSettings = ValuesOf<(typeof materializeSettings)['settings']>;
