// The first visit: whoever can read the appliance's terminal becomes its administrator.

import { Button } from "../components/button.js";
import { Problem } from "../components/dialog.js";
import { focusFirstError, TextField } from "../components/field.js";
import { Mark } from "../components/icon.js";
import { ApiError } from "../lib/api.js";
import { setUp, startSession } from "../lib/session.js";
import { tellFailed } from "../lib/toast.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";

const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;

/** @param {{token: string}} props  A token that came with the link. */
export function SetupPage({ token: given }) {
  const [token, setToken] = useState(given);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [fields, setFields] = useState(/** @type {Record<string, string>} */ ({}));
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  useLayoutEffect(() => {
    document.title = "Set up · Cartwright";
    /** @type {HTMLInputElement | null | undefined} */ (form.current?.querySelector(given ? "input[name='username']" : "input"))?.focus();
  }, []);

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    setFields({});
    try {
      await setUp({ token: token.trim(), username: username.trim(), password });
    } catch (error) {
      setBusy(false);
      if (error instanceof ApiError && error.status === 409) {
        // Somebody else was faster: there is an administrator, so this screen has no purpose.
        tellFailed("This shop has an administrator already. Please sign in.");
        startSession();
        return;
      }
      setProblem(/** @type {Error} */ (error).message);
      if (error instanceof ApiError) setFields(error.fields);
      focusFirstError(form.current);
    }
  };

  return html`<main class="gate">
    <${Mark} />
    <h1>Set up your shop</h1>
    <p>
      Make the first administrator. The setup token was printed in the terminal when Cartwright
      started; <code>cartwright setup-token</code> shows it again.
    </p>
    <form ref=${form} onSubmit=${submit}>
      <${Problem} text=${problem} />
      <${TextField}
        label="Setup token"
        name="token"
        value=${token}
        onValue=${setToken}
        error=${fields.token}
        class="mono"
        autocapitalize="none"
        spellcheck=${false}
        required
      />
      <${TextField}
        label="Username"
        name="username"
        value=${username}
        onValue=${setUsername}
        error=${fields.username}
        hint="3 to 32 letters, digits, dots, dashes or underscores."
        autocomplete="username"
        autocapitalize="none"
        spellcheck=${false}
        minlength="3"
        maxlength="32"
        required
      />
      <${TextField}
        label="Password"
        name="password"
        type=${shown ? "text" : "password"}
        value=${password}
        onValue=${setPassword}
        error=${fields.password}
        hint="At least ${PASSWORD_MIN} characters. A short sentence is best."
        autocomplete="new-password"
        minlength=${PASSWORD_MIN}
        maxlength=${PASSWORD_MAX}
        required
      />
      <label class="check">
        <input type="checkbox" checked=${shown} onChange=${() => setShown(!shown)} /> Show the password
      </label>
      <${Button} kind="primary" type="submit" busy=${busy}>Create administrator<//>
    </form>
  </main>`;
}
