/**
 * The settings of the engines that a server or a stack opens.
 */
import { choiceSetting, integerSetting, requiredTextSetting } from './setting-types.ts';
import { declareSettings } from './settings.ts';

const dayMs = 86_400_000;

export const engineSettings = declareSettings('engines', {
  backend: choiceSetting({ choices: ['embedded'], default: 'embedded', doc: 'Which engines to use.' }),
  dataFolder: requiredTextSetting({ doc: 'Folder of the embedded engines. One process at a time.' }),
  partitionCount: integerSetting({
    default: 360,
    min: 2,
    max: 10_000,
    doc: 'Partitions of the backplane. Fixed when the data folder is made.',
  }),
  retentionMs: integerSetting({
    default: 0,
    min: 0,
    max: 3_650 * dayMs,
    unit: 'ms',
    doc: 'Records of the backplane that are older may be removed, once history has them; 0 keeps all.',
  }),
  retentionBytes: integerSetting({
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    doc: 'The same by size, for each partition; 0 keeps all.',
  }),
});
