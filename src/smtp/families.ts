/** How a host with addresses of both families is reached (happy eyeballs, RFC 8305). */

/**
 * IPv6 and IPv4 in the order in which the name server gives them. Node ends an attempt before it begins the next, so
 * each has time for a far server and for one packet that was lost (sent again after a second).
 */
export const FAMILIES = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2_000 } as const;
