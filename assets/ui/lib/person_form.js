// The fields of an account, as an administrator sees them.

import { formOf } from "./form.js";

export const ROLES = [
  { value: "customer", label: "Customer", can: "Shops: own cart, orders and profile." },
  { value: "staff", label: "Staff", can: "Products, promotions, orders, carts and the map." },
  { value: "admin", label: "Administrator", can: "Everything, with people, settings, devices’ keys and backups." },
];

export const personForm = formOf({
  name: { label: "Name", kind: "text", empty: "", cleared: "" },
  username: { label: "Username", kind: "text", empty: "", cleared: () => undefined },
  email: { label: "E-mail", kind: "text", empty: "", cleared: "" },
  role: { label: "Role", kind: "text", required: true, empty: "customer" },
  password: { label: "Password", kind: "verbatim", required: "new", empty: "" },
  disabled: { label: "Sign-in", kind: "flag", empty: false },
});

/** @param {string} role */
export function roleLabel(role) {
  return ROLES.find(({ value }) => value === role)?.label ?? role;
}
