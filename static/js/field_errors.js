// What the server found wrong with a field is about what stood in it then: it goes when the field is changed.
//   id_{name}_error   its sentence, here or with a later answer
export function forgive(field) {
  const row = field.closest("tr[data-parameter], .tag-row"); // one rule may be about several of its fields
  const fields = row ? row.querySelectorAll("[aria-invalid]") : [field];
  for (const one of fields) one.removeAttribute("aria-invalid");
  const errors = row ? row.querySelectorAll(".err") : [document.getElementById(`id_${field.name}_error`)];
  for (const error of errors) error?.replaceChildren();
}
