/** The pages in English. */
import type { Child } from "hono/jsx";

export const en = {
  /** The language's own name, for the switch. */
  languageName: "English",
  footer: "Signed, sealed, delivered.",
  /** Before the title of a page whose form was not accepted. */
  errorTitle: "Please check:",

  actions: {
    signUp: "Sign up",
    logIn: "Log in",
    logOut: "Log out",
    home: "Go to the start page",
    resend: "Send the mail again",
  },

  home: {
    title: (site: string): string => `Welcome to ${site}`,
    lead: "Sign up, open the mail we send you, press one button: that is all it takes.",
    greeting: (username: Child): Child[] => ["Hello, ", username],
    confirmed: (email: Child): Child[] => ["You are logged in. Your address ", email, " is confirmed."],
  },

  register: {
    title: "Create your account",
    username: "Username",
    email: "E-mail address",
    emailHint: "We send one mail there, to make sure that it is yours.",
    password: "Password",
    passwordHint: "At least 8 characters. A few words make a good one.",
    submit: "Sign up",
    already: "Already have an account?",
  },

  registered: {
    title: "Check your mail",
    sent: (email: Child): Child[] => [
      "We sent a mail to ",
      email,
      ". Open it and follow its link to activate your account.",
    ],
    sentSomewhere: "We sent you a mail. Open it and follow its link to activate your account.",
    missing: "Nothing there after a few minutes?",
    spam: "Look in your spam or junk folder.",
    typo: "Read the address above once more. If it has a mistake, sign up again with the right one.",
    again: "Or let us send it once more.",
  },

  inbox: {
    hint: "This is a development server, so the mail never left it.",
    link: "Read it in the inbox",
  },

  activate: {
    title: "Activate your account",
    lead: (username: Child, email: Child): Child[] => [
      "One press activates the account ",
      username,
      " and confirms that ",
      email,
      " is its address.",
    ],
    submit: "Activate my account",
    notYou: "Not yours? Just close this page, and nothing happens.",
  },

  resend: {
    title: "Get a new activation mail",
    lead: "Tell us who you are, and we send the mail again.",
    expired: "This link has expired. Links work for a limited time only, so let us send you a new one.",
    invalid: "This link is not valid. Part of it may have been lost on the way, so let us send you a new one.",
    login: "E-mail address or username",
    submit: "Send the mail",
    sentTitle: "Check your mail",
    sent: "If an account with that name or address is waiting for its activation, a new mail is on its way to it.",
    other: "Try another address or username",
  },

  login: {
    title: "Log in",
    login: "Username or e-mail address",
    password: "Password",
    submit: "Log in",
    noAccount: "No account yet?",
    activated: "Your account is active. Welcome! Log in to begin.",
    alreadyActive: "This account is already active. You can log in.",
    loggedOut: "You are logged out. See you soon.",
    refused: "We could not log you in. Check the name and the password. A new account must be activated first.",
    refusedLink: "Have the activation mail sent again",
    notActive: "Your account is waiting for its activation: follow the link in the mail that we sent you.",
  },

  unsubscribe: {
    title: "Unsubscribe",
    lead: (address: Child, stream: Child): Child[] => [
      "One press, and ",
      address,
      " gets no more mail of the kind ",
      stream,
      ".",
    ],
    leadAll: (address: Child): Child[] => ["One press, and ", address, " gets no more newsletters from us."],
    submit: "Unsubscribe",
    stays: "Mail that your account needs, such as a new password, still comes.",
    doneTitle: "You are unsubscribed",
    done: (address: Child, stream: Child): Child[] => [address, " gets no more mail of the kind ", stream, "."],
    doneAll: (address: Child): Child[] => [address, " gets no more newsletters from us."],
    mistake: "Was it a mistake?",
    resubscribe: "Subscribe again",
    backTitle: "You are subscribed again",
    back: (address: Child, stream: Child): Child[] => [address, " gets mail of the kind ", stream, " as before."],
    backAll: (address: Child): Child[] => [address, " gets our newsletters as before."],
    invalidTitle: "This link is not complete",
    invalid:
      "Part of it may have been lost on the way, so nothing was changed. Please open it again from the mail itself. If that does not help, answer the mail and ask to be taken off the list.",
  },

  /** What is wrong with a field. */
  problems: {
    required: "Please fill this in.",
    "too-short": "This is too short.",
    "too-long": "This is too long.",
    "not-allowed": "This contains a character that cannot be used here, such as a line break, < or >.",
    "not-an-address": "This does not look like an e-mail address. One looks like name@example.com.",
    "too-guessable": "This is too easy to guess. Please choose something else.",
    taken: "This username is taken. Please choose another.",
  },
  problemsOfField: {
    username: {
      required: "Please choose a username.",
      "too-long": "Please choose a username of at most 64 characters.",
      "not-allowed":
        "Please use letters and digits, of any script, with single spaces, dots, hyphens or underscores between.",
    },
    email: {
      required: "Please enter your e-mail address.",
      "too-long": "This is longer than an e-mail address can be.",
    },
    password: {
      required: "Please enter a password.",
      "too-short": "Please use at least 8 characters: a few words are easy to remember and hard to guess.",
      "too-guessable": "Please choose a password that is not your username or address.",
    },
    login: { required: "Please enter your username or e-mail address." },
  },

  staleForm: {
    title: "This page was open too long",
    text: "To keep your account safe, we did not accept the form. Nothing was changed. Please open the page again and repeat it; your browser must allow cookies for this site.",
    retry: "Open the page again",
  },
  notFound: {
    title: "Nothing here",
    text: "There is no page at this address. The link may be old, or a letter may be missing.",
  },
  wrongMethod: {
    title: "Not like this",
    text: "This page exists, but it cannot be asked for in this way.",
  },
  tooLarge: {
    title: "Too much at once",
    text: "What was sent is larger than this form can take. Nothing was changed.",
  },
  fault: {
    title: "Something broke on our side",
    text: "It is not your fault, and it has been noted. Please try again in a moment.",
  },
};

/** Every language has these keys. */
export type Texts = typeof en;
