/** What stands after each message where messages are written in a row, as in Django. */
export const SEPARATOR: string = `${"-".repeat(79)}\n`;
