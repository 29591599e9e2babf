/**
 * Back-of-the-envelope capacity of a cell. Pure. The defaults give the figures of the design: 100 million
 * users are 2 000 messaging servers and 712 000 messages/s at peak, 356 per server.
 */
export interface CapacityInput {
  /** Active users, all connected at the busiest time. */
  readonly users: number;
  /** Sent by one user. */
  readonly messagesPerDay: number;
  /** The busy hours of a day, and the part of the day's messages (0 to 1) that is sent in them. */
  readonly peakHours: number;
  readonly peakShare: number;
  /** One message as it is sent, stored and delivered: text, ids, key, framing. */
  readonly messageBytes: number;
  readonly historyDays: number;
  readonly backplaneDays: number;
  readonly connectionsPerServer: number;
  /** Copies of everything stored. */
  readonly replicas: number;
}

export interface Capacity {
  readonly messagingServers: number;
  /** Messages sent per second in the busy hours, by one server at most and by all of them. */
  readonly peakMessagesPerSecondPerServer: number;
  readonly peakMessagesPerSecond: number;
  readonly meanMessagesPerSecond: number;
  readonly messagesPerDay: number;
  /** From senders, in the busy hours. */
  readonly peakInBytesPerSecond: number;
  /** To receivers: one client each. */
  readonly peakOutBytesPerSecond: number;
  /** Records of the backplane: `Sent` in the sender's partition and `Received` in the receiver's. */
  readonly peakBackplaneRecordsPerSecond: number;
  /** Written to the backplane, copies included. */
  readonly peakBackplaneBytesPerSecond: number;
  /** On all disks, copies included. */
  readonly backplaneBytes: number;
  /** On all disks, copies included: a row for each of the two users and one for the dialog. */
  readonly historyBytes: number;
}

export const defaultCapacityInput: CapacityInput = {
  users: 100_000_000,
  messagesPerDay: 128,
  peakHours: 4,
  peakShare: 0.8,
  messageBytes: 512,
  historyDays: 365,
  backplaneDays: 1,
  connectionsPerServer: 50_000,
  replicas: 3,
};

const recordsPerMessage = 2;
const rowsPerMessage = 3;
const secondsPerDay = 86_400;

export function planCapacity(input: CapacityInput): Capacity {
  const { users, messageBytes, replicas } = input;
  const messagingServers = Math.max(1, Math.ceil(users / input.connectionsPerServer));
  const messagesPerDay = users * input.messagesPerDay;
  const peak = (messagesPerDay * input.peakShare) / (input.peakHours * 3600);
  // A server sends whole messages; planned for its share rounded up, all of them together carry at least the peak.
  const peakMessagesPerSecondPerServer = Math.ceil(peak / messagingServers);
  const peakMessagesPerSecond = peakMessagesPerSecondPerServer * messagingServers;
  const peakInBytesPerSecond = peakMessagesPerSecond * messageBytes;
  const peakBackplaneRecordsPerSecond = peakMessagesPerSecond * recordsPerMessage;
  return {
    messagingServers,
    peakMessagesPerSecondPerServer,
    peakMessagesPerSecond,
    meanMessagesPerSecond: Math.ceil(messagesPerDay / secondsPerDay),
    messagesPerDay,
    peakInBytesPerSecond,
    peakOutBytesPerSecond: peakInBytesPerSecond,
    peakBackplaneRecordsPerSecond,
    peakBackplaneBytesPerSecond: peakBackplaneRecordsPerSecond * messageBytes * replicas,
    backplaneBytes: messagesPerDay * input.backplaneDays * recordsPerMessage * messageBytes * replicas,
    historyBytes: messagesPerDay * input.historyDays * rowsPerMessage * messageBytes * replicas,
  };
}
