// Signing in.

import { Button } from "../components/button.js";
import { Problem } from "../components/dialog.js";
import { TextField } from "../components/field.js";
import { Mark } from "../components/icon.js";
import { ApiError } from "../lib/api.js";
import { signIn } from "../lib/session.js";
import { html, useLayoutEffect, useRef, useState } from "../lib/ui.js";

export function SignInPage() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  useLayoutEffect(() => {
    document.title = "Sign in · Cartwright";
    /** @type {HTMLInputElement | null | undefined} */ (form.current?.querySelector("input"))?.focus();
  }, []);

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(name.trim(), password);
    } catch (error) {
      const wrong = error instanceof ApiError && (error.status === 401 || error.status === 400);
      setProblem(wrong ? "The username or the password is wrong." : /** @type {Error} */ (error).message);
      setBusy(false);
      const field = /** @type {HTMLInputElement | null | undefined} */ (form.current?.querySelector("input[name='password']"));
      field?.focus();
      field?.select();
    }
  };

  return html`<main class="gate">
    <${Mark} />
    <h1>Sign in to Cartwright</h1>
    <form ref=${form} onSubmit=${submit}>
      <${Problem} text=${problem} />
      <${TextField}
        label="Username or e-mail"
        name="username"
        value=${name}
        onValue=${setName}
        autocomplete="username"
        autocapitalize="none"
        spellcheck=${false}
        required
      />
      <${TextField} label="Password" name="password" type="password" value=${password} onValue=${setPassword} autocomplete="current-password" required />
      <${Button} kind="primary" type="submit" busy=${busy}>Sign in<//>
    </form>
  </main>`;
}
