/** The settings of materialize. */
import { drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { integerSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const materializeSettings = declareSettings('materialize', {
  ...httpSettings,
  ...drainSetting,
  writeEveryMs: integerSetting({
    default: 20,
    min: 0,
    max: 10_000,
    unit: 'ms',
    doc: 'Least time between the starts of two writes to the history: larger ones cost less under load.',
  }),
});

export type MaterializeSettings = ValuesOf<(typeof materializeSettings)['settings']>;
