/**
 * grpc.reflection v1 and v1alpha (the same messages under two names) over the generated descriptor set, so
 * that it works from source and from an installed package. The set is decoded at the first question.
 */
import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type { DescFile, Registry } from '@bufbuild/protobuf';
import {
  ServerReflectionService,
  type FileDescriptorResponse,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../protos/gen/grpc/reflection/v1/reflection.ts';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;
type ReflectionStream = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;

interface Files {
  byName(name: string): FileDescriptorResponse | undefined;
  bySymbol(name: string): FileDescriptorResponse | undefined;
}

const v1 = ServerReflectionService;
const v1alpha = {
  serverReflectionInfo: {
    ...v1.serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

/** `services` are the full names that listing answers with. */
export function createReflection(services: readonly string[]) {
  let files: Promise<Files> | undefined;
  const serverReflectionInfo = (stream: ReflectionStream): void => {
    let last = Promise.resolve();
    const reply = async (request: ServerReflectionRequest): Promise<void> => {
      files ??= loadFiles();
      const messageResponse = answer(request, await files, services);
      if (!stream.cancelled) stream.write({ validHost: request.host, originalRequest: request, messageResponse });
    };
    stream.on('data', (request: ServerReflectionRequest) => {
      last = last.then(() => reply(request)).catch((error: unknown) => void stream.emit('error', error));
    });
    stream.on('end', () => void last.then(() => stream.end()));
    stream.on('error', () => undefined);
  };
  return { definitions: [v1, v1alpha], handlers: { serverReflectionInfo } };
}

function answer(request: ServerReflectionRequest, files: Files, services: readonly string[]): Answer {
  const question = request.messageRequest;
  switch (question?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileAnswer(files.byName(question.value), `file "${question.value}"`);
    case 'fileContainingSymbol':
      return fileAnswer(files.bySymbol(question.value), `symbol "${question.value}"`);
    case 'fileContainingExtension':
      return notFound(`an extension of "${question.value.containingType}"`);
    case 'allExtensionNumbersOfType':
      return {
        $case: 'allExtensionNumbersResponse',
        value: { baseTypeName: question.value, extensionNumber: [] },
      };
    case undefined:
      return { $case: 'errorResponse', value: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'no question' } };
  }
}

function fileAnswer(value: FileDescriptorResponse | undefined, what: string): Answer {
  return value === undefined ? notFound(what) : { $case: 'fileDescriptorResponse', value };
}

function notFound(what: string): Answer {
  return { $case: 'errorResponse', value: { errorCode: status.NOT_FOUND, errorMessage: `there is no ${what}` } };
}

async function loadFiles(): Promise<Files> {
  const [{ createFileRegistry, fromBinary, toBinary }, wkt, { descriptorSet }] = await Promise.all([
    import('@bufbuild/protobuf'),
    import('@bufbuild/protobuf/wkt'),
    import('../../protos/gen/descriptor-set.ts'),
  ]);
  const set = fromBinary(wkt.FileDescriptorSetSchema, Buffer.from(descriptorSet, 'base64'));
  const registry = createFileRegistry(set);
  /** The file and everything it imports, as the protocol wants. */
  const encode = (file: DescFile): FileDescriptorResponse => {
    const all = new Set<DescFile>();
    const visit = (each: DescFile): void => {
      if (all.has(each)) return;
      all.add(each);
      each.dependencies.forEach(visit);
    };
    visit(file);
    const bytes = [...all].map((each) => Buffer.from(toBinary(wkt.FileDescriptorProtoSchema, each.proto)));
    return { fileDescriptorProto: bytes };
  };
  return {
    byName: (name) => encodeIfAny(registry.getFile(name), encode),
    bySymbol: (name) => encodeIfAny(fileOf(registry, name), encode),
  };
}

function encodeIfAny(file: DescFile | undefined, encode: (file: DescFile) => FileDescriptorResponse) {
  return file === undefined ? undefined : encode(file);
}

/** Also finds members (a method, a field) through the type that holds them. */
function fileOf(registry: Registry, symbol: string): DescFile | undefined {
  const direct = registry.get(symbol) ?? registry.get(symbol.replace(/\.[^.]*$/, ''));
  return direct?.kind === 'extension' ? undefined : direct?.file;
}
