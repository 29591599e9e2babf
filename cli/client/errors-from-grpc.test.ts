import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { ErrorInfo } from '../../protos/gen/google/rpc/error_details.ts';
import { Status } from '../../protos/gen/google/rpc/status.ts';
import { errorCodes } from '../../services/core/errors.ts';
import { codeOfReason, errorFromGrpc } from './errors-from-grpc.ts';

function fault(code: status, details: string, trailer: Metadata): Error {
  return Object.assign(new Error(details), { code, details, metadata: trailer });
}

function withInfo(reason: string, metadata: Record<string, string>): Metadata {
  const info = Buffer.from(ErrorInfo.encode({ reason, domain: 'cecochat', metadata }).finish());
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: info }];
  const trailer = new Metadata();
  trailer.set('grpc-status-details-bin', Buffer.from(Status.encode({ code: 9, message: '', details }).finish()));
  return trailer;
}

test.each(errorCodes)('%s comes back as it was sent', (code) => {
  const error = errorFromGrpc(fault(status.UNKNOWN, 'why', withInfo(code, { hint: 'do', partition: '7' })), 'call');
  expect(error).toMatchObject({ code, message: 'why', hint: 'do', data: { partition: '7' } });
});

test('a reason in the spelling of googleapis is understood', () => {
  expect(codeOfReason('SEND_OUT_OF_ORDER')).toBe('send.out_of_order');
});

test('without details the status decides, and details that are no details are passed over', () => {
  const broken = new Metadata();
  broken.set('grpc-status-details-bin', Buffer.from([255, 255, 255]));
  expect(errorFromGrpc(fault(status.UNAVAILABLE, 'gone', broken), 'call')).toMatchObject({
    code: 'engine.unavailable',
  });
  const reset = fault(status.INTERNAL, 'Received RST_STREAM with code 2', new Metadata());
  expect(errorFromGrpc(reset, 'call')).toMatchObject({ code: 'engine.unavailable' });
  const denied = fault(status.PERMISSION_DENIED, 'no', new Metadata());
  expect(errorFromGrpc(denied, 'call')).toMatchObject({ code: 'forbidden' });
});

test('an error that is no gRPC status stays what it is', () => {
  const bug = new TypeError('bug');
  expect(errorFromGrpc(bug, 'call')).toBe(bug);
});
