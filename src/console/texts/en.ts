/** The console in English. */
export const en = {
  languageName: "English",
  places: "Places",
  site: "Site",

  inbox: {
    title: "Inbox",
    lead: "Mail that was sent here and caught. Nothing on this page ever left the machine.",
    live: "live",
    count: (count: number): string => (count === 1 ? "1 mail" : `${count} mails`),
    latest: (count: number): string => `the latest ${count}`,
    clear: "Delete all",
    emptyTitle: "No mail yet",
    emptyLead: "It shows up here as it arrives, without a reload.",
    emptySignUp: "Sign up on the sample site",
    emptyOr: "or let your program send here:",
    noSubject: "(no subject)",
    noSender: "(no sender)",
  },

  mail: {
    back: "All mail",
    from: "From",
    to: "To",
    envelope: "Delivered to",
    received: "Received",
    views: { html: "HTML", text: "Text", source: "Source", headers: "Headers" },
    attachments: "Attachments",
    frameTitle: "The mail as its reader sees it",
    frameNote: "Shown without scripts and without anything from the network. Links open in a new tab.",
    noHtml: "This mail has no HTML part.",
    noText: "This mail has no text part.",
    sourceCut: (shown: string): string => `The first ${shown} are shown.`,
    sourceWhole: "Open the whole source",
  },

  outbox: {
    title: "Outbox",
    lead: "Every mail this program has promised to send, and what became of it.",
    empty: "Nothing has been sent yet.",
    back: "All messages",
    attempts: (count: number): string => (count === 1 ? "1 attempt" : `${count} attempts`),
    next: (time: string): string => `next at ${time}`,
    from: "From",
    mailer: "Mailer",
    messageId: "Message-ID",
    created: "Queued",
    nextAttempt: "Next attempt",
    recipients: "Recipients",
    history: "Attempts",
    noHistory: "No attempt has been made yet.",
    stage: (stage: string): string => `while: ${stage}`,
  },

  states: {
    queued: "queued",
    sending: "sending",
    deferred: "waiting to retry",
    sent: "sent",
    failed: "failed",
    unknown: "unclear",
    held: "held",
    cancelled: "cancelled",
    suppressed: "suppressed",
  },

  /** What one attempt came to. */
  outcomes: { sent: "sent", deferred: "put off", failed: "failed", unknown: "unclear" },

  notFound: { title: "Nothing here", text: "This mail or page does not exist, or it was deleted." },
  refusedForm: {
    title: "Please try again",
    text: "The form did not come from this page as it is now. Nothing was changed. Open the page again and repeat it.",
  },
  fault: { title: "Something broke", text: "It has been written to the log. Please try again." },
};

/** Every language has these keys. */
export type Texts = typeof en;
