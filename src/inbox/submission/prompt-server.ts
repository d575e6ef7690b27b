/** An SMTP server that greets at once: smtp-server waits 100 ms to catch spammers, who have no key. */
import { SMTPServer } from "smtp-server";

/** What Django, PHP and others wait for at each mail, as they connect anew for each. */
export class PromptServer extends SMTPServer {
  override connect(...[socket, options]: Parameters<SMTPServer["connect"]>): void {
    const before = this.connections.size;
    super.connect(socket, options);
    const connection = [...this.connections].at(-1);
    // One too many was refused already, and is not among them.
    if (connection === undefined || this.connections.size === before) return;
    connection.connectionReady();
    // The timer of the library finds nothing left to do.
    connection.connectionReady = () => {};
  }
}
