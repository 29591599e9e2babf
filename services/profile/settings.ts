/** The settings of profile. */
import { adminSetting, drainSetting, httpSettings } from '../runtime/host-settings.ts';
import { integerSetting } from '../runtime/setting-types.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const profileSettings = declareSettings('profile', {
  ...httpSettings,
  ...adminSetting,
  ...drainSetting,
  accessTokenLifetimeS: integerSetting({
    default: 3_600,
    min: 10,
    max: 86_400,
    unit: 's',
    doc: 'How long an access token is good. Clients renew it before.',
  }),
  refreshTokenLifetimeS: integerSetting({
    default: 30 * 86_400,
    min: 60,
    max: 366 * 86_400,
    unit: 's',
    doc: 'How long a session can be renewed without the password.',
  }),
  scryptN: integerSetting({
    default: 32_768,
    min: 1_024,
    max: 1_048_576,
    doc: 'Cost N of password hashes, a power of two; memory is 1 KiB times N at r = 8.',
  }),
  scryptP: integerSetting({ default: 1, min: 1, max: 16, doc: 'Passes p of password hashes.' }),
});

export type ProfileSettings = ValuesOf<(typeof profileSettings)['settings']>;
