/** How each server is set up: takes mail for example.test from loopback, and delivers it to a maildir. */

export type ServerName = "postfix" | "exim" | "opensmtpd" | "dovecot" | "dovecot-imap";

export interface Configuration {
  /** Files in /stage, by name. */
  files: Readonly<Record<string, string>>;
  /** A shell script that puts things in their places. */
  setup: string;
  command: readonly string[];
}

/** The user that Dovecot lets in. */
export const dovecotUser = { user: "ann", password: "correct-horse:battery" };

/** `relayPort` is where Dovecot, which delivers nothing itself, hands mail on to. */
export const configurations: Readonly<Record<ServerName, (port: number, relayPort: number) => Configuration>> = {
  postfix: (port) => ({
    files: {
      "main.cf": lines(
        "compatibility_level = 3.6",
        // Outside the root, so that a server that was killed can be started again on it.
        "queue_directory = /stage/spool",
        "maillog_file = /stage/maillog",
        "maillog_file_prefixes = /stage",
        "inet_interfaces = 127.0.0.1",
        "inet_protocols = ipv4",
        "myhostname = mx.example.test",
        "mydestination =",
        "alias_maps =",
        "alias_database =",
        "virtual_mailbox_domains = example.test, example.net",
        "virtual_mailbox_base = /stage/maildir",
        "virtual_mailbox_maps = static:all/",
        "virtual_uid_maps = static:65534",
        "virtual_gid_maps = static:65534",
        "virtual_minimum_uid = 100",
        "smtpd_relay_restrictions = reject_unauth_destination",
        "local_recipient_maps =",
        // A mailbox that is only found missing after the mail was taken, so that it comes back.
        "virtual_alias_maps = inline:{ { gone@example.test = gone@nowhere.test } }",
        "transport_maps = inline:{ { nowhere.test = error:5.1.1 nobody has this name } }",
        "smtpd_forbid_bare_newline = yes",
        "smtpd_forbid_unauth_pipelining = yes",
      ),
      "master.cf": lines(
        `127.0.0.1:${port} inet n - n - - smtpd`,
        "postlog unix-dgram n - n - 1 postlogd",
        "pickup unix n - n 60 1 pickup",
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "virtual unix - n n - - virtual",
        "proxymap unix - - n - - proxymap",
        "anvil unix - - n - 1 anvil",
      ),
    },
    setup: lines(
      user("postfix", 60101, "/stage/spool"),
      "echo postdrop:x:60102: >> /etc/group",
      "cp /stage/main.cf /stage/master.cf /etc/postfix/",
      // After a kill, postsuper clears up as the user postfix and writes to the log that root began.
      "touch /stage/maillog",
      "chmod 666 /stage/maillog",
      "mkdir -p /stage/spool /var/lib/postfix",
      "chown postfix /var/lib/postfix",
      "chgrp postdrop /usr/sbin/postqueue /usr/sbin/postdrop",
      "chmod g+s /usr/sbin/postqueue /usr/sbin/postdrop",
    ),
    command: ["/usr/sbin/postfix", "start-fg"],
  }),

  exim: (port) => ({
    files: {
      "exim4.conf": lines(
        "primary_hostname = mx.example.test",
        "daemon_smtp_ports = " + String(port),
        "local_interfaces = 127.0.0.1",
        "log_file_path = /stage/%slog",
        "spool_directory = /var/spool/exim4",
        "acl_smtp_rcpt = check_rcpt",
        "acl_smtp_data = accept_all",
        "smtp_accept_max = 0",
        "smtp_accept_queue_per_connection = 0",
        // Taking and delivering apart: a process of its own for each message takes four times as long.
        "queue_only",
        "queue_run_max = 2",
        "message_logs = false",
        "host_lookup =",
        "rfc1413_query_timeout = 0s",
        "begin acl",
        "check_rcpt:",
        "  accept domains = example.test",
        "  deny message = relay not permitted",
        "accept_all:",
        "  accept",
        "begin routers",
        "all:",
        "  driver = accept",
        "  domains = example.test",
        "  transport = maildir",
        "begin transports",
        "maildir:",
        "  driver = appendfile",
        "  directory = /stage/maildir",
        "  maildir_format",
        "  create_directory",
        "  user = nobody",
        "  group = nogroup",
      ),
    },
    setup: lines(
      user("Debian-exim", 60103, "/var/spool/exim4"),
      "cp /stage/exim4.conf /etc/exim4/exim4.conf",
      "chmod 644 /etc/exim4/exim4.conf",
      "mkdir -p /var/spool/exim4",
      "chown Debian-exim:Debian-exim /var/spool/exim4",
    ),
    command: ["/usr/sbin/exim4", "-bdf", "-q1s"],
  }),

  opensmtpd: (port) => ({
    files: {
      "smtpd.conf": lines(
        "table domains { example.test }",
        'table users { "@" = "nobody" }',
        `listen on 127.0.0.1 port ${port} hostname mx.example.test`,
        'action "maildir" maildir "/stage/maildir" virtual <users>',
        'match from any for domain <domains> action "maildir"',
      ),
    },
    setup: lines(
      user("opensmtpd", 60104, "/var/lib/opensmtpd/empty"),
      user("opensmtpq", 60105, "/var/lib/opensmtpd/empty"),
      "cp /stage/smtpd.conf /etc/smtpd.conf",
      "chmod 600 /etc/smtpd.conf",
      "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd",
      "chmod 711 /var/lib/opensmtpd/empty /var/spool/smtpd",
      // The mailbox of the one user that all mail goes to.
      "sed -i 's#^nobody:.*#nobody:x:65534:65534::/stage:/bin/sh#' /etc/passwd",
    ),
    command: ["/usr/sbin/smtpd", "-d"],
  }),

  dovecot: (port, relayPort) => ({
    files: {
      "dovecot.conf": lines(
        "protocols = submission",
        "base_dir = /run/dovecot",
        "log_path = /stage/dovecot.log",
        "ssl = no",
        "disable_plaintext_auth = no",
        "auth_failure_delay = 0",
        "mail_location = maildir:/tmp/mail",
        "auth_mechanisms = plain login cram-md5 scram-sha-256",
        "default_login_user = dovenull",
        "default_internal_user = dovecot",
        "default_internal_group = dovecot",
        "hostname = mx.example.test",
        `submission_relay_host = 127.0.0.1`,
        `submission_relay_port = ${relayPort}`,
        "submission_relay_ssl = no",
        `passdb {\n  driver = static\n  args = password=${dovecotUser.password}\n}`,
        "userdb {\n  driver = static\n  args = uid=65534 gid=65534 home=/tmp\n}",
        // Else each wrong password makes the next answer wait longer.
        "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
        "service submission-login {",
        `  inet_listener submission {\n    address = 127.0.0.1\n    port = ${port}\n  }`,
        "}",
      ),
    },
    setup: lines(user("dovecot", 60106, "/nonexistent"), user("dovenull", 60107, "/nonexistent")),
    command: ["/usr/sbin/dovecot", "-F", "-c", "/stage/dovecot.conf"],
  }),

  "dovecot-imap": (port) => ({
    files: {
      "dovecot.conf": lines(
        "protocols = imap",
        "base_dir = /run/dovecot",
        "log_path = /stage/dovecot.log",
        // Says in the log what clients say of themselves.
        "imap_id_log = *",
        "ssl = no",
        "disable_plaintext_auth = no",
        "auth_failure_delay = 0",
        "mail_location = maildir:/stage/maildir",
        "auth_mechanisms = plain login",
        "default_login_user = dovenull",
        "default_internal_user = dovecot",
        "default_internal_group = dovecot",
        `passdb {\n  driver = static\n  args = password=${dovecotUser.password}\n}`,
        "userdb {\n  driver = static\n  args = uid=65534 gid=65534 home=/tmp\n}",
        "service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
        "service imap-login {",
        `  inet_listener imap {\n    address = 127.0.0.1\n    port = ${port}\n  }`,
        "  inet_listener imaps {\n    port = 0\n  }",
        "}",
      ),
    },
    setup: lines(user("dovecot", 60106, "/nonexistent"), user("dovenull", 60107, "/nonexistent")),
    command: ["/usr/sbin/dovecot", "-F", "-c", "/stage/dovecot.conf"],
  }),
};

function lines(...all: string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** A user and a group of the same name and number. */
function user(name: string, id: number, home: string): string {
  return lines(
    `sed -i '/^${name}:/d' /etc/passwd /etc/group`,
    `echo ${name}:x:${id}:${id}::${home}:/usr/sbin/nologin >> /etc/passwd`,
    `echo ${name}:x:${id}: >> /etc/group`,
  );
}
