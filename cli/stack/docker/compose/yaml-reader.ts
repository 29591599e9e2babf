/**
 * Reads values out of a YAML document and knows where each one stands: whatever is wrong is refused with file
 * and line. Aliases and merge keys (<<) are followed.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { CecochatError } from '../../../../services/core/errors.ts';
import { messageFrom } from '../../../../services/core/thrown.ts';
import { interpolate, type Variables } from './interpolate.ts';

export type YamlNode = Node | null;

export interface Entry {
  readonly key: string;
  /** Where the key stands: an empty value has no place of its own. */
  readonly at: YamlNode;
  readonly value: YamlNode;
}

export class YamlReader {
  readonly #file: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #variables: Variables;

  /** Error: settings.invalid, with file and line, when it is not YAML. */
  constructor(file: string, text: string, variables: Variables) {
    this.#file = file;
    this.#text = text;
    this.#variables = variables;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = this.#document.errors;
    if (error !== undefined) throw this.#refusal(error.pos[0], error.message);
  }

  get root(): YamlNode {
    return this.#document.contents;
  }

  /** The whole document as plain values, aliases and merge keys followed, variables not filled in; undefined where it has none. */
  get plain(): unknown {
    try {
      // Read anew: the option turns the keys of merges into symbols, and their places would be lost.
      const plain: unknown = parse(this.#text, { merge: true, maxAliasCount: -1, logLevel: 'error' });
      return plain;
    } catch {
      // An alias to nothing, a merge of something that is no mapping: who reads it says where.
      return undefined;
    }
  }

  /** Where the key or item at the end of a path of keys and places in lists stands, or what of the path there is. */
  locate(path: readonly string[]): YamlNode {
    let at = this.root;
    let value = this.root;
    for (const step of path) {
      if (this.isList(value)) at = value = this.items(value, step)[Number(step)] ?? null;
      else if (this.isMap(value)) {
        const entry = this.entries(value, step).find(({ key }) => key === step);
        if (entry === undefined) break;
        ({ at, value } = entry);
      } else break;
    }
    return at;
  }

  /** An error that names file, line and what is wrong there. */
  refuse(node: YamlNode, what: string): CecochatError {
    return this.#refusal(node?.range?.[0] ?? 0, what);
  }

  entries(node: YamlNode, what: string): Entry[] {
    const map = this.#resolve(node);
    if (map === null || (isScalar(map) && map.value === null)) return [];
    if (!isMap(map)) throw this.refuse(node, `${what} must be a mapping`);
    return this.#entriesOf(map);
  }

  items(node: YamlNode, what: string): YamlNode[] {
    const list = this.#resolve(node);
    if (!isSeq(list)) throw this.refuse(node, `${what} must be a list`);
    return list.items.map((item) => asNode(item));
  }

  isList(node: YamlNode): boolean {
    return isSeq(this.#resolve(node));
  }

  isMap(node: YamlNode): boolean {
    return isMap(this.#resolve(node));
  }

  /** A scalar as text, its variables filled in. */
  text(node: YamlNode, what: string): string {
    const scalar = this.#resolve(node);
    // As it is written: 5.0 stays "5.0".
    const source = isScalar(scalar) && scalar.value !== null ? scalar.source : undefined;
    if (source === undefined) throw this.refuse(node, `${what} must be a text or a number`);
    try {
      return interpolate(source, this.#variables);
    } catch (error) {
      throw this.refuse(node, messageFrom(error));
    }
  }

  texts(node: YamlNode, what: string): string[] {
    return this.items(node, what).map((item) => this.text(item, what));
  }

  boolean(node: YamlNode, what: string): boolean {
    const text = this.text(node, what);
    if (text !== 'true' && text !== 'false') throw this.refuse(node, `${what} must be true or false`);
    return text === 'true';
  }

  /** `parse` gives undefined for what it does not take. */
  parsed<T>(node: YamlNode, what: string, parse: (text: string) => T | undefined): T {
    const text = this.text(node, what);
    const value = parse(text);
    if (value === undefined) throw this.refuse(node, `${what} cannot be "${text}"`);
    return value;
  }

  #entriesOf(map: YAMLMap): Entry[] {
    const found = new Map<string, Entry>();
    for (const pair of map.items) {
      const at = asNode(pair.key);
      const key = isScalar(at) ? String(at.value) : '';
      const value = asNode(pair.value);
      if (key !== '<<') {
        found.set(key, { key, at, value });
        continue;
      }
      for (const merged of this.isList(value) ? this.items(value, '<<') : [value]) {
        for (const entry of this.entries(merged, '<<')) if (!found.has(entry.key)) found.set(entry.key, entry);
      }
    }
    return [...found.values()];
  }

  #resolve(node: YamlNode): YamlNode {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #refusal(offset: number, what: string): CecochatError {
    const { line } = this.#lines.linePos(offset);
    return new CecochatError('settings.invalid', `${this.#file}:${line}: ${what}`, {
      data: { file: this.#file, line: String(line) },
    });
  }
}

function asNode(value: unknown): YamlNode {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}
