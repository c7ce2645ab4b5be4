// The owner's settings, in groups. What is changed is kept in a file and counts from the next
// start; until then the page says what waits.

import { Button } from "../components/button.js";
import { Problem } from "../components/dialog.js";
import { Icon } from "../components/icon.js";
import { Failed, Page, Skeleton } from "../components/page.js";
import { choiceLabel, draftOf, SettingField, settingValue } from "../components/setting_field.js";
import { ApiError, call, get } from "../lib/api.js";
import { counted } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { link, navigate, route } from "../lib/router.js";
import { grouped, settingLabel, settingText } from "../lib/settings.js";
import { tellDone } from "../lib/toast.js";
import { html, signal, useEffect, useRef, useState } from "../lib/ui.js";

/** @import { SettingDetail } from "../lib/types.js" */
/** @import { Draft } from "../components/setting_field.js" */

/** @typedef {{details: SettingDetail[], restart_needed: string[]} & Record<string, any>} Settings */

/**
 * What was typed and not saved: it is still there for who looks at another screen and comes back.
 * @type {import("../../vendor/signals.js").Signal<Record<string, Draft>>}
 */
const unsaved = signal({});

export function SettingsPage() {
  const settings = useResource((signal) => get("/settings", { signal }).then(({ data }) => /** @type {Settings} */ (data)), []);
  const { data, error } = settings;
  const groups = data ? grouped(data.details) : [];
  const group = groups.find(({ id }) => id === route.value.query.group) ?? groups[0];

  return html`<${Page}
    title="Settings"
    actions=${html`<a class="button" href="/trust" target="_blank" rel="noopener"><${Icon} name="shield" /><span>Trust page</span></a>
      <a class="button" href="/docs" target="_blank" rel="noopener"><${Icon} name="book" /><span>API docs</span></a>`}
  >
    ${error && !data
      ? html`<${Failed} error=${error} onRetry=${settings.reload} />`
      : !data
        ? html`<div class="card settings-card" aria-busy="true"><${Skeleton} lines=${9} /></div>`
        : html`<${RestartNotice} settings=${data} groups=${groups} />
            <${Editor} settings=${data} groups=${groups} group=${group} onSaved=${(/** @type {Settings} */ saved) => settings.change(() => saved)} />`}
  <//>`;
}

/**
 * What was changed and does not count yet.
 * @param {{settings: Settings, groups: ReturnType<typeof grouped>}} props
 */
function RestartNotice({ settings, groups }) {
  const waiting = settings.restart_needed;
  return html`<div role="status">
    ${waiting.length > 0 &&
    html`<div class="notice" data-restart>
      <${Icon} name="warning" />
      <div>
        <p><strong>${counted(waiting.length, "change")} ${waiting.length === 1 ? "waits" : "wait"} for a restart of Cartwright.</strong></p>
        <ul>
          ${waiting.map((key) => {
            const detail = settings.details.find((each) => each.key === key);
            const home = groups.find(({ keys }) => keys.includes(key));
            const text = (/** @type {unknown} */ value) => settingText(choiceLabel(key, value));
            return html`<li key=${key}>
              <a href=${link("/settings", { group: home?.id })}>${settingLabel(key)}</a>${detail?.secret ? "" : `: ${text(detail?.running)} → ${text(settings[key])}`}
            </li>`;
          })}
        </ul>
      </div>
    </div>`}
  </div>`;
}

/**
 * @param {{settings: Settings, groups: ReturnType<typeof grouped>, group: ReturnType<typeof grouped>[number], onSaved: (saved: Settings) => void}} props
 */
