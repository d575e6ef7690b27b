/** DATA: a message is read, made ready and stored; only then the client is told that it was taken. */
import type { SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import type { ApiKey } from "./api-keys.ts";
import { collect, type Room, type Share } from "./collect.ts";
import { dsnOf } from "./dsn.ts";
import { type House, isUtf8 } from "./handlers.ts";
import type { ResolvedOptions } from "./options.ts";
import { readMessage } from "./read-message.ts";
import { ReplyError } from "./replies.ts";

/** Stores what was taken; @returns What the client is told. */
type Store = () => Promise<string>;

/** @returns What the client is told. */
export async function takeMessage(
  house: House,
  room: Room,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string> {
  const visit = house.visits.of(session);
  const share = room.open();
  visit.isBusy = true;
  try {
    const store = await read(house, share, stream, session);
    return await store();
  } finally {
    share.release();
    visit.isBusy = false;
  }
}

/** Not an async function: one keeps what it has seen, here the octets, beside the message that was made of them. */
function read(
  { options, visits }: House,
  share: Share,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<Store> {
  const { key } = visits.of(session);
  const maxBytes = key === undefined ? options.maxBounceBytes : options.maxMessageBytes;
  return collect(stream, { maxBytes, share, hangUp: (reply) => visits.hangUp(session, reply) }).then((octets) =>
    key === undefined ? report(options, octets, session) : submission(options, octets, session, key),
  );
}

function submission(options: ResolvedOptions, octets: Buffer, session: SMTPServerSession, key: ApiKey): Store {
  const { mailFrom, rcptTo } = session.envelope;
  if (mailFrom === false) throw new ReplyError(503, "5.5.1 Need MAIL command");
  const { args } = mailFrom;
  const smtpUtf8 = isUtf8(mailFrom);
  const mail = readMessage(octets, {
    from: mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    dsn: dsnOf(mailFrom, rcptTo),
    requireTls: args !== false && args["REQUIRETLS"] === true,
    smtpUtf8,
    key,
    trace: {
      helo: session.hostNameAppearsAs,
      address: session.remoteAddress,
      host: options.name,
      protocol: session.transmissionType,
      isUtf8: smtpUtf8,
      id: `${session.id}.${session.transaction}`,
    },
    now: options.clock.now(),
    unsubscribe: options.unsubscribe,
  });
  const fields = { key: key.name, size: octets.length, recipients: rcptTo.length };
  return async () => {
    // Guarantee: the 250 leaves after the message is stored. Killed before it is, nothing is kept and no 250 was sent;
    // killed between the two, the message is sent and the client, which cannot know, may hand it in again.
    const id = await options.deliver(mail);
    if (id === undefined) {
      options.logger.log("info", "submission.dropped", fields);
      return "2.0.0 Ok: dropped, as the hooks (alwaysTo, allowTo) leave nobody to send it to";
    }
    options.logger.log("info", "submission.taken", { id, ...fields });
    return `2.0.0 Ok: queued as ${id}`;
  };
}

function report({ bounces, logger }: ResolvedOptions, octets: Buffer, session: SMTPServerSession): Store {
  if (bounces === undefined) throw new ReplyError(530, "5.7.0 Authentication required");
  return async () => {
    for (const { address } of session.envelope.rcptTo) await bounces.handle(address, octets);
    logger.log("info", "submission.report", { size: octets.length, client: session.remoteAddress });
    return "2.0.0 Ok: report taken";
  };
}
