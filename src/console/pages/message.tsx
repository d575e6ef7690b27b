/** A page that only says something. */
import type { JSX } from "hono/jsx/jsx-runtime";

export function MessagePage({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <section class="empty">
      <h1>{title}</h1>
      <p>{text}</p>
    </section>
  );
}