function Editor({ settings, groups, group, onSaved }) {
  const drafts = unsaved.value;
  const [errors, setErrors] = useState(/** @type {Record<string, string>} */ ({}));
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const tabs = useRef(/** @type {HTMLElement | null} */ (null));

  const stated = (/** @type {SettingDetail} */ setting) => draftOf(setting, settings[setting.key]);
  const changed = settings.details.filter((setting) => {
    const draft = drafts[setting.key];
    return draft !== undefined && JSON.stringify(draft) !== JSON.stringify(stated(setting));
  });

  // Leaving the browser's page with something unsaved asks first.
  useEffect(() => {
    if (changed.length === 0) return;
    const ask = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [changed.length]);

  // What was refused may stand in another group.
  useEffect(() => {
    const home = groups.find(({ keys }) => keys.some((key) => errors[key]));
    if (home && home.id !== group.id) navigate(link("/settings", { group: home.id }));
  }, [errors]);
  useEffect(() => {
    /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector("input[aria-invalid], select[aria-invalid]"))?.focus();
  }, [errors, group.id]);

  // On a phone the row of groups is wider than the screen.
  useEffect(() => {
    tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [group.id]);

  const discard = () => {
    unsaved.value = {};
    setErrors({});
    setProblem("");
  };

  /** @param {SubmitEvent} event */
  const save = async (event) => {
    event.preventDefault();
    if (busy || changed.length === 0) return;
    setBusy(true);
    setProblem("");
    setErrors({});
    try {
      const body = Object.fromEntries(changed.map((setting) => [setting.key, settingValue(setting, drafts[setting.key])]));
      const { data } = await call("PATCH", "/settings", { body });
      tellDone(`Saved ${changed.map(({ key }) => settingLabel(key)).join(", ")}.`);
      unsaved.value = {};
      onSaved(data);
    } catch (failure) {
      const { message } = /** @type {Error} */ (failure);
      const fields = failure instanceof ApiError ? failure.fields : {};
      setProblem(Object.keys(fields).length ? "" : message);
      setErrors(fields);
    } finally {
      setBusy(false);
    }
  };

  return html`<div class="settings">
    <nav class="tabs" ref=${tabs} aria-label="Groups of settings">
      ${groups.map(
        ({ id, label, keys }) => html`<a key=${id} href=${link("/settings", { group: id })} aria-current=${id === group.id ? "page" : undefined}>
          ${label}${changed.some(({ key }) => keys.includes(key)) && html`<span class="unsaved" title="Not saved yet"><span class="visually-hidden"> (not saved yet)</span></span>`}
        </a>`,
      )}
    </nav>
    <form ref=${form} class="card settings-card" novalidate onSubmit=${save} aria-label=${group.label}>
      <p class="muted">${group.about}</p>
      ${group.id === "codes" && settings.otp_channel === "log" && drafts.otp_channel === undefined
        ? html`<div class="notice"><${Icon} name="warning" /><p>Codes go to the log: fine for trying out, but shoppers cannot sign in by mobile number yet.</p></div>`
        : null}
      <${Problem} text=${problem} />
      <div class="setting-list" key=${group.id}>
        ${group.settings.map(
          (setting) => html`<${SettingField}
            key=${setting.key}
            setting=${setting}
            value=${settings[setting.key]}
            draft=${drafts[setting.key] ?? stated(setting)}
            error=${errors[setting.key]}
            waiting=${settings.restart_needed.includes(setting.key)}
            onChange=${(/** @type {Draft} */ draft) => {
              unsaved.value = { ...drafts, [setting.key]: draft };
              setErrors(({ [setting.key]: _, ...others }) => others);
            }}
          />`,
        )}
      </div>
      <footer class="save-bar" data-shown=${changed.length > 0 ? "" : undefined}>
        <span role="status">${changed.length > 0 ? `${counted(changed.length, "change")} not saved` : "Everything is saved"}</span>
        <span class="spring"></span>
        <${Button} onClick=${discard} disabled=${changed.length === 0}>Discard<//>
        <${Button} kind="primary" type="submit" busy=${busy} disabled=${busy || changed.length === 0}>Save<//>
      </footer>
    </form>
  </div>`;
}
