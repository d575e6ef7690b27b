/** Keeps a label to a few values, whatever comes: each value is a time series that Prometheus keeps. */

/** The value itself for the first `most` there are; "other" for all further ones. */
export function boundedLabel(most: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= most) return "other";
    seen.add(value);
    return value;
  };
}
