/** DATA: a message is read, made ready and stored; only then the client is told that it was taken. */
import type { SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import type { ApiKey } from "./api-keys.ts";
import { collect, type Room } from "./collect.ts";
import { dsnOf } from "./dsn.ts";
import { type House, isUtf8 } from "./handlers.ts";
import { readMessage } from "./read-message.ts";
import { ReplyError } from "./replies.ts";

/** @returns What the client is told. */
export async function takeMessage(
  house: House,
  room: Room,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string> {
  const { options, visits } = house;
  const visit = visits.of(session);
  const { key } = visit;
  const share = room.open();
  visit.isBusy = true;
  try {
    const octets = await collect(stream, {
      maxBytes: key === undefined ? options.maxBounceBytes : options.maxMessageBytes,
      share,
      hangUp: (reply) => visits.hangUp(session, reply),
    });
    return await (key === undefined ? takeReport(house, octets, session) : submit(house, octets, session, key));
  } finally {
    share.release();
    visit.isBusy = false;
  }
}

async function submit(house: House, octets: Buffer, session: SMTPServerSession, key: ApiKey): Promise<string> {
  const { options } = house;
  const { mailFrom, rcptTo } = session.envelope;
  if (mailFrom === false) throw new ReplyError(503, "5.5.1 Need MAIL command");
  const { args } = mailFrom;
  const smtpUtf8 = isUtf8(mailFrom);
  // By itself, as the octets need not be kept while their message is stored.
  const size = octets.length;
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
  // Guarantee: the 250 leaves after the message is stored. Killed before it is, nothing is kept and no 250 was sent;
  // killed between the two, the message is sent and the client, which cannot know, may hand it in again.
  const id = await options.deliver(mail);
  const fields = { key: key.name, size, recipients: rcptTo.length };
  if (id === undefined) {
    options.logger.log("info", "submission.dropped", fields);
    return "2.0.0 Ok: dropped, as the hooks (alwaysTo, allowTo) leave nobody to send it to";
  }
  options.logger.log("info", "submission.taken", { id, ...fields });
  return `2.0.0 Ok: queued as ${id}`;
}

async function takeReport({ options }: House, octets: Buffer, session: SMTPServerSession): Promise<string> {
  const { bounces, logger } = options;
  if (bounces === undefined) throw new ReplyError(530, "5.7.0 Authentication required");
  for (const { address } of session.envelope.rcptTo) await bounces.handle(address, octets);
  logger.log("info", "submission.report", { size: octets.length, client: session.remoteAddress });
  return "2.0.0 Ok: report taken";
}
