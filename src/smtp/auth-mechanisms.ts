/** The SASL mechanisms we speak, as data: the strongest first. */

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Mechanism {
  readonly name: string;
  /** What the client says at each step, before base64. */
  readonly responses: (credentials: Credentials) => readonly string[];
  /** Whether the first response may travel with the AUTH command (RFC 4954, section 4). */
  readonly initialResponse: boolean;
}

export const mechanisms: readonly Mechanism[] = [
  // RFC 4616: no authorization identity, the user, the password.
  { name: "PLAIN", responses: ({ user, password }) => [`\0${user}\0${password}`], initialResponse: true },
  // Never standardized; what the server asks at each step is fixed, whatever words it uses.
  { name: "LOGIN", responses: ({ user, password }) => [user, password], initialResponse: false },
];
