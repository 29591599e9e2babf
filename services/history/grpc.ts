/**
 * Translates cecochat.v1.History.
 */
import {
  HistoryService,
  type GetByKeyRequest,
  type GetChatsRequest,
  type GetDialogHistoryRequest,
  type GetUserHistoryRequest,
} from '../../protos/gen/cecochat/v1/history.ts';
import type { GrpcService } from '../runtime/grpc.ts';
import type { GrpcHandlers } from '../runtime/grpc-handlers.ts';
import { encodeChats, encodeDialogHistory, encodeFound, encodeUserHistory } from './answer-wire.ts';
import type { History } from './history.ts';

const asBytes = { responseSerialize: (bytes: Buffer) => bytes };

export function historyService(history: History, handlers: GrpcHandlers): GrpcService {
  const { getUserHistory, getDialogHistory, getByKey, getChats } = HistoryService;
  return {
    definition: {
      getUserHistory: { ...getUserHistory, ...asBytes },
      getDialogHistory: { ...getDialogHistory, ...asBytes },
      getByKey: { ...getByKey, ...asBytes },
      getChats: { ...getChats, ...asBytes },
    },
    handlers: {
      getUserHistory: handlers.unary<GetUserHistoryRequest, Buffer>(async (request, { session }) =>
        encodeUserHistory(await history.userHistory(session.userId, request)),
      ),
      getDialogHistory: handlers.unary<GetDialogHistoryRequest, Buffer>(async (request, { session }) =>
        encodeDialogHistory(await history.dialogHistory(session.userId, request)),
      ),
      getByKey: handlers.unary<GetByKeyRequest, Buffer>(async (request, { session }) =>
        encodeFound(await history.byKey(session.userId, request)),
      ),
      getChats: handlers.unary<GetChatsRequest, Buffer>(async (request, { session }) =>
        encodeChats(await history.chats(session.userId, request)),
      ),
    },
  };
}
