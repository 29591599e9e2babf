/** The settings of connect. */
import { drainSetting, httpSettings, jwksSetting } from '../runtime/host-settings.ts';
import { declareSettings, type ValuesOf } from '../runtime/settings.ts';

export const connectSettings = declareSettings('connect', { ...httpSettings, ...jwksSetting, ...drainSetting });

export type ConnectSettings = ValuesOf<(typeof connectSettings)['settings']>;
