/**
 * Five suites: `unit` (npm test), `infra` (real engines), `planted` (every check was seen failing), `e2e` (the built
 * program), `docker` (the built program on a real Docker engine).
 */
import { defineConfig } from 'vitest/config';

const outside = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    sequence: { shuffle: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{bin,cli,services}/**/*.test.{ts,tsx}'],
          exclude: [...outside, 'cli/e2e/**', '**/*.infra.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          include: ['{cli,services}/**/*.infra.test.ts'],
          exclude: outside,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: { name: 'planted', include: ['.checks/**/*.test.ts'], exclude: outside, testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['cli/e2e/**/*.e2e.test.ts'],
          exclude: outside,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'docker',
          include: ['cli/e2e/docker/**/*.docker.test.ts'],
          exclude: outside,
          testTimeout: 900_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
