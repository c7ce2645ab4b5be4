// The fields of an account.

import { ROLES } from "../lib/person_form.js";
import { session } from "../lib/session.js";
import { exactly } from "../lib/format.js";
import { html, useState } from "../lib/ui.js";
import { ChoiceField, SwitchField, TextField } from "./field.js";

/** @param {import("./record_panel.js").FieldsProps} props */
export function PersonFields({ form, record, errors, change, text }) {
  const [shown, setShown] = useState(false);
  const own = record?.id === session.value.user?.id;
  return html`
    <fieldset>
      <legend class="visually-hidden">Who it is</legend>
      <${TextField} ...${text("name")} maxlength="120" />
      <div class="pair">
        <${TextField}
          ...${text("username")}
          readonly=${Boolean(record)}
          autocapitalize="none"
          spellcheck=${false}
          maxlength="32"
          hint=${record ? "Stays as it is." : "Empty: made from the e-mail."}
        />
        <${TextField} ...${text("email")} type="email" autocapitalize="none" spellcheck=${false} maxlength="254" />
      </div>
    </fieldset>

    <${ChoiceField}
      label="Role"
      name="role"
      value=${/** @type {string} */ (form.role)}
      error=${errors.role}
      options=${ROLES.map(({ value, label, can }) => ({ value, label, detail: can }))}
      onValue=${(/** @type {string} */ role) => change("role", role)}
    />

    <fieldset>
      <legend>Sign-in</legend>
      ${record &&
      html`<${SwitchField}
        name="enabled"
        label="May sign in"
        hint=${own ? "This is you: switched off, you are signed out at once." : "Off: signed out everywhere at once, and no way in. Orders stay."}
        checked=${!form.disabled}
        onValue=${(/** @type {boolean} */ on) => change("disabled", !on)}
      />`}
      <${TextField}
        ...${text("password")}
        label=${record ? "Set another password" : "Password"}
        type=${shown ? "text" : "password"}
        autocomplete="new-password"
        maxlength="128"
        hint=${record ? "Empty: it stays. Another one signs them out everywhere." : "At least 8 characters. A short sentence is best."}
      />
      <label class="check"><input type="checkbox" checked=${shown} onChange=${() => setShown(!shown)} /> Show the password</label>
    </fieldset>

    ${record &&
    html`<dl class="facts">
      <div><dt>Mobile number</dt><dd class="number">${record.mobile_number ?? "None"}</dd></div>
      <div><dt>Account made</dt><dd>${exactly(record.created_at)}</dd></div>
      <div><dt>Last sign-in</dt><dd>${record.last_login ? exactly(record.last_login) : "Never"}</dd></div>
    </dl>`}
  `;
}
