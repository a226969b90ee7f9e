// data-module="{% static 'js/panel.js' %}" on an element: loads the module when the element appears, also in the drawer, and
// calls its `bind(element)`, once for each element.
const bound = new WeakSet();

async function bindAll(root) {
  const elements = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) elements.unshift(root);
  for (const element of elements) {
    if (bound.has(element)) continue;
    bound.add(element);
    const module = await import(element.dataset.module);
    module.bind?.(element);
  }
}

htmx.onLoad(bindAll);
