/** A page that only says something: a title, a sentence, a way on. */
import type { JSX } from "hono/jsx/jsx-runtime";

export interface MessageProps {
  title: string;
  text: string;
  link: { href: string; label: string };
}

export function MessagePage({ title, text, link }: MessageProps): JSX.Element {
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{text}</p>
      <p class="actions">
        <a class="button" href={link.href}>
          {link.label}
        </a>
      </p>
    </>
  );
}
