/**
 * What an `up` made on the engine, so that a failed one takes it away again. What was there before stays, and what
 * did not run before is stopped again.
 */
import type { DockerEngine } from '../engine/docker-engine.ts';

export class UndoList {
  readonly #engine: DockerEngine;
  readonly #created: string[] = [];
  readonly #started: { readonly id: string; readonly graceMs: number }[] = [];
  readonly #volumes: string[] = [];
  #network: string | undefined;

  constructor(engine: DockerEngine) {
    this.#engine = engine;
  }

  get isEmpty(): boolean {
    return this.#created.length + this.#started.length + this.#volumes.length === 0 && this.#network === undefined;
  }

  containerCreated(id: string): void {
    this.#created.push(id);
  }

  containerStarted(id: string, graceMs: number): void {
    this.#started.push({ id, graceMs });
  }

  volumeCreated(name: string): void {
    this.#volumes.push(name);
  }

  networkCreated(name: string): void {
    this.#network = name;
  }

  /** Goes on at what fails; the first error comes at the end. */
  async run(): Promise<void> {
    const engine = this.#engine;
    const containers = await Promise.allSettled([
      ...this.#created.map((id) => engine.removeContainer(id)),
      ...this.#started
        .filter(({ id }) => !this.#created.includes(id))
        .map(({ id, graceMs }) => engine.stopContainer(id, graceMs)),
    ]);
    const rest = await Promise.allSettled([
      ...this.#volumes.map((name) => engine.removeVolume(name)),
      ...(this.#network === undefined ? [] : [engine.removeNetwork(this.#network)]),
    ]);
    const failed = [...containers, ...rest].find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
