/** What all HTTP backends have in common: one request for each message, and a receipt or an error for its answer. */
import type { Backend, Envelope, Receipt } from "../../backend.ts";
import { refuseAborted } from "../aborted.ts";
import { requireAccepted } from "../require-accepted.ts";
import { refuseUnplainAddresses } from "./doubtful.ts";
import type { Endpoint } from "./endpoint.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";
import { faultError, type HttpFault, refusals, unsupported } from "./fault.ts";

/** A message that a provider took. */
export interface Taken {
  /** The provider's id of the message. */
  id: string;
  /** Where it took the message and names recipients whom it will not send it to. */
  except?: HttpFault | undefined;
}

/** What makes a provider different from the others. */
export interface Provider {
  endpoint: Endpoint;
  /** Whether it keeps the promise of `requireTls`. */
  canRequireTls?: boolean;
  /** @throws DeliveryError when the API has no field for something in the message */
  request(envelope: Envelope, bytes: Uint8Array): Promise<HttpRequest> | HttpRequest;
  read(answer: HttpAnswer): Taken | HttpFault;
}

/** A backend that posts each message to a provider. */
export function createHttpBackend(provider: Provider): Backend {
  const { endpoint } = provider;
  return {
    send: async (envelope, bytes, options = {}) => {
      refuseAborted(options, endpoint.host);
      refuseUnsupported(provider, envelope);
      refuseUnplainAddresses(endpoint, [envelope.from, ...envelope.to]);
      const request = await provider.request(envelope, bytes);
      refuseAborted(options, endpoint.host);
      const answer = await exchange(endpoint, request, options.signal);
      const outcome = withoutSecrets(provider.read(answer), endpoint.secrets);
      if ("kind" in outcome) throw faultError(endpoint, envelope, answer, outcome);
      return requireAccepted(receipt(endpoint, envelope, outcome), "response");
    },
  };
}

/** Some gateways say the key back that they refuse. */
function withoutSecrets(outcome: Taken | HttpFault, secrets: readonly string[]): Taken | HttpFault {
  if (!("kind" in outcome)) return outcome;
  const hidden = (text: string): string => secrets.reduce((left, secret) => left.replaceAll(secret, "***"), text);
  return { ...outcome, code: hidden(outcome.code), text: hidden(outcome.text) };
}

function receipt(endpoint: Endpoint, envelope: Envelope, { id, except }: Taken): Receipt {
  const rejected = except === undefined ? [] : refusals(envelope, except);
  const accepted = envelope.to.filter((address) => !rejected.some((refusal) => refusal.address === address));
  return { server: endpoint.host, accepted, rejected, response: id };
}

/** What only SMTP can promise is not promised. */
function refuseUnsupported({ endpoint, canRequireTls = false }: Provider, envelope: Envelope): void {
  const advice = "Leave it out, or send this message by SMTP.";
  if (envelope.dsn !== undefined)
    throw unsupported(endpoint, "its API does not ask for delivery reports (dsn)", advice);
  if (envelope.smtpUtf8 === true) throw unsupported(endpoint, "its API takes plain ASCII addresses (smtpUtf8)", advice);
  if (envelope.requireTls === true && !canRequireTls) {
    throw unsupported(endpoint, "its API cannot demand TLS on the whole way (requireTls)", advice);
  }
}
