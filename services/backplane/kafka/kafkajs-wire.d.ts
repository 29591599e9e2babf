/**
 * The part of kafkajs 2.2.4 below its producer and consumer: connections with TLS and SASL, and the codecs of
 * Kafka's requests. Decision 0004 says why the backplane stands on it. The package is pinned to that version.
 */
declare module 'kafkajs/src/protocol/requests/index.js' {
  interface Offsets<P> {
    readonly topic: string;
    readonly partitions: readonly P[];
  }
  interface ConfigEntry {
    readonly configName: string;
    readonly configValue: string | null;
  }
  export interface Apis {
    ApiVersions: {
      readonly args: undefined;
      readonly answer: { readonly apiVersions: readonly { readonly apiKey: number; readonly maxVersion: number }[] };
    };
    Metadata: {
      readonly args: { readonly topics: readonly string[]; readonly allowAutoTopicCreation: false };
      readonly answer: {
        readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
        readonly topicMetadata: readonly {
          readonly topic: string;
          readonly topicErrorCode: number;
          readonly partitionMetadata: readonly {
            readonly partitionId: number;
            readonly leader: number;
            readonly replicas: readonly number[];
          }[];
        }[];
      };
    };
    Produce: {
      readonly args: {
        readonly acks: number;
        readonly timeout: number;
        readonly topicData: readonly Offsets<{
          readonly partition: number;
          readonly firstSequence: number;
          readonly messages: readonly { readonly key?: Buffer | null; readonly value: Buffer | null }[];
        }>[];
      };
      readonly answer: {
        readonly topics: readonly {
          readonly topicName: string;
          readonly partitions: readonly {
            readonly partition: number;
            readonly errorCode: number;
            readonly baseOffset: string;
          }[];
        }[];
      };
    };
    Fetch: {
      readonly args: {
        readonly isolationLevel: 0;
        readonly sessionId: number;
        readonly sessionEpoch: number;
        readonly maxWaitTime: number;
        readonly minBytes: number;
        readonly maxBytes: number;
        readonly topics: readonly Offsets<{
          readonly partition: number;
          readonly fetchOffset: number;
          readonly maxBytes: number;
        }>[];
        readonly forgottenTopics: readonly Offsets<number>[];
      };
      readonly answer: object;
    };
    ListOffsets: {
      readonly args: {
        readonly isolationLevel: 0;
        readonly topics: readonly Offsets<{ readonly partition: number; readonly timestamp: number }>[];
      };
      readonly answer: {
        readonly responses: readonly Offsets<{
          readonly partition: number;
          readonly errorCode: number;
          readonly offset: string;
        }>[];
      };
    };
    DeleteRecords: {
      readonly args: {
        readonly topics: readonly Offsets<{ readonly partition: number; readonly offset: number }>[];
        readonly timeout: number;
      };
      readonly answer: {
        readonly topics: readonly Offsets<{ readonly partition: number; readonly errorCode: number }>[];
      };
    };
    CreateTopics: {
      readonly args: {
        readonly topics: readonly {
          readonly topic: string;
          readonly numPartitions: number;
          readonly replicationFactor: number;
          readonly configEntries: readonly { readonly name: string; readonly value: string }[];
        }[];
        readonly timeout: number;
      };
      readonly answer: {
        readonly topicErrors: readonly {
          readonly topic: string;
          readonly errorCode: number;
          readonly errorMessage?: string | null;
        }[];
      };
    };
    DeleteTopics: {
      readonly args: { readonly topics: readonly string[]; readonly timeout: number };
      readonly answer: object;
    };
    DescribeConfigs: {
      readonly args: { readonly resources: readonly { readonly type: 2; readonly name: string }[] };
      readonly answer: {
        readonly resources: readonly {
          readonly errorCode: number;
          readonly configEntries: readonly ConfigEntry[];
        }[];
      };
    };
    GroupCoordinator: {
      readonly args: { readonly groupId: string };
      readonly answer: {
        readonly errorCode: number;
        readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
      };
    };
    JoinGroup: {
      readonly args: {
        readonly groupId: string;
        readonly sessionTimeout: number;
        readonly rebalanceTimeout: number;
        readonly memberId: string;
        readonly protocolType: 'consumer';
        readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
      };
      readonly answer: {
        readonly errorCode: number;
        readonly generationId: number;
        readonly leaderId: string;
        readonly memberId: string;
        readonly members: readonly { readonly memberId: string }[];
      };
    };
    SyncGroup: {
      readonly args: {
        readonly groupId: string;
        readonly generationId: number;
        readonly memberId: string;
        readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
      };
      readonly answer: { readonly errorCode: number; readonly memberAssignment: Buffer };
    };
    Heartbeat: {
      readonly args: { readonly groupId: string; readonly groupGenerationId: number; readonly memberId: string };
      readonly answer: { readonly errorCode: number };
    };
    LeaveGroup: {
      readonly args: { readonly groupId: string; readonly memberId: string };
      readonly answer: object;
    };
    OffsetCommit: {
      readonly args: {
        readonly groupId: string;
        readonly groupGenerationId: number;
        readonly memberId: string;
        readonly topics: readonly Offsets<{ readonly partition: number; readonly offset: string }>[];
      };
      readonly answer: object;
    };
  }
  export interface WireRequest<T> {
    readonly request: { readonly apiKey: number };
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<T>;
      readonly parse: (decoded: T) => Promise<T>;
    };
    readonly requestTimeout?: number | null;
  }
  interface Definition<Args, Answer> {
    readonly versions: readonly string[];
    protocol(of: { readonly version: number }): (args: Args) => WireRequest<Answer>;
  }
  const protocol: {
    readonly requests: { readonly [A in keyof Apis]: Definition<Apis[A]['args'], Apis[A]['answer']> };
  };
  export default protocol;
}

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net';
  import type { ConnectionOptions } from 'node:tls';
  import type { WireRequest } from 'kafkajs/src/protocol/requests/index.js';

  interface SilentLogger {
    namespace(): SilentLogger;
    readonly debug: () => void;
    readonly info: () => void;
    readonly warn: () => void;
    readonly error: () => void;
  }
  export interface SocketOptions {
    readonly host: string;
    readonly port: number;
    readonly ssl?: ConnectionOptions | null;
    readonly onConnect: () => void;
  }
  export default class Connection {
    constructor(options: {
      readonly host: string;
      readonly port: number;
      readonly ssl: ConnectionOptions | null;
      readonly sasl: object | null;
      readonly clientId: string;
      readonly connectionTimeout: number;
      readonly requestTimeout: number;
      readonly logger: SilentLogger;
      readonly socketFactory: (options: SocketOptions) => Socket;
    });
    isConnected(): boolean;
    connect(): Promise<unknown>;
    disconnect(): Promise<unknown>;
    setVersions(versions: Readonly<Record<number, { readonly maxVersion: number }>>): void;
    setSupportAuthenticationProtocol(isSupported: boolean): void;
    authenticate(): Promise<void>;
    send<T>(request: WireRequest<T>): Promise<T>;
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { Socket } from 'node:net';
  import type { SocketOptions } from 'kafkajs/src/network/connection.js';
  export default function createSocketFactory(): (options: SocketOptions) => Socket;
}

declare module 'kafkajs/src/protocol/error.js' {
  export const errorCodes: readonly { readonly type: string; readonly code: number }[];
}
