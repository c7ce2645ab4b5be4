// One's own account: where one is signed in, and the password.

import { Button } from "../components/button.js";
import { Confirm, Problem } from "../components/dialog.js";
import { focusFirstError, TextField } from "../components/field.js";
import { Empty, Failed, Page, Skeleton } from "../components/page.js";
import { ApiError, call, get } from "../lib/api.js";
import { ago, counted, exactly } from "../lib/format.js";
import { roleLabel } from "../lib/person_form.js";
import { useNow, useResource } from "../lib/resource.js";
import { session, startSession } from "../lib/session.js";
import { tellDone, tellFailed } from "../lib/toast.js";
import { programText } from "../lib/user_agent.js";
import { html, useRef, useState } from "../lib/ui.js";

/** @import { OpenSession } from "../lib/types.js" */

const SESSIONS_MAX = 1_000;
const CLOCK_MS = 30_000;

export function AccountPage() {
  const { user } = session.value;
  // An appliance of an older version has no list: then there is nothing to show, and no failure.
  const sessions = useResource(
    (signal) =>
      get("/auth/sessions", { query: { limit: SESSIONS_MAX }, signal }).then(
        ({ data }) => /** @type {OpenSession[] | null} */ (data),
        (error) => {
          if (error instanceof ApiError && error.status === 404) return null;
          throw error;
        },
      ),
    [],
  );
  return html`<${Page} title="Your account">
    <div class="account-grid">
      <${Sessions} sessions=${sessions} />
      <div class="stack">
        <section class="card" aria-labelledby="who">
          <header class="card-header"><h2 id="who">You</h2></header>
          <dl class="facts">
            ${user?.name && html`<div><dt>Name</dt><dd>${user.name}</dd></div>`}
            <div><dt>Username</dt><dd>${user?.username}</dd></div>
            ${user?.email && html`<div><dt>E-mail</dt><dd>${user.email}</dd></div>`}
            <div><dt>Role</dt><dd>${roleLabel(user?.role ?? "")}</dd></div>
          </dl>
        </section>
        <${PasswordForm} onChanged=${sessions.reload} />
      </div>
    </div>
  <//>`;
}

/** @param {{sessions: import("../lib/resource.js").Resource<OpenSession[] | null>}} props */
function Sessions({ sessions }) {
  const now = useNow(CLOCK_MS);
  const [asking, setAsking] = useState(false);
  const [ending, setEnding] = useState(/** @type {number | null} */ (null));
  const { data, error } = sessions;

  /** @param {OpenSession} open */
  const end = async (open) => {
    setEnding(open.id);
    try {
      await call("DELETE", `/auth/sessions/${open.id}`);
      tellDone(`Signed out: ${programText(open.user_agent)}.`);
    } catch (failure) {
      // One that is gone already is what was wanted.
      if (!(failure instanceof ApiError && failure.status === 404)) tellFailed(failure);
    } finally {
      setEnding(null);
      sessions.reload();
    }
  };

  return html`<section class="card flush" aria-labelledby="sessions">
    <header class="card-header">
      <h2 id="sessions">Your sessions</h2>
      ${data && data.length > 1 && html`<${Button} kind="quiet-danger" onClick=${() => setAsking(true)}>Sign out everywhere<//>`}
    </header>
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${sessions.reload} />`
      : data === undefined
        ? html`<div class="sessions-waiting"><${Skeleton} lines=${6} /></div>`
        : data === null
          ? html`<${Empty} icon="lock" title="No list of sessions"><p>This appliance cannot tell where you are signed in. Another password ends all other sessions.</p><//>`
          : html`<ul class="sessions">
              ${inOrder(data).map(
                (open) => html`<li key=${open.id} data-session-id=${open.id}>
                  <div>
                    <strong title=${open.user_agent}>${programText(open.user_agent)}</strong>
                    ${open.current && html` <span class="badge accent">This one</span>`}
                    <span class="detail">
                      ${open.address ?? "this machine"} · used <span title=${exactly(open.last_used_at)}>${ago(open.last_used_at, now)}</span> · since
                      <span title=${exactly(open.created_at)}> ${ago(open.created_at, now)}</span>
                    </span>
                  </div>
                  ${!open.current &&
                  html`<${Button} busy=${ending === open.id} onClick=${() => end(open)} aria-label="Sign out ${programText(open.user_agent)}, ${open.address ?? "this machine"}">Sign out<//>`}
                </li>`,
              )}
            </ul>`}
    ${asking &&
    html`<${Confirm}
      title="Sign out everywhere?"
      keep="Stay signed in"
      action="Sign out everywhere"
      onConfirm=${async () => {
        await call("DELETE", "/auth/sessions");
        setAsking(false);
        startSession();
      }}
      onClose=${() => setAsking(false)}
    >
      <p>${counted(data?.length ?? 0, "session")} end at once, this one too: you will have to sign in again here.</p>
    <//>`}
  </section>`;
}

/** @param {OpenSession[]} list */
function inOrder(list) {
  return [...list].sort((a, b) => Number(b.current) - Number(a.current) || b.last_used_at.localeCompare(a.last_used_at));
}

/** @param {{onChanged: () => void}} props */
function PasswordForm({ onChanged }) {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [fields, setFields] = useState(/** @type {Record<string, string>} */ ({}));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    setFields({});
    try {
      await call("POST", "/auth/change-password", { body: { old_password: old, new_password: next } });
      tellDone("Your password is changed. All other sessions have ended.");
      setOld("");
      setNext("");
      onChanged();
    } catch (error) {
      const refused = error instanceof ApiError ? error.fields : {};
      setFields(refused);
      setProblem(Object.keys(refused).length ? "" : /** @type {Error} */ (error).message);
      focusFirstError(form.current);
    } finally {
      setBusy(false);
    }
  };

  return html`<section class="card" aria-labelledby="password">
    <header class="card-header"><h2 id="password">Change password</h2></header>
    <form class="stack" ref=${form} onSubmit=${submit}>
      <${Problem} text=${problem} />
      <input type="text" class="visually-hidden" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" readonly value=${session.value.user?.username} />
      <${TextField} label="Current password" name="old_password" type=${shown ? "text" : "password"} value=${old} onValue=${setOld} error=${fields.old_password}
        autocomplete="current-password" maxlength="128" required />
      <${TextField} label="New password" name="new_password" type=${shown ? "text" : "password"} value=${next} onValue=${setNext} error=${fields.new_password ?? fields.password}
        autocomplete="new-password" minlength="8" maxlength="128" required hint="At least 8 characters. All other sessions end." />
      <label class="check"><input type="checkbox" checked=${shown} onChange=${() => setShown(!shown)} /> Show the passwords</label>
      <${Button} kind="primary" type="submit" busy=${busy}>Change password<//>
    </form>
  </section>`;
}
