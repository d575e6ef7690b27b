/** The form that says which messages the list shows; it works without a script, and its address can be kept. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { listedStates, type OutboxQuery } from "../outbox-query.ts";
import { paths } from "../paths.ts";
import type { View } from "../view.ts";

export function Filters({ view, query }: { view: View; query: OutboxQuery }): JSX.Element {
  const t = view.t.outbox.filters;
  const isFiltered = Object.keys(query).length > 0;
  return (
    <form class="filters" method="get" action={paths.outbox} role="search">
      <label>
        <span>{t.state}</span>
        <select name="state">
          <option value="">{t.any}</option>
          {listedStates.map((state) => (
            <option value={state} selected={state === query.state}>
              {view.t.states[state]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t.to}</span>
        <input type="search" name="to" value={query.to ?? ""} autocomplete="off" />
      </label>
      <label>
        <span>{t.mailer}</span>
        <input type="search" name="mailer" value={query.mailer ?? ""} autocomplete="off" />
      </label>
      <label>
        <span>{t.group}</span>
        <input type="search" name="group" value={query.group ?? ""} autocomplete="off" />
      </label>
      <div class="filter-buttons">
        <button type="submit">{t.show}</button>
        {isFiltered && <a href={paths.outbox}>{t.clear}</a>}
      </div>
    </form>
  );
}
