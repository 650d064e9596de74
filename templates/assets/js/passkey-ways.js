// Where a browser keeps no passkeys, the card says so, and what works there instead.

import { abilities } from "./ceremony.js";

customElements.define(
  "passkey-ways",
  class extends HTMLElement {
    async connectedCallback() {
      const { keeps, phone } = await abilities();
      if (keeps || this.querySelector("[role=status]")) return;
      const said = this.querySelector(`template[data-way="${phone ? "phone" : "none"}"]`);
      this.append(said.content.cloneNode(true));
    }
  },
);
