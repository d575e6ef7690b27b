/** Puts the rows of each message together. */

/** In the order in which they come. */
export function byMessage<Row extends { message_id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.message_id);
    if (group === undefined) groups.set(row.message_id, [row]);
    else group.push(row);
  }
  return groups;
}
